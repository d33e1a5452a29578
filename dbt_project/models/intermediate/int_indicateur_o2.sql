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

accueils as (
    select distinct
        type_accueil_regroupe,
        accueil
    from {{ ref('types_accueil') }}
),

actifs as (
    select
        binomes.*,
        accueils.accueil
    from {{ ref('int_binomes') }} as binomes
    left join accueils on binomes.type_accueil_regroupe = accueils.type_accueil_regroupe
    where binomes.nature = 'mentorat' and binomes.est_actif_fin_campagne
),

ventiles as (
    {% for dimension in ['sexe', 'tranche_age', 'modalite', 'accueil'] -%}
    select
        territoire,
        '{{ dimension }}=' || {{ classe_ventilation(dimension) }} as ventilation,
        count(*) as actifs_nb
    from actifs
    group by territoire, {{ classe_ventilation(dimension) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Breakdowns are shown where there is a total.
base_ventilee as (
    select
        couverture.territoire,
        couverture.statut_binomes,
        modalites.ventilation,
        coalesce(ventiles.actifs_nb, 0) as actifs_nb
    from {{ ref('int_couverture') }} as couverture
    cross join {{ ref('int_ventilations') }} as modalites
    left join ventiles
        on couverture.territoire = ventiles.territoire and modalites.ventilation = ventiles.ventilation
    where modalites.est_o2 and couverture.statut_binomes = 'calcule'
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
