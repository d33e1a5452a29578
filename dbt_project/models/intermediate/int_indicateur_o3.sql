-- O3 coverage in each territory: young people with a running mentoring pair at 31 December, over young people of 11 to
-- 17 confiés, and over those in care with AED and AEMO. One numerator: a ratio of two counts, each named.
with accompagnes as (
    select
        territoire,
        count(*) as accompagnes_nb
    from {{ ref('int_accompagnes') }}
    group by territoire
),

bases as (
    select
        territoire,
        sum(case when est_11_17 then 1 else 0 end) as pris_en_charge_nb,
        sum(case when est_11_17 and type_accueil_regroupe not in ('aed', 'aemo') then 1 else 0 end) as confies_nb
    from {{ ref('int_eligibilites') }}
    where repere = 'fin_campagne'
    group by territoire
),

base as (
    select
        couverture.territoire,
        couverture.statut_couverture_confies,
        couverture.statut_couverture_pris_en_charge,
        coalesce(accompagnes.accompagnes_nb, 0) as accompagnes_nb,
        coalesce(bases.confies_nb, 0) as confies_nb,
        coalesce(bases.pris_en_charge_nb, 0) as pris_en_charge_nb
    from {{ ref('int_couverture') }} as couverture
    left join accompagnes on couverture.territoire = accompagnes.territoire
    left join bases on couverture.territoire = bases.territoire
)

{{ ligne_indicateur(
    'O3', 'statut_couverture_confies', 'accompagnes_nb', denominateur='confies_nb', mesure='part', unite='part',
    ventilation="'base=confies_11_17'"
) }}
union all
{{ ligne_indicateur(
    'O3', 'statut_couverture_pris_en_charge', 'accompagnes_nb', denominateur='pris_en_charge_nb', mesure='part',
    unite='part', ventilation="'base=pris_en_charge_11_17'"
) }}
