-- S1 events of every campagne up to this one, on the young person they concern, with what the codes mean.
-- Event date: the end for an end, else the start, else the decision. Two spellings of one young person may hold the
-- same event: it counts once (only those with several numbers are compared).
-- The events are written twice below rather than named once: DuckDB first keeps in memory, wide as it is, a `with` that
-- is read twice.
{% set evenements -%}
    select
        identites.id_population,
        identites.a_plusieurs_numeros,
        evenements.territoire,
        evenements.typev,
        evenements.sexe,
        evenements.annee_naissance,
        evenements.mois_naissance,
        evenements.nivsco,
        evenements.freqsco,
        evenements.handicap,
        evenements.mina,
        evenements.interant,
        evenements.chglieu,
        evenements.motfinint,
        evenements.motifml,
        evenements.diplome,
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
{%- endset -%}

with uniques as (
    select
        *,
        row_number() over (
            partition by id_population, territoire, typev, decision, nature, intervention, datdeb, datfin
            order by
                campagne desc,
                nivsco asc nulls last,
                freqsco asc nulls last,
                lieuacc asc nulls last,
                lieuplac asc nulls last,
                annee_naissance asc nulls last,
                mois_naissance asc nulls last,
                sexe asc nulls last,
                handicap asc nulls last,
                mina asc nulls last,
                chglieu asc nulls last,
                motfinint asc nulls last,
                motifml asc nulls last,
                diplome asc nulls last,
                interant asc nulls last
        ) as exemplaire
    from (
        {{ evenements }}
        where identites.a_plusieurs_numeros
    ) as repetables
    union all
    select
        *,
        1 as exemplaire
    from (
        {{ evenements }}
        where not identites.a_plusieurs_numeros
    ) as seuls
),

-- The place is told in the variable of the decision; in the other one when a software mixed them up.
lieux as (
    select
        *,
        case
            when decision = '1' and lieuacc is not null then 'LIEUACC'
            when lieuplac is not null then 'LIEUPLAC'
            when lieuacc is not null then 'LIEUACC'
        end as variable_lieu
    from uniques
    where exemplaire = 1
),

types as (
    select
        lieux.*,
        olinpe.type_accueil,
        case lieux.variable_lieu when 'LIEUACC' then lieux.lieuacc when 'LIEUPLAC' then lieux.lieuplac end as lieu,
        -- An order of the person's events; on one day an opening comes after an end (a renewal sends 3, then 2).
        row_number() over (
            partition by lieux.id_population
            order by
                lieux.date_evenement asc nulls first,
                case when lieux.typev = '3' then 0 else 1 end asc,
                lieux.campagne asc,
                lieux.territoire asc,
                lieux.decision asc,
                lieux.nature asc nulls first,
                lieux.intervention asc nulls first,
                lieux.datdeb asc nulls first,
                lieux.typev asc,
                lieux.datfin asc nulls first
        ) as rang_evenement
    from lieux
    left join {{ ref('lieux_olinpe') }} as olinpe
        on
            lieux.variable_lieu = olinpe.variable
            and case lieux.variable_lieu when 'LIEUACC' then lieux.lieuacc else lieux.lieuplac end = olinpe.code
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
    freqsco,
    handicap,
    mina,
    interant,
    chglieu,
    diplome,
    lieu,
    variable_lieu,
    type_accueil,
    coalesce(lieu = '99', false) as est_lieu_inconnu,
    -- Rare endings (adoption, emancipation, death) are told together: one of them would name a child.
    case
        when typev <> '3' then null
        when motfinint = '1' then 'echeance'
        when motfinint = '2' and motifml = '15' then 'majorite'
        when motfinint = '2' and motifml in ('12', '13') then 'demenagement'
        when motfinint = '2' and motifml in ('14', '16', '18') then 'autre'
        when motfinint = '2' then 'mainlevee'
        when motfinint = '3' then 'transfert'
        else 'inconnu'
    end as motif_fin,
    -- Expertise, investigation and help with the family budget are not care.
    not(decision = '2' and coalesce(nature, '') in ('11', '14', '19')) as est_en_charge,
    coalesce((decision = '1' and nature in ('20', '21')) or (decision = '2' and nature = '24'), false)
        as est_jeune_majeur,
    coalesce(decision = '2' and nature = '18', false) as est_placement_direct,
    rang_evenement
from types
