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
)

{{ compte(
    'A2a', 'evalues_nb', base='entrants', denominateur='entrants_nb', manquants='manquants_nb'
) }}
union all
{{ compte('A2b', 'evalues_nb', base='eligibles', denominateur='eligibles_nb', manquants='manquants_nb') }}
