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
)

{% for periode in periodes -%}
{{ compte(
    'A3', 'proposes_nb', base=periode.repere, denominateur='eligibles_nb', manquants='manquants_nb',
    periode=periode.libelle
) }}
union all
{% endfor -%}
{{ compte('A3E', 'proposes_nb', base='entrants', denominateur='entrants_nb', manquants='manquants_nb') }}
union all
{{ compte('A3D', 'non_favorables_nb', base='fin_campagne') }}
