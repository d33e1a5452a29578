-- O2 mentoring pairs running at 31 December and, for the school year, at 31 August, with their breakdowns.
{% set periodes = [
    {'champ': 'est_actif_fin_campagne', 'libelle': var('campagne')},
    {'champ': 'est_actif_fin_annee_scolaire', 'libelle': annee_scolaire()},
] -%}
with actifs as (
    {% for periode in periodes -%}
    select
        '{{ periode.libelle }}' as periode,
        territoire,
        sexe,
        tranche_age,
        modalite,
        type_accueil_regroupe
    from {{ ref('int_binomes') }}
    where nature = 'mentorat' and {{ periode.champ }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

comptes as (
    select periode, territoire, '' as ventilation, count(*) as actifs_nb
    from actifs
    group by periode, territoire
    {% for dimension in ['sexe', 'tranche_age', 'modalite', 'type_accueil_regroupe'] -%}
    union all
    select periode, territoire, '{{ dimension }}=' || {{ dimension }} as ventilation, count(*) as actifs_nb
    from actifs
    group by periode, territoire, {{ dimension }}
    {% endfor %}
),

modalites as (
    select '' as ventilation
    union all
    select ventilation from {{ ref('int_ventilations') }}
    where est_o2
),

-- Breakdowns are shown where there is a total.
grille as (
    select
        couverture.territoire,
        couverture.statut_binomes,
        modalites.ventilation
    from {{ ref('int_couverture') }} as couverture
    cross join modalites
    where modalites.ventilation = '' or couverture.statut_binomes = 'calcule'
),

{% for periode in periodes -%}
base_{{ loop.index }} as (
    select
        grille.territoire,
        grille.statut_binomes,
        grille.ventilation,
        coalesce(comptes.actifs_nb, 0) as actifs_nb
    from grille
    left join comptes
        on
            grille.territoire = comptes.territoire
            and grille.ventilation = comptes.ventilation
            and comptes.periode = '{{ periode.libelle }}'
){{ ',' if not loop.last }}

{% endfor -%}
{% for periode in periodes -%}
{{ ligne_indicateur(
    'O2', 'statut_binomes', 'actifs_nb', base='base_' ~ loop.index, ventilation='ventilation', unite='binomes',
    periode=periode.libelle
) }}
{{ 'union all' if not loop.last }}
{% endfor %}
