-- Who is eligible on which day, where the denominator can be counted: without it, a flow is not the population.
-- One territory a day: when two tell the same young person, the one he or she was in first goes on.
with periodes as (
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

precedentes as (
    select
        *,
        max(fin) over (
            partition by id_population
            order by debut, fin, territoire
            rows between unbounded preceding and 1 preceding
        ) as fin_precedente
    from periodes
),

disjointes as (
    select
        id_population,
        id_personne,
        territoire,
        region,
        est_suivi_mentorat,
        greatest(debut, {{ plus_jours('fin_precedente', 1) }}) as debut,
        fin,
        case when {{ plus_jours('fin_precedente', 1) }} >= debut then 0 else 1 end as est_nouveau_sejour
    from precedentes
    where
        (fin_precedente is null or fin > fin_precedente)
        and fin >= (
            select min(premier_debut)
            from {{ ref('int_cohorte_reperes') }}
        )
),

sejours as (
    select
        *,
        sum(est_nouveau_sejour) over (partition by id_population order by debut rows unbounded preceding) as sejour
    from disjointes
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
from sejours
