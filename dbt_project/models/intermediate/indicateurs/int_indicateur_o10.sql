-- O10 pairs launched in the year by the operators that have an objective, over that objective. Missing: operators
-- whose conventions have none, or whose pairs are not known. The relative shortfall is one minus the ratio.
with operateurs as (
    select
        niveau,
        code,
        lances_nb,
        objectif_binomes,
        objectif_binomes is not null and est_binomes_connus as est_connu
    from {{ ref('int_couts') }}
    union all
    select
        'association' as niveau,
        operateur as code,
        lances_nb,
        objectif_binomes,
        objectif_binomes is not null and est_binomes_connus as est_connu
    from {{ ref('int_couts') }}
),

base as (
    select
        niveau,
        code,
        sum(case when est_connu then lances_nb end) as lances_nb,
        sum(case when est_connu then objectif_binomes end) as objectif_nb,
        sum(case when est_connu then 0 else 1 end) as manquants_nb
    from operateurs
    group by niveau, code
)

{% for indicateur in ['O10a', 'O10b'] -%}
{{ 'union all' if not loop.first }}
{{ compte(
    indicateur, 'lances_nb', denominateur='objectif_nb', niveau='niveau', code='code',
    manquants='manquants_nb'
) }}
{% endfor -%}
