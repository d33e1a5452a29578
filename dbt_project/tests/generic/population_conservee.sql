{# Everyone whose measures cover a day of the campagne is in the population, and nobody else. #}
{% test population_conservee(model) %}
with attendus as (
    select distinct id_population
    from {{ ref('int_mesures') }}
    where fin is null or fin >= {{ jour('01-01') }}
)

select
    attendus.id_population as attendu,
    obtenus.id_population as obtenu
from attendus
full join {{ model }} as obtenus on attendus.id_population = obtenus.id_population
where attendus.id_population is null or obtenus.id_population is null
{% endtest %}
