{# The day of an S1 row: its end, else its start, else its decision; without any, 1 January 1900. #}
{% macro jour_olinpe(lignes) -%}
coalesce({{ lignes }}.datfin, {{ lignes }}.datdeb, {{ lignes }}.datdecpe, date '1900-01-01')
{%- endmacro %}
