-- A1 eligible young people at 31 December, with its breakdowns, and A1JM, young adults under young-adult care, apart.
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

comptes as (
    select
        territoire,
        sum(case when est_eligible then 1 else 0 end) as eligibles_nb,
        sum(case when est_jeune_majeur_eligible then 1 else 0 end) as jeunes_majeurs_nb,
        sum(case when age is null then 1 else 0 end) as ages_inconnus_nb
    from situations
    group by territoire
),

base as (
    select
        couverture.territoire,
        couverture.statut_eligibles,
        couverture.statut_jeunes_majeurs,
        coalesce(comptes.eligibles_nb, 0) as eligibles_nb,
        coalesce(comptes.jeunes_majeurs_nb, 0) as jeunes_majeurs_nb,
        coalesce(comptes.ages_inconnus_nb, 0) as ages_inconnus_nb
    from {{ ref('int_couverture') }} as couverture
    left join comptes on couverture.territoire = comptes.territoire
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
),

{{ relations_ventilees('eligibles_nb', 'eligibles_nb', 'statut_eligibles', 'est_a1') }}

{{ ligne_indicateur('A1', 'statut_eligibles', 'eligibles_nb', manquants='ages_inconnus_nb') }}
union all
{{ ligne_indicateur('A1JM', 'statut_jeunes_majeurs', 'jeunes_majeurs_nb', manquants='ages_inconnus_nb') }}
union all
{{ ligne_indicateur('A1', 'statut_eligibles', 'eligibles_nb', base='base_ventilee', ventilation='ventilation') }}
