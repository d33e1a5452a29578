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
                when fin_precedente is null or debut > {{ plus_jours('fin_precedente', 1) }} then 1
                else 0
            end
        ) over (partition by id_population order by debut, fin rows unbounded preceding) as periode
    from precedentes
),

dernieres as (
    select
        *,
        max(fin) over (partition by id_population, periode) as fin_periode
    from numerotees
)

select
    id_population,
    cast(periode as integer) as periode,
    min(debut) as debut,
    nullif(max(fin), date '2999-12-31') as fin,
    -- Presumed unless one of the measures that end last says so.
    min(case when fin = fin_periode and not fin_presumee then 0 else 1 end) = 1 as fin_presumee,
    count(*) as mesures_nb
from dernieres
group by id_population, periode
