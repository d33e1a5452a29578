-- Every code of the breakdowns published: each one is a partition, so that a territory's rows add up to its total.
with sexes as (
    select 'sexe=' || code as ventilation, true as est_a1, true as est_o2
    from (values ('F'), ('G'), ('inconnu')) as codes (code)
),

ages as (
    select
        'tranche_age=' || code as ventilation,
        est_a1,
        true as est_o2
    from
        (
            values
            ('moins_de_11', true),
            ('11-13', true),
            ('14-15', true),
            ('16-17', true),
            ('18_et_plus', false),
            ('inconnu', false)
        ) as codes (code, est_a1)
),

modalites as (
    select 'modalite=' || code as ventilation, false as est_a1, true as est_o2
    from (values ('presentiel'), ('distanciel'), ('mixte'), ('inconnu')) as codes (code)
),

types as (
    select distinct 'type_accueil_regroupe=' || type_accueil_regroupe as ventilation, true as est_a1, true as est_o2
    from {{ ref('types_accueil') }}
    union all
    select 'type_accueil_regroupe=inconnu' as ventilation, false as est_a1, true as est_o2
)

select ventilation, est_a1, est_o2 from sexes
union all
select ventilation, est_a1, est_o2 from ages
union all
select ventilation, est_a1, est_o2 from modalites
union all
select ventilation, est_a1, est_o2 from types
