-- Every eligible young person in one group, and one only, with the index date of the descriptive cohort: the first day
-- of the first mentoring pair for mentored young people, 31 December for the others.
-- A young person with any pair is not a comparator; parrainage, pairs of other origin, pairs begun under 11 and
-- refusals stand apart.
with binomes as (
    select
        id_personne,
        min(case when nature = 'mentorat' then date_debut end) as premier_debut,
        min_by(
            case when {{ age_au('date_naissance', 'date_debut') }} < 11 then 1 else 0 end,
            case when nature = 'mentorat' then date_debut end
        ) = 1 as est_avant_11_ans,
        max(case when nature = 'mentorat' and est_de_l_annee then 1 else 0 end) = 1 as a_mentorat_de_l_annee,
        max(case when nature = 'mentorat' then 1 else 0 end) = 1 as a_mentorat,
        max(case when nature = 'mentorat' and voie = 'milieu_scolaire' then 1 else 0 end) = 1 as est_autre_origine,
        max(case when nature = 'parrainage' then 1 else 0 end) = 1 as a_parrainage
    from (
        select
            *,
            coalesce(
                date_debut <= {{ jour('12-31') }} and (date_fin is null or date_fin >= {{ jour('01-01') }}),
                est_actif_fin_campagne
            ) as est_de_l_annee
        from {{ ref('int_binomes') }}
        where date_debut is null or date_debut <= {{ jour('12-31') }}
    ) as tous
    group by id_personne
),

eligibles as (
    select
        eligibilites.id_population,
        eligibilites.territoire,
        personnes.id_personne,
        couverture.statut_binomes,
        binomes.premier_debut,
        case
            when personnes.id_personne is null then 'non_rapprochables'
            when couverture.statut_binomes <> 'calcule' then 'sans_donnees_mentorat'
            when binomes.est_autre_origine then 'binome_autre_origine'
            when binomes.est_avant_11_ans then 'binome_avant_11_ans'
            when binomes.a_mentorat and binomes.premier_debut is null then 'binome_sans_date'
            when binomes.a_mentorat_de_l_annee then 'mentores'
            when binomes.a_mentorat then 'mentorat_termine_avant'
            when binomes.a_parrainage then 'parrainage_seul'
            when suivi.est_en_attente_mentor then 'acceptants_en_attente'
            when suivi.est_refus then 'refus'
            else 'eligibles_non_mentores'
        end as groupe
    from {{ ref('int_eligibilites') }} as eligibilites
    inner join {{ ref('int_personnes_ase') }} as personnes on eligibilites.id_population = personnes.id_population
    inner join {{ ref('int_couverture') }} as couverture on eligibilites.territoire = couverture.territoire
    left join binomes on personnes.id_personne = binomes.id_personne
    left join {{ ref('int_suivi_mentorat') }} as suivi on personnes.id_personne = suivi.id_personne
    where
        eligibilites.repere = 'fin_campagne'
        and eligibilites.est_eligible
        -- no denominator, no cohort: a flow without its stock is not the population
        and couverture.statut_eligibles = 'calcule'
)

select
    id_population,
    id_personne,
    territoire,
    groupe,
    case when groupe = 'mentores' then premier_debut else {{ jour('12-31') }} end as date_index
from eligibles
