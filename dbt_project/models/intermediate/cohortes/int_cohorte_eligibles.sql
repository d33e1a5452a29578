-- Who is eligible on which day, where the denominator can be counted: without it, a flow is not the population. Days
-- go back to the first one looked at: of a landmark of the campagne, or of the observation (risk sets).
with premier_jour as (
    select min(jour) as jour
    from (
        select premier_debut as jour
        from {{ ref('int_cohorte_reperes') }}
        union all
        select debut_observation as jour
        from {{ ref('int_observation') }}
    ) as jours
),

periodes as (
    select
        periodes.id_population,
        personnes.id_personne,
        periodes.territoire,
        territoires.region,
        couverture.statut_binomes = 'calcule' as est_suivi_mentorat,
        periodes.debut,
        least(coalesce(periodes.fin, {{ jour('12-31') }}), {{ jour('12-31') }}) as fin
    from {{ ref('int_eligibilite_periodes') }} as periodes
    inner join {{ ref('int_personnes_ase') }} as personnes on periodes.id_population = personnes.id_population
    inner join {{ ref('int_couverture') }} as couverture on periodes.territoire = couverture.territoire
    inner join {{ ref('int_territoires') }} as territoires on periodes.territoire = territoires.territoire
    where periodes.debut <= {{ jour('12-31') }} and couverture.statut_eligibles = 'calcule'
),

recentes as (
    select
        periodes.*,
        case
            when
                lag({{ plus_jours('periodes.fin', 1) }}) over (
                    partition by periodes.id_population
                    order by periodes.debut
                ) = periodes.debut then 0
            else 1
        end as est_nouveau_sejour
    from periodes
    cross join premier_jour
    where periodes.fin >= premier_jour.jour
),

numerotees as (
    select
        *,
        sum(est_nouveau_sejour) over (
            partition by id_population
            order by debut
            rows between unbounded preceding and current row
        ) as sejour
    from recentes
)

-- Eligible from one territory to the next without a day between: one stay, which ends with the last of them.
select
    id_population,
    id_personne,
    territoire,
    region,
    est_suivi_mentorat,
    debut,
    fin,
    max(fin) over (partition by id_population, sejour) as fin_sejour
from numerotees
