-- S10, one row a label given.
with lignes as (
    {{ derniere_campagne(source('brut', 'label_qualite'), ['association', 'date_label']) }}
)

select
    association,
    date_label,
    valable_jusqu_au,
    campagne,
    depose_par
from lignes
