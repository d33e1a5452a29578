-- First days of the pairs of the mentorés, in order, by territory, region and country: what the first days of
-- comparators are drawn from. Each pair counts once at each level.
with niveaux as (
    select
        repere,
        'departement' as niveau,
        territoire as code,
        id_population,
        date_debut
    from {{ ref('int_cohorte_mentores') }}
    where etape = 'mentores'
    union all
    select
        repere,
        'region' as niveau,
        region as code,
        id_population,
        date_debut
    from {{ ref('int_cohorte_mentores') }}
    where etape = 'mentores'
    union all
    select
        repere,
        'national' as niveau,
        'FR' as code,
        id_population,
        date_debut
    from {{ ref('int_cohorte_mentores') }}
    where etape = 'mentores'
)

select
    repere,
    niveau,
    code,
    date_debut,
    cast(row_number() over (partition by repere, niveau, code order by date_debut, id_population) as bigint) as rang,
    cast(count(*) over (partition by repere, niveau, code) as bigint) as debuts_nb
from niveaux
