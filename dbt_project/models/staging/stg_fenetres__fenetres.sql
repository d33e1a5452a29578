-- S15, what each outcome file can observe.
with lignes as (
    {{ derniere_campagne(source('brut', 'fenetres'), ['source', 'departement', 'debut']) }}
)

select
    source,
    departement as territoire,
    debut,
    fin,
    campagne,
    depose_par
from lignes
