-- Delays of the chain, one row a mentoring file and step begun, ready for cumulative incidence: what ended the wait,
-- when, and which are still open.
with dossiers as (
    select
        chaine.*,
        sorties.date_sortie
    from {{ ref('int_chaine_dossiers') }} as chaine
    left join {{ ref('int_chaine_sorties') }} as sorties on chaine.id_personne = sorties.id_personne
    where chaine.est_de_la_campagne and chaine.nature = 'mentorat'
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
