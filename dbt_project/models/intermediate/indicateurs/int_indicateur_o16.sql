-- O16 state of collection. O16a sources received over expected; O16b rows set aside over received; O16c cells filled
-- over cells that must be; O16d young people of S2 and S3 found in S1; O16e young people of S1 tied to the
-- programme's pseudonym; both by MNA, whose names and birth dates link less well. A sender of several territories
-- counts once, at the level of its collectivité.
with niveaux as (
    select distinct
        collectivite as code,
        case when territoires_nb > 1 then 'collectivite' else 'departement' end as niveau
    from {{ ref('int_territoires') }}
),

envois as (
    select
        coalesce(niveaux.niveau, 'association') as niveau,
        collectes.code,
        sum(case when collectes.est_attendue then 1 else 0 end) as attendues_nb,
        sum(case when collectes.est_attendue and collectes.est_recue then 1 else 0 end) as attendues_recues_nb,
        sum(collectes.lignes_recues) as lignes_recues,
        sum(collectes.lignes_ecartees) as lignes_ecartees,
        sum(collectes.cellules_nb) as cellules_nb,
        sum(collectes.cellules_remplies_nb) as cellules_remplies_nb
    from {{ ref('int_collectes') }} as collectes
    left join niveaux on collectes.type_emetteur = 'collectivite' and collectes.code = niveaux.code
    group by coalesce(niveaux.niveau, 'association'), collectes.code
),

liens as (
    select
        territoire,
        source,
        '' as ventilation,
        sum(jeunes_nb) as jeunes_nb,
        sum(rapproches_nb) as rapproches_nb
    from {{ ref('int_rapprochements') }}
    group by territoire, source
    union all
    select
        territoire,
        source,
        'mna=' || mna as ventilation,
        jeunes_nb,
        rapproches_nb
    from {{ ref('int_rapprochements') }}
    where mna <> 'inconnu'
)

{{ compte('O16a', 'attendues_recues_nb', base='envois', denominateur='attendues_nb', niveau='niveau', code='code') }}
union all
{{ compte('O16b', 'lignes_ecartees', base='envois', denominateur='lignes_recues', niveau='niveau', code='code') }}
where lignes_recues is not null
union all
{{ compte('O16c', 'cellules_remplies_nb', base='envois', denominateur='cellules_nb', niveau='niveau', code='code') }}
where cellules_nb is not null
union all
{{ compte('O16d', 'rapproches_nb', base='liens', denominateur='jeunes_nb', ventilation='ventilation') }}
where source = 'mentorat'
union all
{{ compte('O16e', 'rapproches_nb', base='liens', denominateur='jeunes_nb', ventilation='ventilation') }}
where source = 'mesures_ase'
