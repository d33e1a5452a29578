-- S9, answers of the year. A structure that counts more mentored young people than young people contradicts itself:
-- its numbers are left out of the shares, its other answers stay.
select
    id_reponse,
    territoire,
    type_structure,
    connait_mentorat,
    freins,
    jeunes_11_20_nb,
    jeunes_mentores_nb,
    coalesce(jeunes_mentores_nb <= jeunes_11_20_nb, false) as est_effectif_coherent,
    coalesce(jeunes_mentores_nb > jeunes_11_20_nb, false) as est_effectif_contraire
from {{ ref('stg_questionnaire_acteurs__reponses') }}
where campagne = {{ var('campagne') }}
