-- Each pair of the campagne beside its S2 file: the state of every piece that makes an article of the chain « fait ».
--
-- | article      | pieces, each dated on or before the start of the pair unless said otherwise                    |
-- |--------------|------------------------------------------------------------------------------------------------|
-- | D221-34      | evaluation, and no unfavourable conclusion (minors); proposal, after the evaluation; « accepte »|
-- | D221-35      | young person informed, opinion taken, holders informed, agreement given and dated, by every    |
-- |              | holder (one is enough for a delegation, a tutelle, a pupille, or when the judge authorised it),|
-- |              | conseil de famille (pupille); a young adult has no holders: informed, and « accepte »          |
-- | D221-36      | kind of operator                                                                               |
-- | D221-37      | S6: capacity of the association verified in the territory                                      |
-- | D221-38      | individual convention, signed by the young person, mentoring named in the PPE or PAA           |
-- | D221-39 al.1 | S5b: a check that holds on the day of the decision (int_binomes_controles)                     |
-- | D221-39 al.2 | S5b: a check every year (int_binomes_controles)                                                |
-- | D221-40      | a review since the start, with the young person's opinion; a concerted end where the reason is |
-- |              | the child's interest                                                                           |
--
-- The start is the file's own launch where it has one: the order of dates is judged within one file, and what two
-- senders date differently is a gap between them, counted elsewhere.
{% set pieces = [
    {'nom': 'evaluation', 'colonnes': ['date_evaluation', 'date_derniere_evaluation'], 'une_suffit': true,
     'si': 'not dossiers.est_majeur', 'condition': 'dossiers.date_premiere_evaluation <= dossiers.date_repere'},
    {'nom': 'conclusion', 'colonnes': ['conclusion_evaluation'],
     'si': "not dossiers.est_majeur and coalesce(dossiers.conclusion_evaluation in ('defavorable', 'differe'), false)",
     'condition': 'false'},
    {'nom': 'proposition', 'colonnes': ['date_proposition'],
     'condition': 'dossiers.date_proposition <= dossiers.date_repere and '
        ~ '(dossiers.est_majeur or coalesce(dossiers.date_premiere_evaluation <= dossiers.date_proposition, true))'},
    {'nom': 'reponse_jeune', 'colonnes': ['reponse_jeune'],
     'condition': "dossiers.reponse_jeune = 'accepte' and coalesce(dossiers.date_reponse_jeune <= dossiers.date_repere, true)"},
    {'nom': 'information_jeune', 'colonnes': ['date_information_jeune'],
     'condition': 'dossiers.date_information_jeune <= dossiers.date_repere'},
    {'nom': 'avis_jeune', 'colonnes': ['date_avis_jeune'], 'si': 'not dossiers.est_majeur',
     'condition': 'dossiers.date_avis_jeune <= dossiers.date_repere'},
    {'nom': 'accord_jeune_majeur', 'colonnes': ['reponse_jeune'], 'si': 'dossiers.est_majeur',
     'condition': "dossiers.reponse_jeune = 'accepte'"},
    {'nom': 'information_titulaires', 'colonnes': ['date_information_titulaires'], 'si': 'not dossiers.est_majeur',
     'condition': 'dossiers.date_information_titulaires <= dossiers.date_repere'},
    {'nom': 'accord', 'colonnes': ['decision_accord'], 'si': 'not dossiers.est_majeur',
     'condition': "dossiers.decision_accord in ('accord', 'autorisation_juge')"},
    {'nom': 'date_accord', 'colonnes': ['date_accord'], 'si': 'not dossiers.est_majeur',
     'condition': 'dossiers.date_accord <= dossiers.date_repere'},
    {'nom': 'tous_titulaires', 'colonnes': ['nb_titulaires', 'nb_accords_recus'],
     'si': "not dossiers.est_majeur and coalesce(dossiers.decision_accord <> 'autorisation_juge', true) "
        ~ "and coalesce(dossiers.statut_juridique not in ('delegation_ap', 'tutelle', 'pupille'), true)",
     'condition': 'dossiers.nb_titulaires >= 1 and dossiers.nb_accords_recus >= dossiers.nb_titulaires'},
    {'nom': 'conseil_famille', 'colonnes': ['date_accord_conseil_famille'],
     'si': "not dossiers.est_majeur and coalesce(dossiers.statut_juridique = 'pupille', false)",
     'condition': 'dossiers.date_accord_conseil_famille <= dossiers.date_repere'},
    {'nom': 'operateur', 'colonnes': ['type_operateur'], 'condition': 'dossiers.type_operateur is not null'},
    {'nom': 'convention', 'colonnes': ['date_convention_individuelle'],
     'condition': 'dossiers.date_convention_individuelle <= dossiers.date_repere'},
    {'nom': 'signature_jeune', 'colonnes': ['signee_jeune'], 'condition': 'dossiers.signee_jeune'},
    {'nom': 'mention', 'colonnes': ['document_mention'],
     'condition': "dossiers.document_mention in ('ppe', 'paa')"},
    {'nom': 'bilan', 'colonnes': ['date_dernier_bilan'],
     'condition': 'dossiers.date_dernier_bilan >= dossiers.date_repere'},
    {'nom': 'avis_bilan', 'colonnes': ['avis_jeune_recueilli'], 'condition': 'dossiers.avis_jeune_recueilli'},
    {'nom': 'fin_concertee', 'colonnes': ['date_evaluation_fin_concertee'],
     'si': "coalesce(dossiers.motif_fin = 'interet_enfant', false)",
     'condition': 'dossiers.date_evaluation_fin_concertee is not null'},
] -%}
-- Pairs of the campagne: running at some day of it.
with binomes as (
    select
        *,
        coalesce(association, '') || ':' || id_binome as cle_binome
    from {{ ref('int_binomes') }}
    where
        est_suivi
        and coalesce(date_debut <= {{ jour('12-31') }}, true)
        and coalesce(date_fin >= {{ jour('01-01') }}, true)
),

