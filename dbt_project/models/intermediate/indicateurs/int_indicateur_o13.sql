-- O13 mentoring and parrainage at 31 December: pairs of each (O13a), and young people, each once, by what they have
-- (O13b). A young person with pairs in two territories counts in the first by code.
with binomes as (
    select
        territoire,
        id_personne,
        nature
    from {{ ref('int_binomes') }}
    where est_actif_fin_campagne
),

jeunes as (
    select
        id_personne,
        min(territoire) as territoire,
        max(case when nature = 'mentorat' then 1 else 0 end) = 1 as a_mentorat,
        max(case when nature = 'parrainage' then 1 else 0 end) = 1 as a_parrainage
    from binomes
    group by id_personne
),

lignes as (
    select
        territoire,
        'O13a' as indicateur,
        '' as ventilation
    from binomes
    union all
    select
        territoire,
        'O13a' as indicateur,
        'nature=' || nature as ventilation
    from binomes
    union all
    select
        territoire,
        'O13b' as indicateur,
        '' as ventilation
    from jeunes
    union all
    select
        territoire,
        'O13b' as indicateur,
        case
            when a_mentorat and a_parrainage then 'accompagnement=les_deux'
            when a_mentorat then 'accompagnement=mentorat_seul'
            else 'accompagnement=parrainage_seul'
        end as ventilation
    from jeunes
),

comptes as (
    select
        *,
        '{{ var("campagne") }}' as periode,
        1 as numerateur,
        cast(null as integer) as denominateur,
        0 as n_manquants
    from lignes
)

{{ sommes_des_lignes('comptes', {'departement': 'territoire'}) }}
