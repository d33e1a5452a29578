-- S1 events of every campagne up to this one, on the young person they concern, with what the codes mean.
-- Event date: the end for an end, else the start, else the decision. Two spellings of one young person may hold the
-- same event: it counts once.
with evenements as (
    select
        identites.id_population,
        evenements.territoire,
        evenements.typev,
        evenements.sexe,
        evenements.annee_naissance,
        evenements.mois_naissance,
        evenements.nivsco,
        evenements.handicap,
        evenements.mina,
        evenements.datdeb,
        evenements.datdecpe,
        evenements.datfin,
        evenements.campagne,
        evenements.lieuacc,
        evenements.lieuplac,
        coalesce(evenements.decision, case when evenements.natdecassed is null then '1' else '2' end) as decision,
        coalesce(evenements.natpdecadm, evenements.natdecassed) as nature,
        coalesce(evenements.typinterdom, evenements.typdecjud) as intervention,
        coalesce(
            case when evenements.typev = '3' then evenements.datfin end, evenements.datdeb, evenements.datdecpe
        ) as date_evenement
    from {{ ref('stg_mesures_ase__evenements') }} as evenements
    inner join {{ ref('int_identites_ase') }} as identites on evenements.numanonym = identites.numanonym
),

uniques as (
    select
        *,
        row_number() over (
            partition by id_population, territoire, typev, decision, nature, intervention, datdeb, datfin
            order by
                campagne desc,
                nivsco asc,
                lieuacc asc,
                lieuplac asc,
                annee_naissance asc,
                mois_naissance asc,
                sexe asc,
                handicap asc,
                mina asc
        ) as exemplaire
    from evenements
),

types as (
    select
        uniques.*,
        lieux.type_accueil,
        coalesce(uniques.lieuacc, uniques.lieuplac) as lieu
    from uniques
    left join {{ ref('lieux_olinpe') }} as lieux
        on
            lieux.variable = case when uniques.decision = '1' then 'LIEUACC' else 'LIEUPLAC' end
            and lieux.code = case when uniques.decision = '1' then uniques.lieuacc else uniques.lieuplac end
    where uniques.exemplaire = 1
)

select
    id_population,
    territoire,
    typev,
    decision,
    nature,
    intervention,
    datdeb,
    datdecpe,
    datfin,
    date_evenement,
    campagne,
    sexe,
    annee_naissance,
    mois_naissance,
    nivsco,
    handicap,
    mina,
    lieu,
    type_accueil,
    -- Expertise, investigation and help with the family budget are not care.
    not(decision = '2' and coalesce(nature, '') in ('11', '14', '19')) as est_en_charge,
    coalesce((decision = '1' and nature in ('20', '21')) or (decision = '2' and nature = '24'), false)
        as est_jeune_majeur,
    coalesce(decision = '2' and nature = '18', false) as est_placement_direct,
    -- An order of the person's events; on one day an opening comes after an end (a renewal sends 3, then 2).
    row_number() over (
        partition by id_population
        order by
            date_evenement nulls first, case when typev = '3' then 0 else 1 end, campagne, territoire, decision,
            nature, intervention, datdeb, datfin
    ) as rang_evenement
from types
