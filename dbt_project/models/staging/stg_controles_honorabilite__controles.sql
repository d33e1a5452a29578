{{ config(materialized='table') }}

-- S5b, one row a check of a mentor: dates alone, never what it found. The collectivité in charge makes it.
with brut as (
    select
        controles.*,
        territoires.emetteur as emetteur_en_charge
    from {{ source('brut', 'controles_honorabilite') }} as controles
    left join {{ ref('int_territoires') }} as territoires on controles.departement = territoires.territoire
),

controles as (
    {{ derniere_campagne(
        'brut', ['departement', 'id_mentor', 'type', 'date_controle'], 'emetteur_en_charge'
    ) }}
)

select
    departement as territoire,
    id_mentor,
    type,
    date_controle,
    date_decision,
    prochaine_echeance,
    campagne,
    depose_par,
    est_redite
from controles
