{# Every total of the départements' level has a row for each of the territories of the year, whatever its status. #}
{% test niveau_complet(model) %}
select
    periode,
    indicateur,
    ventilation,
    mesure,
    count(*) as territoires_nb
from {{ model }}
where niveau = 'departement' and (ventilation = '' or ventilation like 'base=%')
group by periode, indicateur, ventilation, mesure
having count(*) <> (select count(*) from {{ ref('int_territoires') }})
{% endtest %}
