-- O3 coverage in each territory: of the young people of 11 to 17 who are confiés, and of those in care with AED and
-- AEMO, how many have a running mentoring pair at 31 December. The numerator is part of the base: a pair of a young
-- person who is followed at home does not cover one who is placed. So it needs the correspondence table (S0).
with jeunes as (
    select
        eligibilites.territoire,
        eligibilites.type_accueil_regroupe not in ('aed', 'aemo') as est_confie,
        accompagnes.id_personne is not null as est_accompagne
    from {{ ref('int_eligibilites') }} as eligibilites
    left join {{ ref('int_accompagnes') }} as accompagnes on eligibilites.id_population = accompagnes.id_personne
    where eligibilites.repere = 'fin_campagne' and eligibilites.est_11_17
),

comptes as (
    select
        territoire,
        count(*) as pris_en_charge_nb,
        sum(case when est_accompagne then 1 else 0 end) as pris_en_charge_accompagnes_nb,
        sum(case when est_confie then 1 else 0 end) as confies_nb,
        sum(case when est_confie and est_accompagne then 1 else 0 end) as confies_accompagnes_nb
    from jeunes
    group by territoire
),

base as (
    select
        couverture.territoire,
        couverture.statut_couverture_confies,
        couverture.statut_couverture_pris_en_charge,
        coalesce(comptes.pris_en_charge_nb, 0) as pris_en_charge_nb,
        coalesce(comptes.pris_en_charge_accompagnes_nb, 0) as pris_en_charge_accompagnes_nb,
        coalesce(comptes.confies_nb, 0) as confies_nb,
        coalesce(comptes.confies_accompagnes_nb, 0) as confies_accompagnes_nb
    from {{ ref('int_couverture') }} as couverture
    left join comptes on couverture.territoire = comptes.territoire
)

{{ ligne_indicateur(
    'O3', 'statut_couverture_confies', 'confies_accompagnes_nb', denominateur='confies_nb', mesure='part',
    unite='part', ventilation="'base=confies_11_17'"
) }}
union all
{{ ligne_indicateur(
    'O3', 'statut_couverture_pris_en_charge', 'pris_en_charge_accompagnes_nb', denominateur='pris_en_charge_nb',
    mesure='part', unite='part', ventilation="'base=pris_en_charge_11_17'"
) }}
