-- What was received for each territory and source: files and rows of the sender in charge, rows stored for the
-- territory (from any sender for S3), perimeter declared.
with sources as (
    select source
    from (
        values ('perimetre'), ('passage'), ('mesures_ase'), ('dossiers_mentorat'), ('binomes'), ('conventions')
    ) as liste (source)
    union
    select fichiers.source
    from {{ ref('stg_journal__fichiers') }} as fichiers
    inner join {{ ref('int_territoires') }} as territoires on fichiers.emetteur = territoires.emetteur
    where fichiers.source is not null
),

fichiers as (
    select
        emetteur,
        source,
        count(*) as fichiers_nb,
        sum(case when statut = 'refusee' then 1 else 0 end) as fichiers_refuses_nb,
        sum(lignes_recues) as lignes_recues,
        sum(lignes_acceptees) as lignes_acceptees,
        sum(lignes_ecartees) as lignes_ecartees,
        sum(doublons_exacts) as doublons_exacts
    from {{ ref('stg_journal__fichiers') }}
    where source is not null
    group by emetteur, source
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    territoires.territoire,
    territoires.collectivite,
    territoires.emetteur,
    sources.source,
    case
        when lignes.lignes_nb is not null then true
        -- counted by territory: a sender's file may hold no row of this one
        when sources.source in ('passage', 'mesures_ase', 'dossiers_mentorat', 'binomes', 'conventions') then false
        else coalesce(fichiers.lignes_acceptees > 0, false)
    end as recu,
    cast(coalesce(fichiers.fichiers_nb, 0) as bigint) as fichiers,
    cast(coalesce(fichiers.fichiers_refuses_nb, 0) as bigint) as fichiers_refuses,
    cast(fichiers.lignes_recues as bigint) as lignes_recues,
    cast(fichiers.lignes_acceptees as bigint) as lignes_acceptees,
    cast(fichiers.lignes_ecartees as bigint) as lignes_ecartees,
    cast(fichiers.doublons_exacts as bigint) as doublons_exacts,
    cast(coalesce(lignes.lignes_nb, 0) as bigint) as lignes_territoire,
    coalesce(perimetres.premiere_etape_exhaustive, 'lancement') as premiere_etape_exhaustive,
    coalesce(perimetres.exhaustif, 'partiel') as exhaustif,
    perimetres.publics_inclus,
    perimetres.statut_validation,
    case
        when sources.source = 'mesures_ase' then coalesce(couverture.est_stock_incomplet, false) else false
    end as stock_incomplet
from {{ ref('int_territoires') }} as territoires
cross join sources
inner join {{ ref('int_couverture') }} as couverture on territoires.territoire = couverture.territoire
left join fichiers on territoires.emetteur = fichiers.emetteur and sources.source = fichiers.source
left join {{ ref('int_lignes_recues') }} as lignes
    on territoires.territoire = lignes.territoire and sources.source = lignes.source
left join {{ ref('stg_perimetre__perimetres') }} as perimetres
    on territoires.emetteur = perimetres.emetteur and sources.source = perimetres.source
