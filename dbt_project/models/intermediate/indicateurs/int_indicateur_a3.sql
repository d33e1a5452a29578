-- A3 proposal: eligible minors proposed in the campagne and in the school year; A3E entrants au collège proposed by
-- 31 December; A3D evaluations defavorable or differe, which the law does not follow by a proposal.
{% set periodes = [
    {'repere': 'fin_campagne', 'champ': 'est_propose_campagne', 'libelle': var('campagne')},
    {'repere': 'fin_annee_scolaire', 'champ': 'est_propose_annee_scolaire', 'libelle': annee_scolaire()},
] -%}
with eligibles as (
    select
        eligibilites.repere,
        eligibilites.territoire,
        personnes.id_personne,
        suivi.id_personne is not null as a_dossier,
        suivi.est_propose_campagne,
        suivi.est_propose_annee_scolaire,
        suivi.est_non_favorable
    from {{ ref('int_eligibilites') }} as eligibilites
    inner join {{ ref('int_personnes_ase') }} as personnes on eligibilites.id_population = personnes.id_population
    left join {{ ref('int_suivi_mentorat') }} as suivi on personnes.id_personne = suivi.id_personne
    where eligibilites.est_eligible
),

{% for periode in periodes -%}
{{ periode.repere }} as (
    select
        territoire,
        count(*) as eligibles_nb,
        sum(case when {{ periode.champ }} then 1 else 0 end) as proposes_nb,
        sum(case when id_personne is null or (a_dossier and {{ periode.champ }} is null) then 1 else 0 end)
            as manquants_nb,
        sum(case when est_non_favorable then 1 else 0 end) as non_favorables_nb
    from eligibles
    where repere = '{{ periode.repere }}'
    group by territoire
),

base_{{ periode.repere }} as (
    select
        couverture.territoire,
        couverture.statut_propositions,
        couverture.statut_evaluations,
        coalesce(lies.eligibles_nb, 0) as eligibles_nb,
        coalesce(lies.proposes_nb, 0) as proposes_nb,
        coalesce(lies.manquants_nb, 0) as manquants_nb,
        coalesce(lies.non_favorables_nb, 0) as non_favorables_nb
    from {{ ref('int_couverture') }} as couverture
    left join {{ periode.repere }} as lies on couverture.territoire = lies.territoire
),

{% endfor -%}
entrants as (
    select
        entrants.territoire,
        count(*) as entrants_nb,
        sum(case when suivi.est_propose then 1 else 0 end) as proposes_nb,
        sum(
            case
                when personnes.id_personne is null then 1
                when suivi.id_personne is not null and suivi.est_propose is null then 1
                else 0
            end
        ) as manquants_nb
    from {{ ref('int_entrants_college') }} as entrants
    inner join {{ ref('int_personnes_ase') }} as personnes on entrants.id_population = personnes.id_population
    left join {{ ref('int_suivi_mentorat') }} as suivi on personnes.id_personne = suivi.id_personne
    group by entrants.territoire
),

base_entrants as (
    select
        couverture.territoire,
        couverture.statut_propositions,
        coalesce(entrants.entrants_nb, 0) as entrants_nb,
        coalesce(entrants.proposes_nb, 0) as proposes_nb,
        coalesce(entrants.manquants_nb, 0) as manquants_nb
    from {{ ref('int_couverture') }} as couverture
    left join entrants on couverture.territoire = entrants.territoire
)

{% for periode in periodes -%}
{{ ligne_indicateur(
    'A3', 'statut_propositions', 'proposes_nb', base='base_' ~ periode.repere, manquants='manquants_nb',
    periode=periode.libelle
) }}
union all
{{ ligne_indicateur(
    'A3', 'statut_propositions', 'proposes_nb', base='base_' ~ periode.repere, denominateur='eligibles_nb',
    mesure='part', unite='part', manquants='manquants_nb', periode=periode.libelle
) }}
union all
{% endfor -%}
{{ ligne_indicateur('A3E', 'statut_propositions', 'proposes_nb', base='base_entrants', manquants='manquants_nb') }}
union all
{{ ligne_indicateur(
    'A3E', 'statut_propositions', 'proposes_nb', base='base_entrants', denominateur='entrants_nb', mesure='part',
    unite='part', manquants='manquants_nb'
) }}
union all
{{ ligne_indicateur('A3D', 'statut_evaluations', 'non_favorables_nb', base='base_fin_campagne') }}
