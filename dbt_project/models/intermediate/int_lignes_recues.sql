-- Rows stored for each territory and source in the campagne. S3 comes from associations for any territory; the other
-- sources count when the collectivité in charge sent them.
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
)

select
    lignes.territoire,
    lignes.source,
    count(*) as lignes_nb
from lignes
inner join {{ ref('int_territoires') }} as territoires on lignes.territoire = territoires.territoire
where lignes.source = 'binomes' or lignes.depose_par = territoires.emetteur
group by lignes.territoire, lignes.source
