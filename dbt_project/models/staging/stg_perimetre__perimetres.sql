-- P of the campagne: a perimeter is not carried over from a year to the next.
select
    emetteur,
    source,
    premiere_etape_exhaustive,
    publics_inclus,
    date_extraction,
    exhaustif,
    statut_validation
from {{ ref('stg_perimetre__annuels') }}
where campagne = {{ var('campagne') }}
