-- S2 seen from the young person: over all their files, which steps were taken. Null: a step taken, no one knows when.
select
    id_personne,
    count(*) as dossiers_nb,
    {{ au_moins_un('est_evalue_avant_rentree') }} as est_evalue_avant_rentree,
    {{ au_moins_un('est_evalue_12_mois') }} as est_evalue_12_mois,
    {{ au_moins_un('est_propose_campagne') }} as est_propose_campagne,
    {{ au_moins_un('est_propose_annee_scolaire') }} as est_propose_annee_scolaire,
    {{ au_moins_un('est_propose') }} as est_propose,
    coalesce({{ au_moins_un('est_non_favorable') }}, false) as est_non_favorable,
    coalesce({{ au_moins_un('est_refus') }}, false) as est_refus,
    coalesce({{ au_moins_un('est_en_attente_mentor') }}, false) as est_en_attente_mentor
from {{ ref('int_dossiers') }}
where id_personne is not null
group by id_personne
