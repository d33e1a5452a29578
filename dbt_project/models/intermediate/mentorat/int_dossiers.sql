-- S2 files on the person they concern: which steps of article D221-34 were taken, and when.
-- Statuses are read only where dates are missing.
with dossiers as (
    select
        dossiers.*,
        coalesce(personnes.id_personne, dossiers.id_jeune) as id_personne,
        {{ naissance('dossiers.naissance') }} as date_naissance,
        coalesce(dossiers.statut, 'a_evaluer') <> 'a_evaluer' as est_evaluation_faite,
        coalesce(dossiers.statut, 'a_evaluer') not in ('a_evaluer', 'evalue', 'non_retenu', 'differe')
            as est_proposition_faite,
        least(
            dossiers.date_proposition, dossiers.date_reponse_jeune, dossiers.date_candidature,
            dossiers.date_lancement
        ) as date_apres_evaluation,
        least(dossiers.date_reponse_jeune, dossiers.date_candidature, dossiers.date_lancement)
            as date_apres_proposition
    from {{ ref('stg_dossiers_mentorat__dossiers') }} as dossiers
    left join {{ ref('stg_identites__personnes') }} as personnes on dossiers.id_jeune = personnes.id_jeune
),

etapes as (
    select
        *,
        {{ etape_entre(
            ['date_evaluation', 'date_derniere_evaluation'], 'est_evaluation_faite', 'date_apres_evaluation',
            "date '1900-01-01'", jour('09-01')
        ) }} as est_evalue_avant_rentree,
        {{ etape_entre(
            ['date_evaluation', 'date_derniere_evaluation'], 'est_evaluation_faite', 'date_apres_evaluation',
            jour('01-01'), jour('12-31')
        ) }} as est_evalue_12_mois,
        {{ etape_entre(
            ['date_proposition'], 'est_proposition_faite', 'date_apres_proposition', jour('01-01'), jour('12-31')
        ) }} as est_propose_campagne_toute_nature,
        {{ etape_entre(
            ['date_proposition'], 'est_proposition_faite', 'date_apres_proposition',
            jour('09-01', -1), jour('08-31')
        ) }} as est_propose_annee_scolaire_toute_nature,
        {{ etape_entre(
            ['date_proposition'], 'est_proposition_faite', 'date_apres_proposition',
            "date '1900-01-01'", jour('12-31')
        ) }} as est_propose_toute_nature
    from dossiers
)

select
    territoire,
    id_dossier,
    id_personne,
    sexe,
    date_naissance,
    type_accueil,
    voie,
    association,
    nature,
    statut,
    date_lancement,
    date_fin,
    motif_fin,
    date_decision,
    date_dernier_bilan,
    avis_jeune_recueilli,
    date_evaluation_fin_concertee,
    campagne,
    depose_par,
    est_evalue_avant_rentree,
    est_evalue_12_mois,
    nature = 'mentorat' and est_propose_campagne_toute_nature as est_propose_campagne,
    nature = 'mentorat' and est_propose_annee_scolaire_toute_nature as est_propose_annee_scolaire,
    nature = 'mentorat' and est_propose_toute_nature as est_propose,
    est_evalue_12_mois
    and (
        coalesce(conclusion_evaluation in ('defavorable', 'differe'), false)
        or (conclusion_evaluation is null and coalesce(statut in ('non_retenu', 'differe'), false))
    ) as est_non_favorable,
    date_lancement is null
    and (
        coalesce(reponse_jeune = 'refuse', false)
        or coalesce(decision_accord = 'refus', false)
        or coalesce(statut in ('refus_jeune', 'refus_titulaires'), false)
    ) as est_refus,
    -- Accepted, consent given, no pair yet.
    date_lancement is null
    and nature = 'mentorat'
    and coalesce(reponse_jeune, 'accepte') = 'accepte'
    and coalesce(decision_accord, 'accord') in ('accord', 'autorisation_juge')
    and coalesce(
        statut in (
            'accord_complet', 'transmis', 'attente_mentor', 'liste_attente', 'honorabilite_en_cours',
            'convention_a_signer'
        ),
        reponse_jeune = 'accepte' and decision_accord in ('accord', 'autorisation_juge'),
        false
    ) as est_en_attente_mentor
from etapes
