-- S2, one row a mentoring file of a département.
with dossiers as (
    {{ derniere_campagne(source('brut', 'dossiers_mentorat'), ['departement', 'id_dossier']) }}
)

select
    departement as territoire,
    id_dossier,
    id_jeune,
    naissance,
    sexe,
    type_accueil,
    voie,
    association,
    date_candidature,
    date_lancement,
    date_fin,
    motif_fin,
    statut,
    date_evaluation,
    date_derniere_evaluation,
    conclusion_evaluation,
    coalesce(nature_proposition, 'mentorat') as nature,
    date_proposition,
    reponse_jeune,
    date_reponse_jeune,
    decision_accord,
    campagne,
    depose_par
from dossiers
