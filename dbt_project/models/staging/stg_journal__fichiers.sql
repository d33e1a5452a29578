-- Files of the campagne as intake counted them.
select
    emetteur,
    chemin,
    source,
    statut,
    lignes_recues,
    lignes_acceptees,
    lignes_ecartees,
    doublons_exacts,
    campagne
from {{ source('suivi', 'journal') }}
-- A file withdrawn from the dépôt, or replaced, stays in the journal and counts no more.
where campagne = {{ var('campagne') }} and statut <> 'retiree'
