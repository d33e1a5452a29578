-- A2 evaluation: A2a entrants au collège evaluated by 1 September, A2b eligible minors evaluated in the year.
-- Missing: young people who cannot be looked up in S2, or evaluated on an unknown date.
with entrants as (
    select
        entrants.territoire,
        count(*) as entrants_nb,
        sum(case when suivi.est_evalue_avant_rentree then 1 else 0 end) as evalues_nb,
        sum(
            case
                when personnes.id_personne is null then 1
                when suivi.id_personne is not null and suivi.est_evalue_avant_rentree is null then 1
                else 0
            end
        ) as manquants_nb
    from {{ ref('int_entrants_college') }} as entrants
    inner join {{ ref('int_personnes_ase') }} as personnes on entrants.id_population = personnes.id_population
    left join {{ ref('int_suivi_mentorat') }} as suivi on personnes.id_personne = suivi.id_personne
    group by entrants.territoire
),

eligibles as (
    select
        eligibilites.territoire,
        count(*) as eligibles_nb,
        sum(case when suivi.est_evalue_12_mois then 1 else 0 end) as evalues_nb,
        sum(
            case
                when personnes.id_personne is null then 1
                when suivi.id_personne is not null and suivi.est_evalue_12_mois is null then 1
                else 0
            end
        ) as manquants_nb
    from {{ ref('int_eligibilites') }} as eligibilites
    inner join {{ ref('int_personnes_ase') }} as personnes on eligibilites.id_population = personnes.id_population
    left join {{ ref('int_suivi_mentorat') }} as suivi on personnes.id_personne = suivi.id_personne
    where eligibilites.repere = 'fin_campagne' and eligibilites.est_eligible
    group by eligibilites.territoire
),

base as (
    select
        couverture.territoire,
        couverture.statut_evaluations,
        coalesce(entrants.entrants_nb, 0) as entrants_nb,
        coalesce(entrants.evalues_nb, 0) as entrants_evalues_nb,
        coalesce(entrants.manquants_nb, 0) as entrants_manquants_nb,
        coalesce(eligibles.eligibles_nb, 0) as eligibles_nb,
        coalesce(eligibles.evalues_nb, 0) as evalues_nb,
        coalesce(eligibles.manquants_nb, 0) as manquants_nb
    from {{ ref('int_couverture') }} as couverture
    left join entrants on couverture.territoire = entrants.territoire
    left join eligibles on couverture.territoire = eligibles.territoire
)

{{ ligne_indicateur('A2a', 'statut_evaluations', 'entrants_evalues_nb', manquants='entrants_manquants_nb') }}
union all
{{ ligne_indicateur(
    'A2a', 'statut_evaluations', 'entrants_evalues_nb', denominateur='entrants_nb', mesure='part', unite='part',
    manquants='entrants_manquants_nb'
) }}
union all
{{ ligne_indicateur('A2b', 'statut_evaluations', 'evalues_nb', manquants='manquants_nb') }}
union all
{{ ligne_indicateur(
    'A2b', 'statut_evaluations', 'evalues_nb', denominateur='eligibles_nb', mesure='part', unite='part',
    manquants='manquants_nb'
) }}
