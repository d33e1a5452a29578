-- Campagnes in which a sender sent pairs (S3) or files (S2), one row a source, sender and campagne. Read from the raw
-- rows: the pairs of a first delivery are those that were still running when its year began.
select
    'binomes' as source,
    depose_par,
    campagne,
    count(*) as lignes_nb
from {{ source('brut', 'binomes') }}
where campagne <= {{ var('campagne') }}
group by depose_par, campagne
union all
select
    'dossiers_mentorat' as source,
    depose_par,
    campagne,
    count(*) as lignes_nb
from {{ source('brut', 'dossiers_mentorat') }}
where campagne <= {{ var('campagne') }}
group by depose_par, campagne
