-- Chains of mentors' pseudonyms: one person for several. The latest campagne that knows a pseudonym decides.
with identites as (
    select
        id_mentor,
        id_personne,
        passe,
        {{ campagne_du_fichier() }} as campagne
    from {{ source('brut', 'identites_mentors') }}
),

classees as (
    select
        *,
        row_number() over (partition by id_mentor order by campagne desc, id_personne asc) as rang
    from identites
    where campagne <= {{ var('campagne') }}
)

select
    id_mentor,
    id_personne,
    passe,
    campagne
from classees
where rang = 1
