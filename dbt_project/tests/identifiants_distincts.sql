{# The short identifier of the warehouse names one person, as the pseudonym it is made from. #}
with personnes as (
    select distinct id_personne
    from {{ source('brut', 'identites') }}
)

select {{ identifiant_court('id_personne') }} as identifiant
from personnes
group by {{ identifiant_court('id_personne') }}
having count(*) > 1
