{#
  Rows of a relation with the columns `territoire` and `association`, repeated once a level they count at: for
  measures that no sum gives (quantiles). Columns: niveau, code, then those of the relation.
#}
{% macro niveaux(relation, association=true) -%}
    select
        'departement' as niveau,
        lignes.territoire as code,
        lignes.*
    from {{ relation }} as lignes
    union all
    select
        'collectivite' as niveau,
        territoires.collectivite as code,
        lignes.*
    from {{ relation }} as lignes
    inner join {{ ref('int_territoires') }} as territoires on lignes.territoire = territoires.territoire
    where territoires.territoires_nb > 1
    union all
    select
        'national' as niveau,
        'FR' as code,
        lignes.*
    from {{ relation }} as lignes
    {% if association -%}
    union all
    select
        'association' as niveau,
        lignes.association as code,
        lignes.*
    from {{ relation }} as lignes
    where lignes.association is not null
    {%- endif %}
{%- endmacro %}

{# Rows of an indicator's model: whole numbers to be added over territories (the mart makes the measures of them). #}
{% macro compte(
    indicateur, numerateur, base='base', denominateur='cast(null as bigint)', ventilation="''", manquants='0',
    periode=none, niveau="'departement'", code='territoire', mesure=''
) -%}
    select
        {{ niveau }} as niveau,
        {{ code }} as code,
        '{{ periode or var("campagne") }}' as periode,
        '{{ indicateur }}' as indicateur,
        {{ ventilation }} as ventilation,
        '{{ mesure }}' as mesure,
        cast({{ numerateur }} as bigint) as numerateur,
        cast({{ denominateur }} as bigint) as denominateur,
        cast(null as double) as valeur,
        cast({{ manquants }} as bigint) as n_manquants
    from {{ base }}
{%- endmacro %}
