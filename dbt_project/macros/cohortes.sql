{#
  Covariates of a row of a cohort, from `covariables` (known strictly before the day the groups part), `personnes` (fixed
  traits) and `couverture` (what the territory tells). `jour` is the index date, the age of which is known in advance.
  Where proposals are not all told, none found is not none made.
#}
{% macro colonnes_covariables(jour) -%}
    personnes.sexe,
    cast({{ age_au('personnes.date_naissance', jour) }} as bigint) as age_index,
    covariables.type_accueil_regroupe,
    covariables.base_legale,
    covariables.nivsco,
    covariables.handicap,
    covariables.mna,
    covariables.anciennete_jours,
    covariables.mesures_nb,
    covariables.deplacements_nb,
    case
        when covariables.propose_avant then true
        when couverture.statut_propositions = 'calcule' then covariables.propose_avant
    end as propose_avant,
    covariables.derniere_date_lue
{%- endmacro %}

{# The groups compared; every other value of a step of the cohorts is an exclusion. #}
{% macro est_compare(etape) -%}
    {{ etape }} in ('mentores', 'acceptants_en_attente', 'eligibles_non_mentores')
{%- endmacro %}
