-- Campagnes in which the measures (S1), the mentoring files (S2) or the pairs (S3) of a territory came, one row a
-- source, territory, sender and campagne. Read from the raw rows: a row sent again later counts in every campagne that
-- sent it.
select
    'mesures_ase' as source,
    numdep as territoire,
    depose_par,
    campagne,
    count(*) as lignes_nb
from {{ source('brut', 'mesures_ase') }}
where campagne <= {{ var('campagne') }}
group by numdep, depose_par, campagne
union all
select
    'dossiers_mentorat' as source,
    departement as territoire,
    depose_par,
    campagne,
    count(*) as lignes_nb
from {{ source('brut', 'dossiers_mentorat') }}
where campagne <= {{ var('campagne') }}
group by departement, depose_par, campagne
union all
select
    'binomes' as source,
    departement as territoire,
    depose_par,
    campagne,
    count(*) as lignes_nb
from {{ source('brut', 'binomes') }}
where campagne <= {{ var('campagne') }}
group by departement, depose_par, campagne
