-- Mentoring files that wait for someone, with who must act and for how many days nothing has moved (null: no date at
-- all). Only the files of the campagne are known to stand so.
with dossiers as (
    select *
    from {{ ref('int_chaine_dossiers') }}
    where est_de_la_campagne and nature = 'mentorat'
),

attentes as (
    {{ dossiers_sans_mouvement('dossiers') }}
)

select
    territoire,
    id_dossier,
    emetteur,
    association,
    statut,
    acteur,
    prochaine_action,
    depuis_jours
from attentes
