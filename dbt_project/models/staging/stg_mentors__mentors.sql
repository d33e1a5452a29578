{{ config(materialized='table') }}

-- S5, one row a mentor of an association.
with mentors as (
    {{ derniere_campagne(
        source('brut', 'mentors'), ['association', 'id_mentor'], "'association-' || association"
    ) }}
)

select
    association,
    id_mentor,
    profil,
    tranche_age,
    sexe,
    statut_engagement,
    date_recrutement,
    date_formation,
    heures_formation,
    formation_ase,
    date_sortie,
    campagne,
    depose_par,
    est_redite
from mentors
