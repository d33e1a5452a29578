-- O9a cost (cents) over days of running pairs in the year: the catalogue's factor makes it euros a pair-year of 365.25
-- days. O9b cost over pairs launched. Only operators whose cost and pairs are both known; the others are missing.
with operateurs as (
    select
        niveau,
        code,
        anciennete_antenne,
        cout_cents,
        jours_nb,
        lances_nb,
        cout_cents is not null and est_binomes_connus as est_connu
    from {{ ref('int_couts') }}
    union all
    select
        'association' as niveau,
        operateur as code,
        anciennete_antenne,
        cout_cents,
        jours_nb,
        lances_nb,
        cout_cents is not null and est_binomes_connus as est_connu
    from {{ ref('int_couts') }}
),

base as (
    select
        niveau,
        code,
        '' as ventilation,
        sum(case when est_connu then cout_cents end) as cout_cents,
        sum(case when est_connu then jours_nb end) as jours_nb,
        sum(case when est_connu then lances_nb end) as lances_nb,
        sum(case when est_connu then 0 else 1 end) as manquants_nb
    from operateurs
    group by niveau, code
    union all
    select
        niveau,
        code,
        'anciennete_antenne=' || anciennete_antenne as ventilation,
        sum(case when est_connu then cout_cents end) as cout_cents,
        sum(case when est_connu then jours_nb end) as jours_nb,
        sum(case when est_connu then lances_nb end) as lances_nb,
        sum(case when est_connu then 0 else 1 end) as manquants_nb
    from operateurs
    where anciennete_antenne <> 'inconnu'
    group by niveau, code, anciennete_antenne
)

{{ compte(
    'O9a', 'cout_cents', denominateur='jours_nb', niveau='niveau', code='code', ventilation='ventilation',
    manquants='manquants_nb'
) }}
union all
{{ compte(
    'O9b', 'cout_cents', denominateur='lances_nb', niveau='niveau', code='code',
    ventilation='ventilation', manquants='manquants_nb'
) }}
