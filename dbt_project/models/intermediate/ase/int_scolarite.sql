-- Schooling known from S1 events: last known level on two dates, and what the definition of entrants au collège reads.
-- 999 and empty are unknown; 499 (collège, year unknown) is a level, but does not tell the year of entry.
with evenements as (
    select
        id_population,
        nivsco,
        date_evenement,
        rang_evenement,
        coalesce(nivsco, '999') not in ('999', '499') as est_annee_connue
    from {{ ref('int_evenements') }}
    where date_evenement <= {{ jour('12-31') }}
),

avant_rentree as (
    select
        id_population,
        nivsco,
        row_number() over (
            partition by id_population
            -- On one day (an end and a renewal) the event that says the level speaks for the day.
            order by date_evenement desc, case when est_annee_connue then 0 else 1 end, rang_evenement desc
        ) as rang
    from evenements
    where date_evenement between {{ jour('01-01') }} and {{ jour('08-31') }}
),

niveaux as (
    select
        id_population,
        {{ dernier_connu('nivsco', 'rang_evenement', ['999']) }} as nivsco,
        {{ dernier_connu('nivsco', 'rang_evenement', ['999'], si='date_evenement <= ' ~ jour('08-31')) }}
            as nivsco_fin_annee_scolaire,
        max(case when date_evenement >= {{ jour('09-01') }} and nivsco = '410' then 1 else 0 end) = 1
            as est_sixieme_a_la_rentree,
        max(case when date_evenement >= {{ jour('09-01') }} and est_annee_connue then 1 else 0 end) = 1
            as est_niveau_connu_a_la_rentree
    from evenements
    group by id_population
)

select
    niveaux.id_population,
    niveaux.nivsco,
    niveaux.nivsco_fin_annee_scolaire,
    niveaux.est_sixieme_a_la_rentree,
    coalesce(avant_rentree.nivsco = '350', false) as est_cm2_avant_la_rentree,
    niveaux.est_niveau_connu_a_la_rentree or coalesce(avant_rentree.nivsco, '999') not in ('999', '499')
        as est_niveau_connu
from niveaux
left join avant_rentree on niveaux.id_population = avant_rentree.id_population and avant_rentree.rang = 1
