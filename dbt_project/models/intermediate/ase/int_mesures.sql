-- Spells in care: one row a measure (the key of an event without its type and end), from its start to its end.
-- Every opening (1 or 2) waits for its own end (3); a renewal on the same start date therefore stays open until its
-- own. Without an end the spell closes at 18, at 21 under young-adult care, and says so.
-- Territories whose events of the campagne did not arrive are left out: nothing says who is still in care there.
with mesures as (
    select
        id_population,
        territoire,
        decision,
        nature,
        intervention,
        datdeb,
        est_jeune_majeur,
        est_placement_direct,
        coalesce(datdeb, min(datdecpe), min(date_evenement)) as debut,
        count(distinct case when typev in ('1', '2') then typev end) as ouvertures_nb,
        count(distinct case when typev = '3' then coalesce(datfin, make_date(cast(campagne as integer), 1, 1)) end)
            as fins_nb,
        -- An end sent without its date happened in its campagne, no one knows when: closed on 1 January.
        max(case when typev = '3' then coalesce(datfin, make_date(cast(campagne as integer), 1, 1)) end)
            as derniere_fin,
        {{ dernier_connu('lieu', 'rang_evenement') }} as dernier_lieu,
        {{ dernier_connu('type_accueil', 'rang_evenement') }} as dernier_type_accueil
    from {{ ref('int_evenements') }}
    where est_en_charge
    group by
        id_population, territoire, decision, nature, intervention, datdeb, est_jeune_majeur, est_placement_direct
),

-- A placement decided and not carried out (LIEUPLAC 20) opens no spell.
executees as (
    select
        mesures.*,
        personnes.date_naissance,
        make_date(
            cast(extract(year from personnes.date_naissance) as integer)
            + case when mesures.est_jeune_majeur then 21 else 18 end,
            cast(extract(month from personnes.date_naissance) as integer),
            15
        ) as fin_legale,
        case when mesures.fins_nb > 0 and mesures.fins_nb >= mesures.ouvertures_nb then mesures.derniere_fin end
            as fin_connue
    from mesures
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
    territoire,
    decision,
    nature,
    intervention,
    est_jeune_majeur,
    est_placement_direct,
    debut,
    -- A measure begun after that birthday, or an end before its start: one day.
    case when fin < debut then debut else fin end as fin,
    coalesce(fin_connue is null and fin is not null, false) as fin_presumee,
    coalesce(dernier_type_accueil, case decision when '1' then 'aed' else 'aemo' end) as type_accueil
from closes
