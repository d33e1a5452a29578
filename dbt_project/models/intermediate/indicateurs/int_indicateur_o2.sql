-- O2 mentoring pairs running at 31 December, with their breakdowns, and at 31 August for the school year (total only:
-- age and place are known at 31 December). Pairs are not broken down by place: beside the two bases of O3, which tell
-- how many are followed at home, four cells in five were secret.
with binomes as (
    select
        'departement' as niveau,
        territoire as code,
        *
    from {{ ref('int_binomes') }}
    where nature = 'mentorat'
    union all
    select
        'association' as niveau,
        association as code,
        *
    from {{ ref('int_binomes') }}
    where nature = 'mentorat' and association is not null
),

base as (
    select
        niveau,
        code,
        sum(case when est_actif_fin_campagne then 1 else 0 end) as campagne_nb,
        sum(case when date_debut is not null then case when est_actif_fin_annee_scolaire then 1 else 0 end end)
            as annee_scolaire_nb,
        sum(case when date_debut is null then 1 else 0 end) as sans_date_nb
    from binomes
    group by niveau, code
),

ventiles as (
    {% for dimension in ['sexe', 'tranche_age', 'modalite'] -%}
    select
        niveau,
        code,
        '{{ dimension }}=' || {{ classe_ventilation(dimension) }} as ventilation,
        count(*) as actifs_nb
    from binomes
    where est_actif_fin_campagne
    group by niveau, code, {{ classe_ventilation(dimension) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ compte('O2', 'campagne_nb', niveau='niveau', code='code') }}
union all
{{ compte(
    'O2', 'annee_scolaire_nb', niveau='niveau', code='code', manquants='sans_date_nb', periode=annee_scolaire()
) }}
union all
{{ compte('O2', 'actifs_nb', base='ventiles', niveau='niveau', code='code', ventilation='ventilation') }}
