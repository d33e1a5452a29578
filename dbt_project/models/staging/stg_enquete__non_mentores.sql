-- S8, answers of young people without a mentor: the traits that describe them (the items are read by the estimates).
with reponses as (
    {{ derniere_campagne(source('brut', 'enquete_non_mentores'), ['vague', 'id_repondant']) }}
)

select
    vague,
    id_repondant,
    date_reponse,
    departement as territoire,
    id_jeune,
    structure,
    age,
    sexe,
    type_accueil,
    campagne
from reponses
