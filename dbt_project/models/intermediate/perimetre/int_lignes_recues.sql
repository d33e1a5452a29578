-- Rows stored for each territory and source in the campagne. S3 comes from associations for any territory; the other
-- sources count when the collectivité in charge sent them. A collectivité of several territories may give its own code
-- (20, Corsica as a whole): such rows are told under it.
with lignes as (
    select
        territoire,
        depose_par,
        'mesures_ase' as source
    from {{ ref('stg_mesures_ase__evenements') }}
    where campagne = {{ var('campagne') }}
    union all
    select
        territoire,
        depose_par,
        'passage' as source
    from {{ ref('stg_passage__correspondances') }}
    where campagne = {{ var('campagne') }}
    union all
    select
        territoire,
        depose_par,
        'dossiers_mentorat' as source
    from {{ ref('stg_dossiers_mentorat__dossiers') }}
    where campagne = {{ var('campagne') }}
    union all
    select
        territoire,
        depose_par,
        'conventions' as source
    from {{ ref('stg_conventions__conventions') }}
    where campagne = {{ var('campagne') }}
    union all
    select
        territoire,
        depose_par,
        'binomes' as source
    from {{ ref('stg_binomes__binomes') }}
    where campagne = {{ var('campagne') }}
),

places as (
    select
        territoire,
        emetteur
    from {{ ref('int_territoires') }}
    union all
    select distinct
        collectivite as territoire,
        emetteur
    from {{ ref('int_territoires') }}
    where territoires_nb > 1
)

select
    lignes.territoire,
    lignes.source,
    count(*) as lignes_nb
from lignes
inner join places on lignes.territoire = places.territoire
where lignes.source = 'binomes' or lignes.depose_par = places.emetteur
group by lignes.territoire, lignes.source
