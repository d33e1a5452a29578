-- O3 coverage in each territory: of the young people of 11 to 17 who are confiés, and of those in care with AED and
-- AEMO, how many have a running mentoring pair at 31 December. The numerator is part of the base: a pair of a young
-- person who is followed at home does not cover one who is placed. So it needs the correspondence table (S0), and those
-- of the base whom it does not hold are missing.
-- For the country alone: all of them over the 350 000 young people followed, and the gap to the objective, both scaled
-- when the dépôt is simulated at another size.
with jeunes as (
    select
        eligibilites.territoire,
        eligibilites.type_accueil_regroupe not in ('aed', 'aemo') as est_confie,
        accompagnes.id_personne is not null as est_accompagne,
        personnes.id_personne is null as est_non_rapproche
    from {{ ref('int_eligibilites') }} as eligibilites
    inner join {{ ref('int_personnes_ase') }} as personnes on eligibilites.id_population = personnes.id_population
    left join {{ ref('int_accompagnes') }} as accompagnes on eligibilites.id_population = accompagnes.id_personne
    where eligibilites.repere = 'fin_campagne' and eligibilites.est_11_17
),

base as (
    select
        territoire,
        count(*) as pris_en_charge_nb,
        sum(case when est_accompagne then 1 else 0 end) as pris_en_charge_accompagnes_nb,
        sum(case when est_non_rapproche then 1 else 0 end) as non_rapproches_nb,
        sum(case when est_confie then 1 else 0 end) as confies_nb,
        sum(case when est_confie and est_non_rapproche then 1 else 0 end) as confies_non_rapproches_nb,
        sum(case when est_confie and est_accompagne then 1 else 0 end) as confies_accompagnes_nb
    from jeunes
    group by territoire
),

couverture as (
    select
        sum(case when est_binomes then 1 else 0 end) as territoires_nb,
        sum(case when est_binomes then 0 else 1 end) as manquants_nb
    from {{ ref('int_couverture') }}
),

accompagnes as (
    select count(*) as accompagnes_nb
    from {{ ref('int_accompagnes') }} as accompagnes
    inner join {{ ref('int_couverture') }} as couverture
        on accompagnes.territoire = couverture.territoire and couverture.est_binomes
),

-- A national figure exists as soon as one territory is counted.
pays as (
    select
        case when couverture.territoires_nb > 0 then accompagnes.accompagnes_nb end as accompagnes_nb,
        couverture.manquants_nb,
        cast(round(parametres.base_jeunes_suivis * {{ var('facteur_echelle') }}) as bigint) as base_nb,
        cast(round(parametres.objectif_jeunes * {{ var('facteur_echelle') }}) as bigint) as objectif_nb
    from accompagnes
    cross join couverture
    cross join {{ ref('int_parametres') }} as parametres
)

{{ compte(
    'O3', 'confies_accompagnes_nb', denominateur='confies_nb', ventilation="'base=confies_11_17'",
    manquants='confies_non_rapproches_nb'
) }}
union all
{{ compte(
    'O3', 'pris_en_charge_accompagnes_nb', denominateur='pris_en_charge_nb', ventilation="'base=pris_en_charge_11_17'",
    manquants='non_rapproches_nb'
) }}
union all
{{ compte(
    'O3', 'accompagnes_nb', base='pays', denominateur='base_nb', ventilation="'base=suivis_350000'", mesure='part',
    niveau="'national'", code="'FR'", manquants='manquants_nb'
) }}
union all
{{ compte(
    'O3', 'accompagnes_nb', base='pays', denominateur='objectif_nb', ventilation="'base=suivis_350000'", mesure='ecart',
    niveau="'national'", code="'FR'", manquants='manquants_nb'
) }}
