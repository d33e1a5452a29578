-- Mentoring pairs of an association in a territory: launched in the year, and days of running pairs within it. A pair
-- without start, or left open by an older file, has no known days: it is counted apart.
with binomes as (
    select
        territoire,
        association,
        est_lance_campagne,
        date_debut is null or (date_fin is null and campagne_source < {{ var('campagne') }}) as est_sans_duree,
        greatest(date_debut, {{ jour('01-01') }}) as premier,
        least(coalesce(date_fin, {{ jour('12-31') }}), {{ jour('12-31') }}) as dernier
    from {{ ref('int_binomes') }}
    where nature = 'mentorat' and association is not null and territoire is not null
),

codes as (
    select
        codes.code,
        codes.niveau,
        binomes.*
    from binomes
    inner join {{ ref('int_codes_territoires') }} as codes on binomes.territoire = codes.territoire
)

select
    code,
    association,
    cast(sum(case when est_lance_campagne then 1 else 0 end) as bigint) as lances_nb,
    cast(sum(
        case when not est_sans_duree and premier <= dernier then {{ jours_entre('premier', 'dernier') }} + 1 else 0 end
    ) as bigint) as jours_nb,
    cast(sum(case when est_sans_duree then 1 else 0 end) as bigint) as sans_duree_nb
from codes
group by code, association
