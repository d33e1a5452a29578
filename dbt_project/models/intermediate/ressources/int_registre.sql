-- S13 as the file of the campagne tells it, one row an association and territory at 31 December. The registry is sent
-- whole each year: a row that only an older file holds is no longer in it. Where two rows of an association are valid
-- the same day, the later one counts.
with valables as (
    select
        *,
        row_number() over (partition by association order by valable_du desc) as rang
    from {{ ref('stg_associations__registre') }}
    where
        campagne = {{ var('campagne') }}
        and {{ couvre('valable_du', 'valable_au', jour('12-31')) }}
),

eclates as (
    select
        association,
        nature,
        publics,
        modalites,
        ouverte_demandes,
        objectif_aap,
        {{ eclate('territoires') }} as territoire
    from valables
    where rang = 1 and territoires is not null
)

select distinct
    association,
    territoire,
    nature,
    publics,
    modalites,
    ouverte_demandes,
    objectif_aap
from eclates
where territoire <> ''
