-- The 102 territories valid at 31 December, each with its collectivité and the sender in charge.
select
    territoires.territoire,
    territoires.departement,
    territoires.collectivite,
    departements.region,
    emetteurs.emetteur,
    count(*) over (partition by territoires.collectivite) as territoires_nb
from {{ ref('territoires') }} as territoires
left join {{ ref('departements') }} as departements on territoires.departement = departements.departement
left join {{ ref('emetteurs') }} as emetteurs
    on territoires.collectivite = emetteurs.code and emetteurs.type = 'collectivite'
where {{ couvre('territoires.valable_du', 'territoires.valable_au', jour('12-31')) }}
