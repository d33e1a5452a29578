-- S8, people invited to the survey: the base of response rates.
with echantillon as (
    {{ derniere_campagne(source('brut', 'enquete_echantillon'), ['vague', 'id_repondant']) }}
)

select
    vague,
    id_repondant,
    groupe,
    departement as territoire,
    structure,
    association,
    strate,
    grappe,
    poids,
    date_invitation,
    repondu as a_repondu,
    campagne
from echantillon
