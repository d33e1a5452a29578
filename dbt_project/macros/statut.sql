{# Status of a figure in a territory: `condition` says whether what was sent allows it (never null). #}
{% macro statut(condition) -%}
    case
        when {{ condition }} then 'calcule'
        when a_transmis then 'non_mesurable'
        else 'non_recu'
    end
{%- endmacro %}

{#
  Relations `classes` and `base_ventilee` of an indicator's breakdowns, from `base` (its totals) and `ventiles` (its counts
  by territory and class). Every class is there where there is a total; where nobody's class is known, a zero would be a
  false one. `est_voulue` is the column of `int_ventilations` that says which breakdowns the indicator has.
#}
{% macro relations_ventilees(nombre, total, statut, est_voulue) -%}
classes as (
    select
        couverture.territoire,
        couverture.{{ statut }},
        ventilations.ventilation,
        coalesce(ventiles.{{ nombre }}, 0) as {{ nombre }},
        sum(coalesce(ventiles.{{ nombre }}, 0)) over (
            partition by couverture.territoire, ventilations.dimension
        ) as connus_nb
    from {{ ref('int_couverture') }} as couverture
    cross join {{ ref('int_ventilations') }} as ventilations
    left join ventiles
        on couverture.territoire = ventiles.territoire and ventilations.ventilation = ventiles.ventilation
    where ventilations.{{ est_voulue }} and couverture.{{ statut }} = 'calcule'
),

base_ventilee as (
    select
        classes.territoire,
        classes.ventilation,
        classes.{{ nombre }},
        case when base.{{ total }} > 0 and classes.connus_nb = 0 then 'non_mesurable' else classes.{{ statut }} end
            as {{ statut }}
    from classes
    inner join base on classes.territoire = base.territoire
)
{%- endmacro %}
