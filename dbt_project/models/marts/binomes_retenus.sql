-- Pairs, mentoring and parrainage, each once (S3, S2 where there is no S3).
select
    cast({{ var('campagne') }} as bigint) as campagne,
    id_binome,
    id_personne,
    territoire,
    association,
    nature,
    modalite,
    date_debut,
    date_fin,
    motif_fin,
    source,
    sexe,
    tranche_age,
    type_accueil_regroupe,
    est_lance_campagne,
    est_lance_annee_scolaire,
    est_actif_fin_campagne,
    est_actif_fin_annee_scolaire
from {{ ref('int_binomes') }}
