-- Rows of S2 that pass intake and cannot be right: kept, counted by rule and territory. What intake sets aside (an
-- answer before its proposal, an agreement before its demand) is not here.
{% set regles = [
    ('proposition_avant_evaluation', "La proposition précède l'évaluation du jeune.",
     'date_proposition < date_premiere_evaluation'),
    ('information_apres_accord', "Les titulaires sont informés après avoir donné leur accord.",
     "date_information_titulaires > date_accord and decision_accord = 'accord'"),
    ('transmission_avant_accord', "Le dossier est transmis à l'association avant l'accord des titulaires.",
     "date_transmission < date_accord and decision_accord = 'accord'"),
    ('lancement_avant_proposition', "Le binôme est lancé avant la proposition.", 'date_lancement < date_proposition'),
    ('lancement_avant_accord', "Le binôme est lancé avant l'accord des titulaires.",
     "date_lancement < date_accord and decision_accord = 'accord'"),
    ('lancement_avant_decision', "Le binôme est lancé avant la décision d'engagement du mentor.",
     'date_lancement < date_decision'),
    ('lancement_malgre_refus', "Le binôme est lancé alors que le jeune ou les titulaires ont refusé.",
     "date_lancement is not null and (reponse_jeune = 'refuse' or decision_accord = 'refus')"),
    ('lancement_malgre_conclusion', "Le binôme est lancé alors que l'évaluation est défavorable.",
     "date_lancement is not null and conclusion_evaluation = 'defavorable'"),
    ('accords_en_trop', "Plus d'accords reçus que de titulaires.", 'nb_accords_recus > nb_titulaires'),
    ('accord_incomplet', "L'accord est noté donné, mais tous les titulaires n'ont pas répondu.",
     "decision_accord = 'accord' and statut_juridique = 'autorite_parentale' and nb_accords_recus < nb_titulaires"),
    ('pupille_sans_conseil', "L'accord pour un pupille est noté donné sans date du conseil de famille.",
     "decision_accord = 'accord' and statut_juridique = 'pupille' and date_accord_conseil_famille is null"),
    ('bilan_avant_lancement', "Le dernier bilan précède le lancement du binôme.", 'date_dernier_bilan < date_lancement'),
    ('statut_sans_lancement', "Le statut dit le binôme lancé, sans date de lancement.",
     "statut in ('lance', 'en_cours', 'suspendu', 'termine', 'arret_anticipe') and date_lancement is null"),
    ('statut_avant_lancement', "Une date de lancement est donnée, mais le statut n'en est pas là.",
     "date_lancement is not null and statut not in ('lance', 'en_cours', 'suspendu', 'termine', 'arret_anticipe')"),
    ('fin_sans_date', "Le dossier est terminé ou arrêté, sans date de fin.",
     "statut in ('termine', 'arret_anticipe') and date_fin is null"),
] -%}
with lignes as (
    {% for regle, libelle, condition in regles -%}
    select
        '{{ regle }}' as regle,
        '{{ libelle | replace("'", "''") }}' as libelle,
        territoire,
        count(*) as lignes_nb
    from {{ ref('int_chaine_dossiers') }}
    where {{ condition }}
    group by territoire
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    regle,
    libelle,
    'dossiers_mentorat' as source,
    territoire,
    cast(lignes_nb as bigint) as lignes_nb
from lignes
