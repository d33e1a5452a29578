-- Entrants au collège: in care on 1 September with 6e at an event of 1 September-31 December, or CM2 at the last event
-- of 1 January-31 August; level unknown (or collège without the year): the age of the law (11) in the civil year.
select
    situations.id_population,
    situations.territoire,
    case
        when scolarite.est_sixieme_a_la_rentree then 'sixieme'
        when scolarite.est_cm2_avant_la_rentree then 'cm2'
        else 'age'
    end as motif_entree
from {{ ref('int_situations') }} as situations
inner join {{ ref('int_personnes_ase') }} as personnes on situations.id_population = personnes.id_population
left join {{ ref('int_scolarite') }} as scolarite on situations.id_population = scolarite.id_population
cross join {{ ref('int_parametres') }} as parametres
where
    situations.repere = 'rentree'
    and (
        scolarite.est_sixieme_a_la_rentree
        or scolarite.est_cm2_avant_la_rentree
        or (
            not coalesce(scolarite.est_niveau_connu, false)
            and {{ var('campagne') }} - personnes.annee_naissance = parametres.age_minimum
        )
    )
