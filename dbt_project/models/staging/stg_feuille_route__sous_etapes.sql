-- S12, one row a sub-step and year.
with lignes as (
    {{ derniere_campagne(source('brut', 'feuille_route'), ['departement', 'annee', 'sous_etape']) }}
)

select
    departement as territoire,
    annee,
    sous_etape,
    statut,
    date as date_statut,
    campagne,
    depose_par
from lignes
