-- Spells in care told by S1: one row a measure (the key of an event without its type and end), from its start to its
-- end. Its number, `mesure`, is the rank of its first event among those of the young person.
-- Every opening (1 or 2) waits for its own end (3); a renewal on the same start date therefore stays open until its
-- own. Without an end the spell closes at majority, later under young-adult care, and says so.
-- Territories whose events of the campagne did not arrive are left out: nothing says who is still in care there.
with mesures as (
    select
        id_population,
        territoire,
        decision,
        nature,
        intervention,
        datdeb,
        min(rang_evenement) as mesure,
        bool_or(est_jeune_majeur) as est_jeune_majeur,
        bool_or(est_placement_direct) as est_placement_direct,
        coalesce(datdeb, min(datdecpe), min(date_evenement)) as debut,
        -- Kinds of openings, and ends: an event comes once, so each end has its own date.
        max(case when typev = '1' then 1 else 0 end) + max(case when typev = '2' then 1 else 0 end) as ouvertures_nb,
        sum(case when typev = '3' then 1 else 0 end) as fins_nb,
        -- An end sent without its date happened in its campagne, no one knows when: closed on 1 January.
        max(case when typev = '3' then coalesce(datfin, make_date(cast(campagne as integer), 1, 1)) end)
            as derniere_fin,
        -- A renewal is dated from the first day of its own measure: that day the place changed.
        bool_or(typev = '2' and coalesce(chglieu, '') = '2') as est_changement,
        coalesce(
            min(case when not est_lieu_inconnu then type_accueil end)
            <> max(case when not est_lieu_inconnu then type_accueil end),
            false
        ) as a_plusieurs_lieux,
        bool_or(est_lieu_inconnu) as est_lieu_dit_inconnu,
        {{ dernier_connu('motif_fin', 'rang_evenement') }} as dernier_motif,
        {{ dernier_connu('lieu', 'rang_evenement', ['99']) }} as dernier_lieu,
        {{ dernier_connu('type_accueil', 'rang_evenement', si='not est_lieu_inconnu') }} as dernier_type_accueil
    from {{ ref('int_evenements') }}
    where est_en_charge
    group by id_population, territoire, decision, nature, intervention, datdeb
),

-- A placement decided and not carried out (LIEUPLAC 20) opens no spell.
executees as (
    select
        mesures.*,
        make_date(
            cast(extract(year from personnes.date_naissance) as integer)
            + cast(
                case when mesures.est_jeune_majeur then parametres.age_maximum else parametres.age_majorite end
                as integer
            ),
            cast(extract(month from personnes.date_naissance) as integer),
            15
        ) as fin_legale,
        case when mesures.fins_nb > 0 and mesures.fins_nb >= mesures.ouvertures_nb then mesures.derniere_fin end
            as fin_connue
    from mesures
    cross join {{ ref('int_parametres') }} as parametres
    inner join {{ ref('int_personnes_ase') }} as personnes on mesures.id_population = personnes.id_population
    inner join {{ ref('int_lignes_recues') }} as recues
        on mesures.territoire = recues.territoire and recues.source = 'mesures_ase'
    where
        not (mesures.decision = '2' and coalesce(mesures.dernier_lieu, '') = '20')
        and mesures.debut <= {{ jour('12-31') }}
),

closes as (
    select
        *,
        coalesce(fin_connue, case when fin_legale <= {{ jour('12-31') }} then fin_legale end) as fin
    from executees
)

select
    id_population,
    mesure,
    territoire,
    decision,
    nature,
    intervention,
    datdeb,
    est_jeune_majeur,
    est_placement_direct,
    debut,
    -- A measure begun after that birthday, or an end before its start: one day.
    case when fin < debut then debut else fin end as fin,
    coalesce(fin_connue is null and fin is not null, false) as fin_presumee,
    case
        when fin is null then null
        when fin_connue is null then 'presumee'
        else coalesce(dernier_motif, 'inconnu')
    end as motif_fin,
    -- A place told as unknown (99) does not replace one that is known.
    case
        when dernier_type_accueil is not null then dernier_type_accueil
        when est_lieu_dit_inconnu then 'autre'
        when decision = '1' then 'aed'
        else 'aemo'
    end as type_accueil,
    coalesce(dernier_type_accueil is null and est_lieu_dit_inconnu, false) as est_lieu_inconnu,
    a_plusieurs_lieux,
    est_changement,
    ouvertures_nb,
    fin_connue,
    fin_legale
from closes
