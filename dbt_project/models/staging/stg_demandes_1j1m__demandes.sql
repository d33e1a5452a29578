-- S7, one row a demand of 1jeune1mentor.fr: the platform's last export wins.
with lignes as (
    {{ derniere_campagne(source('brut', 'demandes_1j1m'), ['id_demande']) }}
)

select
    id_demande,
    date_demande,
    profil,
    departement as territoire,
    age,
    ase,
    besoin,
    modalite_souhaitee,
    associations_compatibles,
    association_attribuee,
    mode_attribution,
    date_envoi,
    date_binome,
    suite,
    campagne,
    depose_par
from lignes
