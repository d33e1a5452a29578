{#
  One row a territory of a count or a share, from a relation `base` that holds every territory and its statuses.
  Figures are shown where the status is « calcule » only; counts stay integers, `indicateurs` divides last.
#}
{% macro ligne_indicateur(
    indicateur, statut, numerateur, base='base', denominateur=none, mesure='nombre', ventilation="''", unite='jeunes',
    manquants='0', periode=none
) -%}
    select
        territoire,
        '{{ periode or var("campagne") }}' as periode,
        '{{ indicateur }}' as indicateur,
        {{ ventilation }} as ventilation,
        '{{ mesure }}' as mesure,
        case when {{ statut }} = 'calcule' then cast({{ numerateur }} as bigint) end as numerateur,
        {% if denominateur -%}
        case when {{ statut }} = 'calcule' then cast({{ denominateur }} as bigint) end as denominateur,
        {%- else -%}
        cast(null as bigint) as denominateur,
        {%- endif %}
        '{{ unite }}' as unite,
        case when {{ statut }} = 'calcule' then cast({{ manquants }} as bigint) end as n_manquants,
        {{ statut }} as statut
    from {{ base }}
{%- endmacro %}
