-- Delays of the chain, one row a mentoring file and step begun, ready for cumulative incidence: what ended the wait, when,
-- and which are still open.
with dossiers as (
    select *
    from {{ ref('int_chaine_suivis') }}
),

{{ delais_des_etapes('dossiers') }}

select
    cast({{ var('campagne') }} as bigint) as campagne,
    territoire,
    association,
    id_dossier,
    etape,
    date_debut,
    date_fin,
    issue,
    duree_jours,
    est_censure
from durees
