{{ config(materialized='table') }}

-- S3, one row a pair of an association or an operating service: every column of the contract but the forms of the
-- pseudonyms that serve linkage alone. A pair is the association's that runs it.
with binomes as (
    {{ derniere_campagne(
        source('brut', 'binomes'), ['association', 'id_binome'], "'association-' || association"
    ) }}
)

select
    association,
    id_binome,
    departement as territoire,
    id_jeune,
    id_dossier,
    id_demande,
    id_mentor,
    naissance,
    sexe,
    nature,
    modalite,
    lieu_principal,
    objectif_principal,
    voie,
    seances_prevues_mois,
    date_debut,
    date_fin_prevue,
    date_fin,
    motif_fin,
    campagne,
    depose_par,
    est_redite
from binomes
