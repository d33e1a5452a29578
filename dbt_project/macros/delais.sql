{#
  Relations that end in `durees`, one row a file × step begun, from `dossiers`: S2 rows (étude or pilotage store
  alike) with `emetteur` and `date_sortie`, the day the young person left care (null where nobody knows of one). Issues: franchie; refus, sortie_ase and arret,
  which end the wait otherwise; en_cours, open at the end of what the file can tell (31 December, or the day it was
  extracted when that is earlier); inconnue, behind for certain, on a day nobody tells.
#}
{% macro delais_des_etapes(dossiers) -%}
{# `rang`: the status (statuts_dossiers) from which the step is known to be behind. The last step is the whole way. #}
{%- set etapes = [
    {'etape': 'evaluation_proposition', 'debut': 'date_evaluation_premiere', 'fin': 'date_proposition', 'rang': 5},
    {'etape': 'proposition_reponse', 'debut': 'date_proposition', 'fin': 'date_adhesion', 'rang': 7},
    {'etape': 'demande_accord', 'debut': 'date_demande_accord', 'fin': 'date_accord_donne', 'rang': 9},
    {'etape': 'accord_transmission', 'debut': 'date_accord_donne', 'fin': 'date_transmission', 'rang': 10},
    {'etape': 'transmission_validation', 'debut': 'date_transmission', 'fin': 'date_validation', 'rang': 11},
    {'etape': 'validation_lancement', 'debut': 'date_validation', 'fin': 'date_lancement', 'rang': 15},
    {'etape': 'proposition_lancement', 'debut': 'date_proposition', 'fin': 'date_lancement', 'rang': 15},
] -%}
lignes as (
    select
        dossiers.*,
        statuts.rang as rang_statut,
        least(dossiers.date_evaluation, dossiers.date_derniere_evaluation) as date_evaluation_premiere,
        case when coalesce(dossiers.reponse_jeune, 'accepte') = 'accepte' then dossiers.date_reponse_jeune end
            as date_adhesion,
        case
            when coalesce(dossiers.decision_accord, 'accord') in ('accord', 'autorisation_juge')
                then dossiers.date_accord
        end as date_accord_donne,
        greatest({{ dates_dossier('dossiers.') }}) as dernier_mouvement,
        least({{ jour('12-31') }}, perimetres.date_extraction) as date_limite
    from {{ dossiers }} as dossiers
    left join {{ ref('statuts_dossiers') }} as statuts on dossiers.statut = statuts.statut
    left join {{ ref('stg_perimetre__perimetres') }} as perimetres
        on dossiers.emetteur = perimetres.emetteur and perimetres.source = 'dossiers_mentorat'
),

fins as (
    select
        *,
        case
            when statut = 'refus_jeune' or reponse_jeune = 'refuse' then coalesce(date_reponse_jeune, dernier_mouvement)
            when statut = 'refus_titulaires' or decision_accord = 'refus' then coalesce(date_accord, dernier_mouvement)
        end as date_refus,
        case
            when statut in ('non_retenu', 'abandon_avant_lancement') then coalesce(date_fin, dernier_mouvement)
        end as date_arret
    from lignes
),

etapes as (
    {% for ligne in etapes -%}
    {% set suite = [] -%}
    {% for autre in etapes if autre.rang > ligne.rang -%}
    {% do suite.append(autre.fin) if autre.fin not in suite -%}
    {% endfor -%}
    select
        emetteur,
        territoire,
        association,
        id_dossier,
        '{{ ligne.etape }}' as etape,
        {{ loop.index }} as rang_etape,
        {{ ligne.debut }} as date_debut,
        case when {{ ligne.fin }} >= {{ ligne.debut }} and {{ ligne.fin }} <= date_limite then {{ ligne.fin }} end
            as date_franchie,
        -- Behind, by the status or by the date of a later step.
        coalesce(rang_statut between {{ ligne.rang }} and 19, false)
        {%- if suite %} or coalesce({{ suite | join(', ') }}) <= date_limite{% endif %} as est_franchie,
        case when date_refus >= {{ ligne.debut }} and date_refus <= date_limite then date_refus end as date_refus,
        case when date_arret >= {{ ligne.debut }} and date_arret <= date_limite then date_arret end as date_arret,
        case when date_sortie >= {{ ligne.debut }} and date_sortie <= date_limite then date_sortie end as date_sortie,
        date_limite
    from fins
    -- Out of order, a step has no duration: it is counted among the inconsistencies.
    where {{ ligne.debut }} <= date_limite and coalesce({{ ligne.fin }} >= {{ ligne.debut }}, true)
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

issues as (
    select
        *,
        case
            when date_franchie is not null then 'franchie'
            when coalesce(est_franchie, false) then 'inconnue'
            when date_refus <= coalesce(least(date_arret, date_sortie), date_refus) then 'refus'
            when date_arret <= coalesce(date_sortie, date_arret) then 'arret'
            when date_sortie is not null then 'sortie_ase'
            else 'en_cours'
        end as issue
    from etapes
),

dates as (
    select
        *,
        case issue
            when 'franchie' then date_franchie
            when 'refus' then date_refus
            when 'arret' then date_arret
            when 'sortie_ase' then date_sortie
        end as date_fin
    from issues
),

durees as (
    select
        emetteur,
        territoire,
        association,
        id_dossier,
        etape,
        rang_etape,
        date_debut,
        date_fin,
        issue,
        case
            when issue = 'en_cours' then {{ jours_entre('date_debut', 'date_limite') }}
            when issue <> 'inconnue' then {{ jours_entre('date_debut', 'date_fin') }}
        end as duree_jours,
        issue = 'en_cours' as est_censure
    from dates
)
{%- endmacro %}
