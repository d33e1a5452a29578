-- Obstacles that structures cite, one row an answer and obstacle.
with cites as (
    select
        id_reponse,
        territoire,
        {{ eclate('freins') }} as frein
    from {{ ref('int_etats_des_lieux') }}
    where freins is not null
)

select distinct
    id_reponse,
    territoire,
    frein
from cites
where frein <> ''
