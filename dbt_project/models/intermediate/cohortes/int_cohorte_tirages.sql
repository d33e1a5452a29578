-- For each young person eligible one day at least of the period, the first day drawn from those of the mentorés of the
-- département in the year (of the region, then of the country, where there is none), by a hash of the young person, the
-- campagne and the landmark. Everyone draws, the later mentored too: they are comparators until their own first pair.
-- One draw each, never a second one: a young person who is not at risk on the day drawn leaves the comparison and is
-- counted. Drawing again until a day fits would give every young person soon to leave care a place among comparators,
-- when few of them had the time to become mentorés.
with candidats as (
    select
        reperes.repere,
        eligibles.id_population,
        eligibles.id_personne,
        eligibles.territoire,
        eligibles.region,
        row_number() over (
            partition by reperes.repere, eligibles.id_population
            order by eligibles.debut
        ) as rang
    from {{ ref('int_cohorte_eligibles') }} as eligibles
    inner join {{ ref('int_cohorte_reperes') }} as reperes
        on eligibles.debut <= reperes.dernier_debut and eligibles.fin >= reperes.premier_debut
    where eligibles.id_personne is not null and eligibles.est_suivi_mentorat
),

niveaux as (
    select distinct
        repere,
        niveau,
        code,
        debuts_nb
    from {{ ref('int_cohorte_debuts') }}
),

choix as (
    select
        candidats.repere,
        candidats.id_population,
        candidats.id_personne,
        md5(
            candidats.id_population || ':{{ var("campagne") }}:' || candidats.repere
        ) as hache,
        case
            when departements.debuts_nb > 0 then 'departement'
            when regions.debuts_nb > 0 then 'region'
            when nationaux.debuts_nb > 0 then 'national'
        end as niveau,
        case
            when departements.debuts_nb > 0 then candidats.territoire
            when regions.debuts_nb > 0 then candidats.region
            when nationaux.debuts_nb > 0 then 'FR'
        end as code,
        coalesce(departements.debuts_nb, regions.debuts_nb, nationaux.debuts_nb) as debuts_nb
    from candidats
    left join niveaux as departements
        on
            candidats.repere = departements.repere
            and departements.niveau = 'departement'
            and candidats.territoire = departements.code
    left join niveaux as regions
        on
            candidats.repere = regions.repere
            and regions.niveau = 'region'
            and candidats.region = regions.code
    left join niveaux as nationaux on candidats.repere = nationaux.repere and nationaux.niveau = 'national'
    where candidats.rang = 1
),

rangs as (
    select
        repere,
        id_population,
        id_personne,
        niveau,
        code,
        cast(1 + mod({{ nombre_hache('hache') }}, debuts_nb) as bigint) as rang
    from choix
)

select
    rangs.repere,
    rangs.id_population,
    rangs.id_personne,
    rangs.niveau,
    debuts.date_debut,
    {{ plus_jours('debuts.date_debut', 'reperes.jours_nb') }} as date_index
from rangs
inner join {{ ref('int_cohorte_reperes') }} as reperes on rangs.repere = reperes.repere
left join {{ ref('int_cohorte_debuts') }} as debuts
    on
        rangs.repere = debuts.repere
        and rangs.niveau = debuts.niveau
        and rangs.code = debuts.code
        and rangs.rang = debuts.rang
