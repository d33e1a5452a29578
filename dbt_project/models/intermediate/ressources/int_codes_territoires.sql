-- Codes a row may be told under: the 102 territories, and the collectivités of several territories for what is told of
-- all of them at once (a convention of Corsica as a whole).
select
    territoire as code,
    'departement' as niveau,
    territoire,
    collectivite,
    emetteur
from {{ ref('int_territoires') }}
union all
select
    collectivite as code,
    'collectivite' as niveau,
    territoire,
    collectivite,
    emetteur
from {{ ref('int_territoires') }}
where territoires_nb > 1
