-- A11 state of play among structures that answered. A11a those who know mentoring; A11b young people aged 11 to 20
-- who are mentored, sum over sum; A11c obstacles: citations over structures that cite at least one, so that the ratio
-- of an obstacle is the share of them that cite it. An empty list of obstacles is not « none »: it is missing.
with base as (
    select
        territoire,
        sum(case when connait_mentorat then 1 else 0 end) as connaissent_nb,
        sum(case when connait_mentorat is not null then 1 else 0 end) as reponses_nb,
        sum(case when connait_mentorat is null then 1 else 0 end) as sans_reponse_nb,
        sum(case when est_effectif_coherent then jeunes_mentores_nb else 0 end) as mentores_nb,
        sum(case when est_effectif_coherent then jeunes_11_20_nb else 0 end) as jeunes_nb,
        sum(case when est_effectif_coherent then 0 else 1 end) as sans_effectif_nb
    from {{ ref('int_etats_des_lieux') }}
    group by territoire
),

citants as (
    select
        territoire,
        count(distinct id_reponse) as structures_nb,
        count(*) as citations_nb
    from {{ ref('int_freins') }}
    group by territoire
),

reponses as (
    select
        territoire,
        count(*) as reponses_nb
    from {{ ref('int_etats_des_lieux') }}
    group by territoire
),

freins_totaux as (
    select
        citants.territoire,
        citants.structures_nb,
        citants.citations_nb,
        reponses.reponses_nb - citants.structures_nb as manquants_nb
    from citants
    inner join reponses on citants.territoire = reponses.territoire
),

codes_freins as (
    select distinct frein
    from {{ ref('int_freins') }}
),

-- Every obstacle where at least one is cited: a place that never cites one has its structures in the denominator.
freins as (
    select
        freins_totaux.territoire,
        'frein=' || codes_freins.frein as ventilation,
        freins_totaux.structures_nb,
        freins_totaux.manquants_nb,
        count(cites.id_reponse) as citations_nb
    from freins_totaux
    cross join codes_freins
    left join {{ ref('int_freins') }} as cites
        on freins_totaux.territoire = cites.territoire and codes_freins.frein = cites.frein
    group by freins_totaux.territoire, codes_freins.frein, freins_totaux.structures_nb, freins_totaux.manquants_nb
)

{{ compte('A11a', 'connaissent_nb', denominateur='reponses_nb', manquants='sans_reponse_nb') }}
union all
{{ compte('A11b', 'mentores_nb', denominateur='jeunes_nb', manquants='sans_effectif_nb') }}
union all
{{ compte(
    'A11c', 'citations_nb', base='freins_totaux', denominateur='structures_nb', manquants='manquants_nb'
) }}
union all
{{ compte(
    'A11c', 'citations_nb', base='freins', denominateur='structures_nb', ventilation='ventilation',
    manquants='manquants_nb'
) }}
