-- Roadmap of each collectivité at the end of the campagne: the latest row of a sub-step wins (year, then day), so
-- that a file which holds only what changed keeps what was done before.
with rangees as (
    select
        territoire as code,
        sous_etape,
        statut,
        date_statut,
        annee,
        row_number() over (
            partition by territoire, sous_etape
            order by annee desc, date_statut desc nulls last, campagne desc
        ) as rang
    from {{ ref('stg_feuille_route__sous_etapes') }}
    where annee <= {{ var('campagne') }}
)

select
    code,
    sous_etape,
    statut,
    date_statut,
    annee
from rangees
where rang = 1
