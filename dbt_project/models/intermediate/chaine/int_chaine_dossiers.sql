-- S2 files with every step of the chain, on the person they concern. What a column does not say, the status may: an
-- answer, an agreement, are read from it where they are empty. Only the files of the campagne are known to stand so.
with dossiers as (
    select
        dossiers.*,
        coalesce(personnes.id_personne, dossiers.id_jeune) as id_personne,
        {{ naissance('dossiers.naissance') }} as date_naissance
    from {{ ref('stg_dossiers_mentorat__dossiers') }} as dossiers
    left join {{ ref('stg_identites__personnes') }} as personnes on dossiers.id_jeune = personnes.id_jeune
)

select
    dossiers.territoire,
    dossiers.id_dossier,
    dossiers.id_personne,
    dossiers.date_naissance,
    dossiers.nature,
    dossiers.association,
    dossiers.statut,
    dossiers.motif_fin,
    dossiers.statut_juridique,
    dossiers.type_operateur,
    dossiers.conclusion_evaluation,
    dossiers.reponse_jeune,
    dossiers.decision_accord,
    dossiers.nb_titulaires,
    dossiers.nb_accords_recus,
    dossiers.signee_jeune,
    dossiers.document_mention,
    dossiers.avis_jeune_recueilli,
    {{ dates_dossier('dossiers.') }},
    least(dossiers.date_evaluation, dossiers.date_derniere_evaluation) as date_premiere_evaluation,
    coalesce(
        dossiers.reponse_jeune,
        case
            when dossiers.statut = 'propose' then 'attente'
            when dossiers.statut = 'refus_jeune' then 'refuse'
            when
                statuts.rang >= 7 and dossiers.statut <> 'abandon_avant_lancement'
                then 'accepte'
        end
    ) as reponse,
    coalesce(
        dossiers.decision_accord,
        case dossiers.statut when 'accord_attente' then 'attente' when 'refus_titulaires' then 'refus' end
    ) as decision,
    dossiers.campagne = {{ var('campagne') }} as est_de_la_campagne,
    dossiers.depose_par as emetteur
from dossiers
left join {{ ref('statuts_dossiers') }} as statuts on dossiers.statut = statuts.statut
