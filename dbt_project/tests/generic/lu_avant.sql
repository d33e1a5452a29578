{# Nothing told of a row was read from a date that is not strictly before `jour`. #}
{% test lu_avant(model, jour) %}
select *
from {{ model }}
where derniere_date_lue >= {{ jour }}
{% endtest %}