dossiers as (
    select
        binomes.cle_binome,
        binomes.association,
        binomes.id_binome,
        binomes.territoire,
        binomes.nature,
        binomes.date_debut,
        binomes.date_fin,
        binomes.motif_fin,
        binomes.id_dossier,
        parametres.entree_en_vigueur,
        coalesce(s2.date_lancement, binomes.date_debut) as date_repere,
        -- Of age on the first day: by the date of birth, else as the file says.
        coalesce(
            {{ age_au('coalesce(s2.date_naissance, binomes.date_naissance)', 'binomes.date_debut') }}
            >= parametres.age_majorite,
            s2.statut_juridique = 'majeur',
            false
        ) as est_majeur,
        coalesce(binomes.association, s2.association) as operateur,
        s2.date_premiere_evaluation,
        s2.conclusion_evaluation,
        s2.reponse_jeune,
        s2.statut_juridique,
        s2.decision_accord,
        s2.nb_titulaires,
        s2.nb_accords_recus,
        s2.type_operateur,
        s2.signee_jeune,
        s2.document_mention,
        s2.avis_jeune_recueilli,
        {% for date in ['date_evaluation', 'date_derniere_evaluation', 'date_proposition', 'date_reponse_jeune',
            'date_information_jeune', 'date_information_titulaires', 'date_avis_jeune', 'date_accord',
            'date_accord_conseil_famille', 'date_convention_individuelle', 'date_decision', 'date_dernier_bilan',
            'date_evaluation_fin_concertee'] -%}
        s2.{{ date }},
        {% endfor -%}
        -- A file of an earlier campagne says what it holds, not what its sender's files held.
        case when s2.est_de_la_campagne then s2.emetteur end as emetteur
    from binomes
    left join {{ ref('int_chaine_dossiers') }} as s2
        on binomes.territoire_dossier = s2.territoire and binomes.id_dossier = s2.id_dossier
    cross join {{ ref('int_parametres') }} as parametres
),

-- One operator in one territory: when its capacity was first verified, and whether its senders' files have the column.
-- A convention told for a whole collectivité holds in each of its territories.
capacites as (
    select
        codes.territoire,
        conventions.operateur,
        min(conventions.date_verification_capacite) as premiere_verification,
        max(case when colonnes.colonne is not null then 1 else 0 end) = 1 as est_transmise
    from {{ ref('stg_conventions__conventions') }} as conventions
    inner join {{ ref('int_codes_territoires') }} as codes on conventions.territoire = codes.code
    left join {{ ref('stg_journal__colonnes') }} as colonnes
        on
            conventions.depose_par = colonnes.emetteur
            and colonnes.source = 'conventions'
            and colonnes.colonne = 'date_verification_capacite'
    where conventions.type_convention = 'convention_mentorat'
    group by codes.territoire, conventions.operateur
)

select
    dossiers.cle_binome,
    dossiers.association,
    dossiers.id_binome,
    dossiers.territoire,
    dossiers.nature,
    dossiers.date_debut,
    dossiers.date_fin,
    dossiers.est_majeur,
    dossiers.id_dossier is not null as a_dossier,
    dossiers.date_debut >= dossiers.entree_en_vigueur as est_apres_entree_en_vigueur,
    coalesce(dossiers.date_fin >= dossiers.entree_en_vigueur, true)
    and {{ jour('12-31') }} >= dossiers.entree_en_vigueur as est_en_cours_apres_entree_en_vigueur,
    coalesce(dossiers.type_operateur, case when dossiers.operateur is not null then 'association' end)
        as type_operateur,
    {% for piece in pieces -%}
    {{ etat_piece(piece.condition, piece.colonnes, piece.si, piece.une_suffit) }} as {{ piece.nom }},
    {% endfor -%}
    case
        when capacites.premiere_verification <= dossiers.date_repere then 'fait'
        when capacites.premiere_verification is not null or capacites.est_transmise then 'manquant'
        else 'non_transmis'
    end as capacite,
    case
        when controles.est_controle_avant_decision then 'fait'
        when dossiers.date_decision is null and coalesce(transmises.a_date_decision, false) then 'manquant'
        when not controles.est_controle_avant_decision then 'manquant'
        else 'non_transmis'
    end as controle_avant_decision,
    coalesce(controles.statut_controle_annuel, 'non_transmis') as controle_annuel
from dossiers
left join {{ ref('int_chaine_colonnes') }} as transmises on dossiers.emetteur = transmises.emetteur
left join capacites on dossiers.territoire = capacites.territoire and dossiers.operateur = capacites.operateur
left join {{ ref('int_binomes_controles') }} as controles
    on dossiers.cle_binome = coalesce(controles.association, '') || ':' || controles.id_binome
