{#
  Rows of one indicator at the départements' level, counts only, from a relation of one row a young person with
  `territoire`, `compte` (1, 0, or null where it can't be judged) and `ventilation`. What can't be judged is missing, and
  out of the denominator when `manquants_exclus`. Where none can be judged the count is unknown (null), not zero.
#}
{% macro lignes_departement(indicateur, relation, periode=none, denominateur=true, manquants_exclus=false) -%}
    select
        'departement' as niveau,
        territoire as code,
        '{{ periode or var("campagne") }}' as periode,
        '{{ indicateur }}' as indicateur,
        ventilation,
        '' as mesure,
        cast(sum(compte) as bigint) as numerateur,
        {% if not denominateur -%}
        cast(null as bigint) as denominateur,
        {%- elif manquants_exclus -%}
        cast(sum(case when compte is not null then 1 else 0 end) as bigint) as denominateur,
        {%- else -%}
        cast(count(*) as bigint) as denominateur,
        {%- endif %}
        cast(null as double) as valeur,
        cast(sum(case when compte is null then 1 else 0 end) as bigint) as n_manquants
    from {{ relation }}
    group by territoire, ventilation
{%- endmacro %}
