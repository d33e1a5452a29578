-- Every young person with at least one day in care in the campagne, one row each: as known on the first day in care of
-- the campagne (1 January, or the entry), and at 31 December or on the last day in care.
with etats as (
    select
        *,
        greatest(debut, {{ jour('01-01') }}) as premier_jour,
        row_number() over (partition by id_population order by debut asc) as rang,
        row_number() over (partition by id_population order by debut desc) as rang_inverse
    from {{ ref('int_etats') }}
    where fin is null or fin >= {{ jour('01-01') }}
),

durees as (
    select
        id_population,
        min(debut) as debut_prise_en_charge,
        -- Days in care known, those before the campagne apart: both ends of a stretch are days in care.
        sum(
            case
                when debut < {{ jour('01-01') }}
                    then {{ jours_entre('debut', 'least(fin, ' ~ jour('12-31', -1) ~ ')') }} + 1
                else 0
            end
        ) as jours_avant,
        sum({{ jours_entre('debut', 'least(fin, ' ~ jour('12-31') ~ ')') }} + 1) as jours
    from {{ ref('int_etats') }}
    group by id_population
),

territoires as (
    select
        id_population,
        count(distinct territoire) as territoires_nb,
        max(case when source = 'parcours_ase' then 1 else 0 end) = 1 as est_parcours
    from etats
    group by id_population
),

mesures as (
    select
        id_population,
        count(*) as mesures_nb
    from {{ ref('int_mesures') }}
    where fin is null or fin >= {{ jour('01-01') }}
    group by id_population
),

deplacements as (
    select
        id_population,
        count_if(est_deplacement and debut >= {{ jour('01-01') }}) as deplacements_nb,
        count_if(est_deplacement) as deplacements_connus_nb
    from {{ ref('int_lieux') }}
    group by id_population
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    derniers.id_population,
    personnes.id_personne,
    derniers.territoire,
    personnes.sexe,
    cast(personnes.annee_naissance as bigint) as annee_naissance,
    cast(personnes.mois_naissance as bigint) as mois_naissance,
    cast({{ age_au('personnes.date_naissance', jour('12-31')) }} as bigint) as age_31_12,
    situations.id_population is not null as en_charge_31_12,
    entrants.id_population is not null as entrant_college,
    scolarite.nivsco,
    derniers.type_accueil,
    derniers.type_accueil_regroupe,
    derniers.est_jeune_majeur as jeune_majeur,
    derniers.est_placement_direct as placement_direct,
    derniers.base_legale,
    personnes.mna,
    personnes.handicap,
    situations.id_population is null as sortant,
    durees.debut_prise_en_charge,
    situations.id_population is null and derniers.fin_presumee as fin_presumee,
    case when situations.id_population is null then derniers.fin end as date_sortie,
    case when situations.id_population is null then coalesce(derniers.motif_fin, 'inconnu') end as motif_sortie,
    premiers.premier_jour as date_entree,
    cast({{ age_au('personnes.date_naissance', 'premiers.premier_jour') }} as bigint) as age_entree,
    premiers.territoire as territoire_entree,
    premiers.type_accueil as type_accueil_entree,
    premiers.type_accueil_regroupe as type_accueil_regroupe_entree,
    premiers.base_legale as base_legale_entree,
    -- S11 goes back to the first entry; S1 does when it says nobody helped before.
    territoires.est_parcours or coalesce(not personnes.est_aide_avant, false) as premiere_entree_connue,
    cast(durees.jours_avant as bigint) as jours_prise_en_charge_avant,
    cast(durees.jours as bigint) as jours_prise_en_charge,
    cast({{ age_au('durees.debut_prise_en_charge', 'premiers.premier_jour') }} as bigint) as anciennete_annees,
    cast(deplacements.deplacements_nb as bigint) as deplacements_nb,
    cast(deplacements.deplacements_connus_nb as bigint) as deplacements_connus_nb,
    cast(mesures.mesures_nb as bigint) as mesures_nb,
    cast(territoires.territoires_nb as bigint) as territoires_nb,
    case when territoires.est_parcours then 'parcours_ase' else 'mesures_ase' end as source,
    personnes.id_personne is not null as rapprochable
from etats as derniers
inner join etats as premiers on derniers.id_population = premiers.id_population and premiers.rang = 1
inner join {{ ref('int_personnes_ase') }} as personnes on derniers.id_population = personnes.id_population
inner join durees on derniers.id_population = durees.id_population
inner join territoires on derniers.id_population = territoires.id_population
inner join mesures on derniers.id_population = mesures.id_population
inner join deplacements on derniers.id_population = deplacements.id_population
left join {{ ref('int_situations') }} as situations
    on derniers.id_population = situations.id_population and situations.repere = 'fin_campagne'
left join {{ ref('int_entrants_college') }} as entrants on derniers.id_population = entrants.id_population
left join {{ ref('int_scolarite') }} as scolarite on derniers.id_population = scolarite.id_population
where derniers.rang_inverse = 1
