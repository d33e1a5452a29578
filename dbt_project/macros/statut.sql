{# Status of a figure of an entity: `condition` says whether what was sent allows it (never null). #}
{% macro statut(condition) -%}
    case
        when {{ condition }} then 'calcule'
        when a_transmis then 'non_mesurable'
        else 'non_recu'
    end
{%- endmacro %}
