-- One row a young person eligible one day at least of the campagne: group, index date, and covariates known strictly
-- before the index date. Descriptive: a mentoré of the year is not among its comparators before the pair; effects read
-- `reperes_duree` or `risques`, where he or she is.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    groupes.id_population,
    groupes.id_personne,
    groupes.territoire,
    groupes.groupe,
    groupes.date_index,
    groupes.origine_index,
    groupes.est_parrainage_avant as parrainage_avant,
    population.sortant,
    {{ colonnes_covariables('groupes.date_index') }}
from {{ ref('int_cohorte_groupes') }} as groupes
inner join {{ ref('int_personnes_ase') }} as personnes on groupes.id_population = personnes.id_population
inner join {{ ref('population') }} as population on groupes.id_population = population.id_population
inner join {{ ref('int_couverture') }} as couverture on groupes.territoire = couverture.territoire
inner join {{ ref('int_cohorte_covariables') }} as covariables
    on groupes.id_population = covariables.id_population and groupes.date_index = covariables.date_reference
