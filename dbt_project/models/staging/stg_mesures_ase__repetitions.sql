-- S1 events that may have come twice: same number, type and date, in another campagne or from another sender. Found on
-- a number first, for a pseudonym is long and events are many: two events that share one are compared for nothing.
{{ config(materialized='table') }}

{% set cle = empreinte(['lignes.numanonym', 'lignes.typev', jour_olinpe('lignes')]) -%}

with repetees as (
    select {{ cle }} as cle
    from {{ source('brut', 'mesures_ase') }} as lignes
    where lignes.campagne <= {{ var('campagne') }}
    group by {{ cle }}
    having min(lignes.campagne) <> max(lignes.campagne) or min(lignes.depose_par) <> max(lignes.depose_par)
)

select distinct
    lignes.numanonym,
    lignes.typev,
    {{ jour_olinpe('lignes') }} as jour
from {{ source('brut', 'mesures_ase') }} as lignes
inner join repetees on {{ cle }} = repetees.cle
where lignes.campagne <= {{ var('campagne') }}
