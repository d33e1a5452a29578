{{ config(materialized='table') }}

-- S2, one row a mentoring file of a département: every column of the contract but the forms of the pseudonym that serve
-- linkage alone. A file is the collectivité's in charge of its territory.
with brut as (
    select
        dossiers.*,
        territoires.emetteur as emetteur_en_charge
    from {{ source('brut', 'dossiers_mentorat') }} as dossiers
    left join {{ ref('int_territoires') }} as territoires on dossiers.departement = territoires.territoire
),

dossiers as (
    {{ derniere_campagne('brut', ['departement', 'id_dossier'], 'emetteur_en_charge') }}
)

select
    departement as territoire,
    id_dossier,
    id_jeune,
    naissance,
    sexe,
    classe,
    type_accueil,
    besoin,
    voie,
    association,
    statut,
    date_candidature,
    date_lancement,
    date_fin,
    motif_fin,
    date_evaluation,
    date_derniere_evaluation,
    conclusion_evaluation,
    nature_proposition,
    coalesce(nature_proposition, 'mentorat') as nature,
    date_proposition,
    reponse_jeune,
    date_reponse_jeune,
    date_information_jeune,
    date_information_titulaires,
    date_avis_jeune,
    statut_juridique,
    date_demande_accord,
    nb_titulaires,
    nb_accords_recus,
    date_accord,
    decision_accord,
    date_accord_conseil_famille,
    type_operateur,
    date_transmission,
    date_validation,
    date_convention_individuelle,
    signee_jeune,
    document_mention,
    date_decision,
    date_dernier_bilan,
    avis_jeune_recueilli,
    date_evaluation_fin_concertee,
    campagne,
    depose_par,
    est_redite
from dossiers
