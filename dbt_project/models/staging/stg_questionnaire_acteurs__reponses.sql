-- S9, one row a structure's answer.
with lignes as (
    {{ derniere_campagne(source('brut', 'questionnaire_acteurs'), ['id_reponse']) }}
)

select
    id_reponse,
    date_reponse,
    departement as territoire,
    type_structure,
    nb_jeunes_11_20 as jeunes_11_20_nb,
    nb_jeunes_mentores as jeunes_mentores_nb,
    connait_mentorat,
    associations_connues,
    freins,
    equipement_numerique,
    interet,
    campagne,
    depose_par
from lignes
