{# Who answered a questionnaire of S8, one row a respondent and wave: the same columns for every public. #}
{% macro repondants(relation) -%}
    select
        vague,
        id_repondant,
        date_reponse,
        departement as territoire,
        campagne
    from ({{ derniere_campagne(relation, ['vague', 'id_repondant']) }}) as reponses
{%- endmacro %}
