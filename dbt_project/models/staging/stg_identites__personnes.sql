-- What linkage found: one person for several pseudonyms. The latest campagne that knows a pseudonym decides. A table,
-- for several models read it. The person's pseudonym is made short here, once: everything after carries it.
{{ config(materialized='table') }}

with identites as (
    select
        id_jeune,
        id_personne,
        passe,
        {{ campagne_du_fichier() }} as campagne
    from {{ source('brut', 'identites') }}
),

classees as (
    select
        *,
        row_number() over (partition by id_jeune order by campagne desc, id_personne asc) as rang
    from identites
    where campagne <= {{ var('campagne') }}
)

select
    id_jeune,
    {{ identifiant_court('id_personne') }} as id_personne,
    passe,
    campagne
from classees
where rang = 1
