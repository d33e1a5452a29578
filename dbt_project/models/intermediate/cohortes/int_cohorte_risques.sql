-- Days on which a young person could begin a first pair, and be compared with those who do: eligible, in care, linked,
-- in a territory whose pairs are known, and without a pair so far. Mentored later, he or she is here until that day.
-- `fin` is the last day at risk; `evenement` what happens then: the first day of a pair, a parrainage, the end of
-- eligibility or of the campagne, or another status the day after.
with suivis as (
    select
        eligibles.id_population,
        eligibles.id_personne,
        eligibles.territoire,
        eligibles.debut,
        eligibles.fin as fin_eligibilite,
        premiers.premier_mentorat,
        least(premiers.premier_mentorat, premiers.premier_parrainage) as premier_lien,
        premiers.est_autre_origine,
        premiers.est_avant_age_minimum
    from {{ ref('int_cohorte_eligibles') }} as eligibles
    left join {{ ref('int_cohorte_premiers_binomes') }} as premiers on eligibles.id_personne = premiers.id_personne
    where
        eligibles.id_personne is not null
        and eligibles.est_suivi_mentorat
        and not coalesce(premiers.est_mentorat_sans_date or premiers.est_parrainage_sans_date, false)
),

a_risque as (
    select
        id_population,
        id_personne,
        territoire,
        debut,
        least(fin_eligibilite, premier_lien) as fin,
        case
            when premier_lien is null or premier_lien > fin_eligibilite
                then case when fin_eligibilite < {{ jour('12-31') }} then 'fin_eligibilite' else 'fin_campagne' end
            when premier_mentorat is null or premier_mentorat > premier_lien then 'parrainage'
            when est_autre_origine then 'binome_autre_origine'
            when est_avant_age_minimum then 'binome_avant_11_ans'
            else 'binome'
        end as evenement
    from suivis
    where premier_lien is null or premier_lien >= debut
),

par_statut as (
    select
        a_risque.id_population,
        a_risque.territoire,
        a_risque.evenement,
        a_risque.fin as fin_risque,
        coalesce(statuts.statut, 'eligibles_non_mentores') as statut,
        greatest(a_risque.debut, statuts.debut) as debut,
        least(a_risque.fin, statuts.fin) as fin
    from a_risque
    left join {{ ref('int_cohorte_statuts') }} as statuts
        on
            a_risque.id_personne = statuts.id_personne
            and a_risque.fin >= statuts.debut
            and a_risque.debut <= coalesce(statuts.fin, date '2999-12-31')
)

select
    id_population,
    territoire,
    statut,
    debut,
    fin,
    case when fin = fin_risque then evenement else 'changement_statut' end as evenement,
    coalesce(fin = fin_risque and evenement not in ('fin_eligibilite', 'fin_campagne'), false)
        as est_debut_accompagnement
from par_statut
