{# In each arm of each landmark, the candidates are the exclusions and the groups, and the groups the rows compared. #}
{% test flux_reperes_conserve(model) %}
with flux as (
    select
        repere,
        bras,
        sum(case when etape = 'candidats' then effectif end) as candidats_nb,
        sum(case when nature <> 'ensemble' then effectif end) as lignes_nb,
        sum(case when etape = 'analyses' then effectif end) as analyses_nb
    from {{ model }}
    group by repere, bras
),

classes as (
    select
        repere,
        'mentores' as bras,
        count(*) as classes_nb
    from {{ ref('int_cohorte_mentores') }}
    group by repere
    union all
    select
        repere,
        'comparateurs' as bras,
        count(*) as classes_nb
    from {{ ref('int_cohorte_comparateurs') }}
    group by repere
),

compares as (
    select
        repere,
        bras,
        count(*) as compares_nb
    from {{ ref('reperes_duree') }}
    group by repere, bras
)

select flux.*
from flux
left join classes on flux.repere = classes.repere and flux.bras = classes.bras
left join compares on flux.repere = compares.repere and flux.bras = compares.bras
where
    flux.candidats_nb <> flux.lignes_nb
    or flux.candidats_nb <> coalesce(classes.classes_nb, 0)
    or flux.analyses_nb <> coalesce(compares.compares_nb, 0)
{% endtest %}
