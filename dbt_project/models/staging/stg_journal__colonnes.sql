-- Columns that each sender's accepted files of the campagne hold, one row a sender, source and column: absent means not
-- sent, empty means sent empty.
with colonnes as (
    select
        emetteur,
        source,
        {{ eclate('colonnes_presentes') }} as colonne
    from {{ source('suivi', 'journal') }}
    where
        campagne = {{ var('campagne') }}
        and statut = 'acceptee'
        and source is not null
        and colonnes_presentes is not null
)

select distinct
    emetteur,
    source,
    colonne
from colonnes
