-- S15, one row an event told by another administration.
with lignes as (
    {{ derniere_campagne(source('brut', 'devenir'), ['id_jeune', 'source', 'evenement', 'date_debut']) }}
)

select
    id_jeune,
    source,
    evenement,
    date_debut,
    date_fin,
    departement as territoire,
    campagne,
    depose_par
from lignes
