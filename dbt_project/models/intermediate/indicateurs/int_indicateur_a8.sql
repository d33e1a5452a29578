-- A8 honorability of mentors, for mentoring pairs. A8a: last check not older than the law allows, over pairs running
-- at 31 December. A8b: a check in force on the day of the decision (D.221-39), over pairs launched in the year that
-- are held to it. A8c: pairs up to date whose check is due within 60 days. A pair whose checks were not sent is
-- missing.
with binomes as (
    select controles.*
    from {{ ref('int_binomes_controles') }} as controles
    where controles.nature = 'mentorat'
),

tenus as (
    select binomes.*
    from binomes
    cross join {{ ref('int_parametres') }} as parametres
    where binomes.est_lance_campagne and binomes.date_debut >= parametres.entree_en_vigueur
),

lignes as (
    {{ ligne_part('A8a', 'est_a_jour_fin_campagne', 'binomes', 'est_actif_fin_campagne') }}
    union all
    {{ ligne_part('A8b', 'est_controle_avant_decision', 'tenus') }}
    union all
    select
        territoire,
        association,
        '{{ var("campagne") }}' as periode,
        'A8c' as indicateur,
        '' as ventilation,
        case when est_controle_transmis then case when est_echeance_proche then 1 else 0 end end as numerateur,
        cast(null as integer) as denominateur,
        case when est_controle_transmis then 0 else 1 end as n_manquants
    from binomes
    where est_actif_fin_campagne
)

{{ sommes_des_lignes('lignes') }}
