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

classes as (
    select
        couverture.territoire,
        couverture.statut_binomes,
        ventilations.ventilation,
        coalesce(ventiles.actifs_nb, 0) as actifs_nb,
        sum(coalesce(ventiles.actifs_nb, 0)) over (
            partition by couverture.territoire, ventilations.dimension
        ) as connus_nb
    from {{ ref('int_couverture') }} as couverture
    cross join {{ ref('int_ventilations') }} as ventilations
    left join ventiles
        on couverture.territoire = ventiles.territoire and ventilations.ventilation = ventiles.ventilation
    where ventilations.est_o2 and couverture.statut_binomes = 'calcule'
),

-- Breakdowns are shown where there is a total. Where nobody's class is known, a zero would be a false one.
base_ventilee as (
    select
        classes.territoire,
        classes.ventilation,
        classes.actifs_nb,
        case
            when base.campagne_nb > 0 and classes.connus_nb = 0 then 'non_mesurable'
            else classes.statut_binomes
        end as statut_binomes
    from classes
    inner join base on classes.territoire = base.territoire
)

{{ ligne_indicateur('O2', 'statut_binomes', 'campagne_nb', unite='binomes') }}
union all
{{ ligne_indicateur(
    'O2', 'statut_binomes', 'annee_scolaire_nb', unite='binomes', manquants='sans_date_nb', periode=annee_scolaire()
) }}
union all
{{ ligne_indicateur(
    'O2', 'statut_binomes', 'actifs_nb', base='base_ventilee', ventilation='ventilation', unite='binomes'
) }}
