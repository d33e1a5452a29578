-- Eligibility in time, one row an unbroken stretch of days in care in one territory during which a young person is
-- eligible: birth year known, under age, and old enough or known at collège or beyond (an event that day or before;
-- 999 and empty tell nothing).
with colleges as (
    select
        id_population,
        min(date_evenement) as date_college
    from {{ ref('int_evenements') }}
    where cast(nivsco as integer) between 410 and 770
    group by id_population
),

ages as (
    select
        personnes.id_population,
        least(
            make_date(
                cast(extract(year from personnes.date_naissance) + parametres.age_minimum as integer),
                cast(extract(month from personnes.date_naissance) as integer),
                15
            ),
            colleges.date_college
        ) as premier_jour,
        {{ plus_jours(
            "make_date(
                cast(extract(year from personnes.date_naissance) + parametres.age_majorite as integer),
                cast(extract(month from personnes.date_naissance) as integer),
                15
            )", -1
        ) }} as dernier_jour
    from {{ ref('int_personnes_ase') }} as personnes
    cross join {{ ref('int_parametres') }} as parametres
    left join colleges on personnes.id_population = colleges.id_population
    where personnes.date_naissance is not null
),

etats as (
    select
        etats.id_population,
        etats.territoire,
        greatest(etats.debut, ages.premier_jour) as debut,
        least(etats.fin, ages.dernier_jour) as fin
    from {{ ref('int_etats') }} as etats
    inner join ages on etats.id_population = ages.id_population
    where
        etats.debut <= ages.dernier_jour
        and (etats.fin is null or etats.fin >= ages.premier_jour)
        and ages.premier_jour <= {{ jour('12-31') }}
),

marques as (
    select
        *,
        case
            when
                lag({{ plus_jours('fin', 1) }}) over (partition by id_population order by debut) = debut
                and lag(territoire) over (partition by id_population order by debut) = territoire
                then 0
            else 1
        end as nouveau
    from etats
    where debut <= fin
),

numerotes as (
    select
        *,
        sum(nouveau) over (
            partition by id_population
            order by debut
            rows between unbounded preceding and current row
        ) as rang
    from marques
)

select
    id_population,
    cast(rang as bigint) as rang,
    min(territoire) as territoire,
    min(debut) as debut,
    -- After the campagne nobody knows yet: still running.
    case when max(fin) <= {{ jour('12-31') }} then max(fin) end as fin
from numerotes
group by id_population, rang
