-- A6 agreement of the holders (D221-35): granted over asked, by who holds parental authority, young adults excluded,
-- for the young people proposed mentoring in the year; A6M why there is none, the judge's authorisation told apart.
-- Missing: asked, and the outcome is unknown; or the proposal has no date.
with demandes as (
    select
        territoire,
        statut_juridique,
        case when est_propose_campagne then decision end as decision
    from {{ ref('int_chaine_jeunes') }}
    where not est_majeur and est_accord_demande
),

accords as (
    {% for ventilation in ["''", "'statut_juridique=' || statut_juridique"] -%}
    select
        territoire,
        {{ ventilation }} as ventilation,
        case when decision is not null then case when decision = 'accord' then 1 else 0 end end as compte
    from demandes
    {%- if not loop.first %}
    where statut_juridique <> 'inconnu'
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

motifs as (
    select
        territoire,
        '' as ventilation,
        case when decision is not null then case when decision = 'accord' then 0 else 1 end end as compte
    from demandes
    union all
    select
        territoire,
        'motif=' || decision as ventilation,
        1 as compte
    from demandes
    where decision <> 'accord'
)

{{ lignes_departement('A6', 'accords', manquants_exclus=true) }}
union all
{{ lignes_departement('A6M', 'motifs', denominateur=false) }}
