-- The grid of the roadmap: a sub-step that somebody tells is a row for everyone that sent a roadmap. The list of the
-- 14 is not public: it is the one that the files use.
with sous_etapes as (
    select distinct sous_etape
    from {{ ref('int_feuille_route') }}
),

places as (
    select distinct
        feuille.code,
        codes.niveau
    from {{ ref('int_feuille_route') }} as feuille
    inner join {{ ref('int_codes_territoires') }} as codes on feuille.code = codes.code
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    places.niveau,
    places.code,
    sous_etapes.sous_etape,
    coalesce(feuille.statut, 'non_renseigne') as statut,
    feuille.date_statut,
    feuille.annee
from places
cross join sous_etapes
left join {{ ref('int_feuille_route') }} as feuille
    on places.code = feuille.code and sous_etapes.sous_etape = feuille.sous_etape
