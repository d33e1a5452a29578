-- S3, one row a pair of an association or an operating service.
with binomes as (
    {{ derniere_campagne(source('brut', 'binomes'), ['association', 'id_binome']) }}
)

select
    association,
    id_binome,
    departement as territoire,
    id_jeune,
    id_dossier,
    id_mentor,
    naissance,
    sexe,
    nature,
    modalite,
    voie,
    date_debut,
    date_fin_prevue,
    date_fin,
    motif_fin,
    campagne,
    depose_par
from binomes
