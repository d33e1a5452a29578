-- O2 mentoring pairs running at 31 December, with their breakdowns, and at 31 August for the school year (total only:
-- age and place are known at 31 December).
with comptes as (
    select
        territoire,
        sum(case when est_actif_fin_campagne then 1 else 0 end) as campagne_nb,
        sum(case when est_actif_fin_annee_scolaire then 1 else 0 end) as annee_scolaire_nb,
        sum(case when date_debut is null then 1 else 0 end) as sans_date_nb
    from {{ ref('int_binomes') }}
    where nature = 'mentorat'
    group by territoire
),

base as (
    select
        couverture.territoire,
        couverture.statut_binomes,
        coalesce(comptes.campagne_nb, 0) as campagne_nb,
        coalesce(comptes.annee_scolaire_nb, 0) as annee_scolaire_nb,
        coalesce(comptes.sans_date_nb, 0) as sans_date_nb
    from {{ ref('int_couverture') }} as couverture
    left join comptes on couverture.territoire = comptes.territoire
),

ventiles as (
    {% for dimension in ['sexe', 'tranche_age', 'modalite'] -%}
    select
        territoire,
        '{{ dimension }}=' || {{ classe_ventilation(dimension) }} as ventilation,
        count(*) as actifs_nb
    from {{ ref('int_binomes') }}
    where nature = 'mentorat' and est_actif_fin_campagne
    group by territoire, {{ classe_ventilation(dimension) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

{{ relations_ventilees('actifs_nb', 'campagne_nb', 'statut_binomes', 'est_o2') }}

{{ ligne_indicateur('O2', 'statut_binomes', 'campagne_nb', unite='binomes') }}
union all
{{ ligne_indicateur(
    'O2', 'statut_binomes', 'annee_scolaire_nb', unite='binomes', manquants='sans_date_nb', periode=annee_scolaire()
) }}
union all
{{ ligne_indicateur(
    'O2', 'statut_binomes', 'actifs_nb', base='base_ventilee', ventilation='ventilation', unite='binomes'
) }}
