-- A1, one row an eligible young person at 31 December, with the steps known of S2 and the pair.
select
    population.campagne,
    population.id_population,
    population.id_personne,
    population.territoire,
    population.sexe,
    {{ tranche_age('population.age_31_12') }} as tranche_age,
    population.type_accueil_regroupe,
    -- Not linked: unknown. Linked without a file of S2: nothing was done.
    case
        when not population.rapprochable then null
        when suivi.id_personne is null then false
        else suivi.est_evalue_12_mois
    end as evalue_12_mois,
    case
        when not population.rapprochable then null
        when suivi.id_personne is null then false
        else suivi.est_propose_campagne
    end as propose,
    accompagnes.id_personne is not null as mentore_31_12
from {{ ref('population') }} as population
inner join {{ ref('int_eligibilites') }} as eligibilites
    on population.id_population = eligibilites.id_population and eligibilites.repere = 'fin_campagne'
left join {{ ref('int_suivi_mentorat') }} as suivi on population.id_personne = suivi.id_personne
left join {{ ref('int_accompagnes') }} as accompagnes on population.id_personne = accompagnes.id_personne
where eligibilites.est_eligible
