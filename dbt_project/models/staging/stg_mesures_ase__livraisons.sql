-- S1 deliveries, one row a territory and campagne: openings received, and those dated before the year of the delivery.
-- Read from the raw rows: a later campagne that repeats an event must not change what the first delivery held.
select
    numdep as territoire,
    campagne,
    count(*) as evenements_nb,
    sum(case when typev in ('1', '2') then 1 else 0 end) as ouvertures_nb,
    sum(
        case
            when
                typev in ('1', '2')
                and extract(year from coalesce(datdeb, datdecpe)) < campagne
                and extract(year from coalesce(datdecpe, datdeb)) < campagne
                then 1
            else 0
        end
    ) as ouvertures_anterieures_nb
from {{ source('brut', 'mesures_ase') }}
where campagne <= {{ var('campagne') }}
group by numdep, campagne
