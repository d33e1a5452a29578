{# No covariate was read from a date that is not strictly before the first day. #}
{% test avant_le_premier_jour(model, premier_jour) %}
select *
from {{ model }}
where
    derniere_date_lue >= {{ premier_jour }}
    or anciennete_jours <= 0
{% endtest %}
