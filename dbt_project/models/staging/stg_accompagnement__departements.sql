-- Départements helped, and since when.
with lignes as (
    {{ derniere_campagne(source('brut', 'accompagnement'), ['departement', 'type', 'date_debut']) }}
)

select
    departement as territoire,
    type as type_accompagnement,
    date_debut,
    campagne,
    depose_par
from lignes
