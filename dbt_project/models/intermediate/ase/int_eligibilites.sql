-- Eligibility of every young person in care at 31 December and, for school years, at 31 August.
-- Eligible: birth year known, under 18, and 11 or over or already at collège or beyond (NIVSCO 410 to 770).
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
    repere,
    id_population,
    territoire,
    type_accueil_regroupe,
    age,
    coalesce(age < 18 and (age >= 11 or niveau between 410 and 770), false) as est_eligible,
    coalesce(est_jeune_majeur and age between 18 and 20, false) as est_jeune_majeur_eligible,
    coalesce(age between 11 and 17, false) as est_11_17
from situations
