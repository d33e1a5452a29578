-- The three days a cohort may be looked at from: the first day of the pair, and two landmarks after it. The index day
-- falls in the campagne; the pair of a landmark may therefore have begun the year before.
with jours as (
    select
        'debut' as repere,
        cast(0 as bigint) as jours_nb
    union all
    select
        'jour_30' as repere,
        repere_court_jours as jours_nb
    from {{ ref('int_parametres') }}
    union all
    select
        'mois_6' as repere,
        repere_long_jours as jours_nb
    from {{ ref('int_parametres') }}
)

select
    repere,
    jours_nb,
    {{ plus_jours(jour('01-01'), '-jours_nb') }} as premier_debut,
    {{ plus_jours(jour('12-31'), '-jours_nb') }} as dernier_debut
from jours
