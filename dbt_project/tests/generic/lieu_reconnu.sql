{# Intake sets unknown codes aside: every place told has a meaning here. LIEUPLAC 20 (not carried out) is no place. #}
{% test lieu_reconnu(model) %}
select
    variable_lieu,
    lieu,
    count(*) as lignes_nb
from {{ model }}
where lieu is not null and type_accueil is null and not (variable_lieu = 'LIEUPLAC' and lieu = '20')
group by variable_lieu, lieu
{% endtest %}
