-- S11, one row a measure or a place of the département's own software. An extract holds the whole path since the first
-- entry, so that of the campagne says it all: an older one would only bring back what was corrected since.
with lignes as (
    select
        *,
        row_number() over (
            partition by departement, id_jeune, type_ligne, date_debut, nature
            order by date_fin desc nulls first, depose_par asc, id_lieu asc nulls last, motif_fin asc nulls last
        ) as exemplaire
    from {{ source('brut', 'parcours_ase') }}
    where campagne = {{ var('campagne') }}
)

select
    departement as territoire,
    id_jeune,
    type_ligne,
    nature,
    {{ mot_simple('nature') }} as nature_simple,
    date_debut,
    date_fin,
    id_lieu,
    motif_fin,
    campagne,
    depose_par
from lignes
where exemplaire = 1
