{#
  A whole number below 16^7 from a hexadecimal hash: the same on every engine, none of which reads hexadecimal in the
  same words. What looks drawn at random is drawn again the same.
#}
{% macro nombre_hache(hexadecimal) -%}
    (
        {% for rang in range(1, 8) -%}
        (instr('0123456789abcdef', substring({{ hexadecimal }}, {{ rang }}, 1)) - 1) * {{ 16 ** (7 - rang) }}
        {{- '\n        + ' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
