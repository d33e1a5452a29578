-- The associations that could take each demand, with the objective that the registry gave that day: what the rule of
-- attribution ARM looks at. Where two rows of the registry are valid that day, the later one counts.
with compatibles as (
    select
        id_demande,
        date_demande,
        association_attribuee,
        {{ eclate('associations_compatibles') }} as association
    from {{ ref('int_demandes') }}
    where associations_compatibles is not null
),

uniques as (
    select distinct
        id_demande,
        date_demande,
        association_attribuee,
        association
    from compatibles
    where association <> ''
),

datees as (
    select
        uniques.id_demande,
        uniques.association,
        uniques.association_attribuee is not null and uniques.association_attribuee = uniques.association
            as est_attribuee,
        registre.association is not null as est_au_registre,
        registre.ouverte_demandes,
        registre.objectif_aap,
        row_number() over (
            partition by uniques.id_demande, uniques.association
            order by registre.valable_du desc nulls last
        ) as rang
    from uniques
    left join {{ ref('stg_associations__registre') }} as registre
        on
            uniques.association = registre.association
            and registre.campagne = {{ var('campagne') }}
            and {{ couvre('registre.valable_du', 'registre.valable_au', 'uniques.date_demande') }}
)

select
    id_demande,
    association,
    est_attribuee,
    est_au_registre,
    ouverte_demandes,
    objectif_aap
from datees
where rang = 1
