{# Values of a list as SQL writes them, split by commas: text between quotes, numbers as they are. #}
{% macro litteraux(valeurs) -%}
    {%- for valeur in valeurs -%}
        {{ "'" ~ valeur ~ "'" if valeur is string else valeur }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
