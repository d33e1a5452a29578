-- S8, answers of mentors.
with reponses as (
    {{ derniere_campagne(source('brut', 'enquete_mentors'), ['vague', 'id_repondant']) }}
)

select
    vague,
    id_repondant,
    date_reponse,
    id_mentor,
    association,
    departement as territoire,
    campagne
from reponses
