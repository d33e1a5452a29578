-- A4 information given (D221-35) to the young people proposed mentoring in the year: A4a the young person, A4b the
-- holders of parental authority (young adults have none). Missing: a proposal on an unknown date, a column not sent.
with jeunes as (
    select
        territoire,
        '' as ventilation,
        case when est_propose_campagne then est_informe end as compte
    from {{ ref('int_chaine_jeunes') }}
),

titulaires as (
    select
        territoire,
        '' as ventilation,
        case when est_propose_campagne then a_titulaires_informes end as compte
    from {{ ref('int_chaine_jeunes') }}
    where not est_majeur
)

{{ lignes_departement('A4a', 'jeunes', manquants_exclus=true) }}
union all
{{ lignes_departement('A4b', 'titulaires', manquants_exclus=true) }}
