-- Longest time a pair spent without a session in the campagne, in days: between two sessions held, from the start of
-- the pair (or of what its association sent) to the first, from the last to the end of the pair (or of what was
-- sent). Pairs whose sessions are dated; a count by month says nothing of it.
with couvertures as (
    select
        association,
        debut,
        fin
    from {{ ref('int_seances_couvertures') }}
    where campagne = {{ var('campagne') }}
),

dates as (
    select distinct
        association,
        id_binome
    from {{ ref('int_seances_mois') }}
    where source = 'seances' and mois between {{ jour('01-01') }} and {{ jour('12-31') }}
),

binomes as (
    select
        binomes.association,
        binomes.id_binome,
        greatest(binomes.date_debut, couvertures.debut) as debut,
        least(binomes.date_fin, couvertures.fin, {{ jour('12-31') }}) as fin
    from {{ ref('int_binomes') }} as binomes
    inner join couvertures on binomes.association = couvertures.association
    inner join dates on binomes.association = dates.association and binomes.id_binome = dates.id_binome
    where binomes.source = 'binomes'
),

-- The start and the end are points of the series, like sessions.
points as (
    select
        binomes.association,
        binomes.id_binome,
        seances.date_seance as jour
    from binomes
    inner join {{ ref('stg_seances__seances') }} as seances
        on
            binomes.association = seances.association
            and binomes.id_binome = seances.id_binome
            and seances.date_seance between binomes.debut and binomes.fin
    where seances.presence = 'present' and seances.campagne = {{ var('campagne') }}
    union all
    select
        association,
        id_binome,
        debut as jour
    from binomes
    where debut <= fin
    union all
    select
        association,
        id_binome,
        fin as jour
    from binomes
    where debut <= fin
),

suites as (
    select
        association,
        id_binome,
        jour,
        lead(jour) over (partition by id_binome order by jour asc nulls last) as jour_suivant
    from points
)

select
    association,
    id_binome,
    max({{ jours_entre('jour', 'jour_suivant') }}) as intervalle_jours
from suites
where jour_suivant is not null
group by association, id_binome
