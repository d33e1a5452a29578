-- O6 how long pairs hold (mentoring), by civil and school year. O6a: at least six months, over pairs that reached the
-- age of six months in the period and were seen from their first day (a pair begun before its sender's first campagne
-- is in a file only if it lasted: it is missing). O6b: ended early, over pairs ended in the period whose end can be
-- judged. O6c: reasons of the ends of the period. An end without its date is missing in both. Survival itself is an
-- estimate, made elsewhere.
with periodes as (
    {{ periodes() }}
),

binomes as (
    select
        *,
        case when date_debut >= debut_observation then est_duree_minimale end as est_tenu
    from {{ ref('int_exposition') }}
    where nature = 'mentorat'
),

ages as (
    select
        binomes.*,
        periodes.periode
    from binomes
    inner join periodes on binomes.date_duree_minimale between periodes.debut_periode and periodes.fin_periode
),

finis as (
    select
        binomes.*,
        periodes.periode
    from binomes
    inner join periodes on binomes.date_fin between periodes.debut_periode and periodes.fin_periode
),

-- Ended, no one knows when: it may be in either period.
fins_sans_date as (
    select
        binomes.*,
        periodes.periode
    from binomes
    cross join periodes
    where binomes.fin_exposition is null
),

lignes as (
    {{ ligne_part('O6a', 'est_tenu', 'ages', periode='periode') }}
    union all
    {{ ligne_part('O6b', 'est_arret_anticipe', 'finis', periode='periode') }}
    union all
    {{ ligne_part('O6b', 'est_arret_anticipe', 'fins_sans_date', periode='periode') }}
    union all
    select
        territoire,
        association,
        periode,
        'O6c' as indicateur,
        '' as ventilation,
        1 as numerateur,
        cast(null as integer) as denominateur,
        0 as n_manquants
    from finis
    union all
    select
        territoire,
        association,
        periode,
        'O6c' as indicateur,
        '' as ventilation,
        cast(null as integer) as numerateur,
        cast(null as integer) as denominateur,
        1 as n_manquants
    from fins_sans_date
    union all
    select
        territoire,
        association,
        periode,
        'O6c' as indicateur,
        'motif=' || coalesce(motif_fin, 'inconnu') as ventilation,
        1 as numerateur,
        cast(null as integer) as denominateur,
        0 as n_manquants
    from finis
)

{{ sommes_des_lignes('lignes') }}
