-- S8, answers of ASE professionals.
with reponses as (
    {{ derniere_campagne(source('brut', 'enquete_professionnels'), ['vague', 'id_repondant']) }}
)

select
    vague,
    id_repondant,
    date_reponse,
    departement as territoire,
    type_structure,
    campagne
from reponses
