-- The legal chain D221-34 to D221-40 of each pair of the campagne, one row an article.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    id_binome,
    territoire,
    association,
    article,
    statut,
    motif
from {{ ref('int_chaine_legale') }}
