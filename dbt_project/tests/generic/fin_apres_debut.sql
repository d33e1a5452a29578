{# A period never ends before it begins. #}
{% test fin_apres_debut(model) %}
select *
from {{ model }}
where fin < debut
{% endtest %}
