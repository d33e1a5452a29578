-- A1 eligible young people at 31 December, with its breakdowns, and A1JM, young adults under young-adult care, apart.
-- Breakdowns are coarse on purpose: a rare class in a territory is a handful of young people, and each hidden cell
-- hides others. What no code holds (unknown) is the rest of the total.
with accueils as (
    select distinct
        type_accueil_regroupe,
        accueil
    from {{ ref('types_accueil') }}
),

situations as (
    select
        eligibilites.*,
        personnes.sexe,
        accueils.accueil,
        {{ tranche_age('eligibilites.age') }} as tranche_age
    from {{ ref('int_eligibilites') }} as eligibilites
    inner join {{ ref('int_personnes_ase') }} as personnes on eligibilites.id_population = personnes.id_population
    left join accueils on eligibilites.type_accueil_regroupe = accueils.type_accueil_regroupe
    where eligibilites.repere = 'fin_campagne'
),

base as (
    select
        territoire,
        sum(case when est_eligible then 1 else 0 end) as eligibles_nb,
        sum(case when est_jeune_majeur_eligible then 1 else 0 end) as jeunes_majeurs_nb,
        sum(case when age is null then 1 else 0 end) as ages_inconnus_nb
    from situations
    group by territoire
),

ventiles as (
    {% for dimension in ['sexe', 'tranche_age', 'accueil'] -%}
    select
        territoire,
        '{{ dimension }}=' || {{ classe_ventilation(dimension) }} as ventilation,
        count(*) as eligibles_nb
    from situations
    where est_eligible
    group by territoire, {{ classe_ventilation(dimension) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ compte('A1', 'eligibles_nb', manquants='ages_inconnus_nb') }}
union all
{{ compte('A1JM', 'jeunes_majeurs_nb', manquants='ages_inconnus_nb') }}
union all
{{ compte('A1', 'eligibles_nb', base='ventiles', ventilation='ventilation') }}
