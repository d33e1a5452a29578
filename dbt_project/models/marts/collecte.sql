-- The state of collection: one row a sender and source expected or received. `completude_part` divides last.
with rapprochements as (
    select
        codes.collectivite as code,
        case rapprochements.source when 'mentorat' then 'dossiers_mentorat' else 'mesures_ase' end as source,
        sum(rapprochements.jeunes_nb) as jeunes_nb,
        sum(rapprochements.rapproches_nb) as rapproches_nb,
        sum(case when rapprochements.mna = 'oui' then rapprochements.jeunes_nb else 0 end) as mna_nb,
        sum(case when rapprochements.mna = 'oui' then rapprochements.rapproches_nb else 0 end) as mna_rapproches_nb
    from {{ ref('int_rapprochements') }} as rapprochements
    inner join {{ ref('int_territoires') }} as codes on rapprochements.territoire = codes.territoire
    group by codes.collectivite, rapprochements.source
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    collectes.emetteur,
    collectes.type_emetteur,
    collectes.code,
    collectes.source,
    collectes.est_attendue,
    collectes.est_recue,
    collectes.fichiers_nb,
    collectes.fichiers_refuses_nb,
    collectes.lignes_recues,
    collectes.lignes_acceptees,
    collectes.lignes_ecartees,
    collectes.doublons_exacts,
    collectes.cellules_nb,
    collectes.cellules_remplies_nb,
    {{ arrondi('cast(collectes.cellules_remplies_nb as double) / nullif(collectes.cellules_nb, 0)') }}
        as completude_part,
    collectes.exhaustif,
    collectes.statut_validation,
    cast(rapprochements.jeunes_nb as bigint) as jeunes_nb,
    cast(rapprochements.rapproches_nb as bigint) as rapproches_nb,
    cast(rapprochements.mna_nb as bigint) as mna_nb,
    cast(rapprochements.mna_rapproches_nb as bigint) as mna_rapproches_nb
from {{ ref('int_collectes') }} as collectes
left join rapprochements
    on
        collectes.type_emetteur = 'collectivite'
        and collectes.code = rapprochements.code
        and collectes.source = rapprochements.source
