-- A5 adhesion: accepted over answered, for the young people proposed mentoring in the year; A5A those who have not
-- answered yet, beside. Missing: no answer is known, or the proposal has no date.
with reponses as (
    select
        territoire,
        '' as ventilation,
        case
            when est_propose_campagne and reponse = 'accepte' then 1
            when est_propose_campagne and reponse = 'refuse' then 0
        end as compte
    from {{ ref('int_chaine_jeunes') }}
    where reponse is null or reponse <> 'attente' or not est_propose_campagne
),

attentes as (
    select
        territoire,
        '' as ventilation,
        case
            when not est_propose_campagne or reponse is null then null
            when reponse = 'attente' then 1
            else 0
        end as compte
    from {{ ref('int_chaine_jeunes') }}
)

{{ lignes_departement('A5', 'reponses', manquants_exclus=true) }}
union all
{{ lignes_departement('A5A', 'attentes', denominateur=false) }}
