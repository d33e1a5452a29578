-- S14, one row an action.
with lignes as (
    {{ derniere_campagne(source('brut', 'actions'), ['departement', 'date', 'public', 'format']) }}
)

select
    departement as territoire,
    date as date_action,
    public,
    format,
    participants as participants_nb,
    structures_touchees as structures_nb,
    campagne,
    depose_par
from lignes
