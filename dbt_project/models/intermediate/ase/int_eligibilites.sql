-- Eligibility of every young person in care at 31 December and, for school years, at 31 August.
-- Eligible: birth year known, under age, and old enough or already at collège or beyond (NIVSCO 410 to 770).
with situations as (
    select
        situations.repere,
        situations.id_population,
        situations.territoire,
        situations.type_accueil_regroupe,
        situations.est_jeune_majeur,
        {{ age_au('personnes.date_naissance', 'situations.date_repere') }} as age,
        cast(
            case situations.repere
                when 'fin_campagne' then scolarite.nivsco
                else scolarite.nivsco_fin_annee_scolaire
            end as integer
        ) as niveau
    from {{ ref('int_situations') }} as situations
    inner join {{ ref('int_personnes_ase') }} as personnes on situations.id_population = personnes.id_population
    left join {{ ref('int_scolarite') }} as scolarite on situations.id_population = scolarite.id_population
    where situations.repere in ('fin_campagne', 'fin_annee_scolaire')
)

select
    situations.repere,
    situations.id_population,
    situations.territoire,
    situations.type_accueil_regroupe,
    situations.age,
    coalesce(
        situations.age < parametres.age_majorite
        and (situations.age >= parametres.age_minimum or situations.niveau between 410 and 770),
        false
    ) as est_eligible,
    coalesce(
        situations.est_jeune_majeur
        and situations.age >= parametres.age_majorite
        and situations.age < parametres.age_maximum,
        false
    ) as est_jeune_majeur_eligible,
    coalesce(
        situations.age >= parametres.age_minimum and situations.age < parametres.age_majorite, false
    ) as est_11_17
from situations
cross join {{ ref('int_parametres') }} as parametres
