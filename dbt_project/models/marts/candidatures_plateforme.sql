-- What the rule ARM looks at. The replay is sequential (each attribution depends on those before it): Python does it,
-- see docs/decisions/0009.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    id_demande,
    association,
    est_attribuee,
    est_au_registre,
    ouverte_demandes,
    objectif_aap
from {{ ref('int_candidatures') }}
