-- S13, dated rows of the registry.
with lignes as (
    {{ derniere_campagne(source('brut', 'associations'), ['association', 'valable_du']) }}
)

select
    association,
    siren,
    nature,
    publics,
    age_min,
    age_max,
    besoins,
    modalites,
    territoires,
    capacite,
    ouverte_demandes,
    objectif_aap,
    valable_du,
    valable_au,
    campagne,
    depose_par
from lignes
