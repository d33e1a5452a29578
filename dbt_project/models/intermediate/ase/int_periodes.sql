-- Continuous care: measures that overlap or follow one another the next day make one period.
with bornes as (
    select
        id_population,
        debut,
        fin_presumee,
        coalesce(fin, date '2999-12-31') as fin
    from {{ ref('int_mesures') }}
),

precedentes as (
    select
        *,
        max(fin) over (
            partition by id_population
            order by debut, fin
            rows between unbounded preceding and 1 preceding
        ) as fin_precedente
    from bornes
),

numerotees as (
    select
        *,
        sum(
            case
                when fin_precedente is null or debut > fin_precedente + interval '1' day then 1
                else 0
            end
        ) over (partition by id_population order by debut, fin rows unbounded preceding) as periode
    from precedentes
)

select
    id_population,
    cast(periode as integer) as periode,
    min(debut) as debut,
    nullif(max(fin), date '2999-12-31') as fin,
    coalesce(max_by(fin_presumee, fin), false) as fin_presumee,
    count(*) as mesures_nb
from numerotees
group by id_population, periode
