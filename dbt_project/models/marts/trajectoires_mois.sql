-- Young person × month states, told as runs: one row a young person and a stretch of months in the same state. The
-- state of a month is the one that holds on its last day: the place (grouped), jeune_majeur under young-adult care,
-- sorti when out of care. Months go from the first one in care, not before January of the first campagne received for
-- the territory, to December of the campagne. Months are counted from year 0 (12 × year + month - 1): none is expanded.
with fenetres as (
    select
        territoire,
        premiere_campagne
    from {{ ref('int_initialisations') }}
),

-- Nobody is followed before the first campagne of all: what ended earlier is left out at once.
ouverture as (
    select make_date(cast(coalesce(min(premiere_campagne), {{ var('campagne') }}) as integer), 1, 1) as jour
    from fenetres
),

etats as (
    select
        etats.id_population,
        etats.territoire,
        etats.debut,
        case when etats.est_jeune_majeur then 'jeune_majeur' else etats.type_accueil_regroupe end as etat,
        coalesce(fenetres.premiere_campagne, {{ var('campagne') }}) * 12 as mois_ouverture,
        -- A stretch covers the last day of the month it begins in, and of its last month when it ends on that day.
        cast(extract(year from etats.debut) * 12 + extract(month from etats.debut) - 1 as bigint) as mois_debut,
        case
            when etats.fin is null or etats.fin >= {{ jour('12-31') }} then {{ var('campagne') }} * 12 + 11
            else
                cast(
                    extract(year from {{ plus_jours('etats.fin', 1) }}) * 12
                    + extract(month from {{ plus_jours('etats.fin', 1) }}) - 2 as bigint
                )
        end as mois_fin,
        case
            when etats.fin is null or etats.fin >= {{ jour('12-31') }} then {{ var('campagne') }} * 12 + 11
            else cast(extract(year from etats.fin) * 12 + extract(month from etats.fin) - 1 as bigint)
        end as mois_dernier_jour
    from {{ ref('int_etats') }} as etats
    cross join ouverture
    left join fenetres on etats.territoire = fenetres.territoire
    where etats.fin is null or etats.fin >= ouverture.jour
),

-- The window of the territory where the young person stands last; those out of care before it are not followed.
personnes as (
    select
        id_population,
        max_by(territoire, debut) as territoire,
        max_by(mois_ouverture, debut) as mois_ouverture
    from etats
    group by id_population
),

suivis as (
    select
        etats.id_population,
        personnes.territoire,
        personnes.mois_ouverture,
        etats.etat,
        greatest(etats.mois_debut, personnes.mois_ouverture) as mois_debut,
        etats.mois_fin
    from etats
    inner join personnes on etats.id_population = personnes.id_population
    where etats.mois_dernier_jour >= personnes.mois_ouverture
),

-- The month of the first day, without length: whoever is in care within a month only is followed as out from it.
premiers as (
    select
        id_population,
        territoire,
        mois_ouverture,
        min(mois_debut) as mois_debut
    from suivis
    group by id_population, territoire, mois_ouverture
),

presences as (
    select
        id_population,
        territoire,
        mois_ouverture,
        etat,
        mois_debut,
        mois_fin
    from suivis
    where mois_debut <= mois_fin
    union all
    select
        id_population,
        territoire,
        mois_ouverture,
        'sorti' as etat,
        mois_debut,
        mois_debut - 1 as mois_fin
    from premiers
),

suivantes as (
    select
        *,
        lead(mois_debut) over (partition by id_population order by mois_debut, mois_fin) as mois_suivant
    from presences
),

complets as (
    select
        id_population,
        territoire,
        mois_ouverture,
        etat,
        mois_debut,
        mois_fin
    from suivantes
    where mois_debut <= mois_fin
    union all
    -- Out of care: between two stays, and from the last one to December.
    select
        id_population,
        territoire,
        mois_ouverture,
        'sorti' as etat,
        mois_fin + 1 as mois_debut,
        coalesce(mois_suivant - 1, {{ var('campagne') }} * 12 + 11) as mois_fin
    from suivantes
    where mois_fin + 1 <= coalesce(mois_suivant - 1, {{ var('campagne') }} * 12 + 11)
),

precedents as (
    select
        *,
        lag(etat) over (partition by id_population order by mois_debut) as etat_precedent
    from complets
),

-- Months follow each other without a gap: a run ends where the next one begins, the last one in December.
suites as (
    select
        id_population,
        territoire,
        mois_ouverture,
        etat,
        mois_debut,
        row_number() over (partition by id_population order by mois_debut) as rang,
        coalesce(
            lead(mois_debut) over (partition by id_population order by mois_debut) - 1,
            {{ var('campagne') }} * 12 + 11
        ) as mois_fin
    from precedents
    where etat_precedent is null or etat_precedent <> etat
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    id_population,
    territoire,
    cast(rang as bigint) as rang,
    etat,
    make_date(cast(floor(mois_debut / 12) as integer), cast(mois_debut % 12 + 1 as integer), 1) as mois_debut,
    make_date(cast(floor(mois_fin / 12) as integer), cast(mois_fin % 12 + 1 as integer), 1) as mois_fin,
    cast(mois_fin - mois_debut + 1 as bigint) as mois_nb,
    make_date(cast(floor(mois_ouverture / 12) as integer), 1, 1) as debut_observation
from suites
