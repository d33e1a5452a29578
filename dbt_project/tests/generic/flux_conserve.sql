{# The population is every exclusion plus every group, and is the population of the mart; nobody counts twice. #}
{% test flux_conserve(model) %}
with comptes as (
    select
        sum(case when etape = 'population' then effectif end) as population_nb,
        sum(case when nature <> 'ensemble' then effectif end) as lignes_nb,
        sum(case when etape = 'eligibles' then effectif end) as eligibles_nb
    from {{ model }}
)

select *
from comptes
where
    population_nb <> lignes_nb
    or population_nb <> (select count(*) from {{ ref('population') }})
    or eligibles_nb <> (select count(*) from {{ ref('cohorte') }})
{% endtest %}
