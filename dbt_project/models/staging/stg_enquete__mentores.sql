-- S8, answers of mentored young people: the traits that describe them (the items are read by the estimates).
with reponses as (
    {{ derniere_campagne(source('brut', 'enquete_mentores'), ['vague', 'id_repondant']) }}
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
    association,
    date_debut_mentorat,
    modalite,
    campagne
from reponses
