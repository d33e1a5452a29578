{# Value of a figure of the mart `indicateurs` over the rows of an entity; null when it has none. #}
{% macro valeur_de(indicateur, ventilation, mesure) -%}
    max(
        case
            when indicateur = '{{ indicateur }}' and ventilation = '{{ ventilation }}' and mesure = '{{ mesure }}'
                then valeur
        end
    )
{%- endmacro %}
