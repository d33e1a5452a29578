-- Places one after the other, one row a stay of a young person (help at home counts as a stay). A stay ends when the
-- territory, the kind of place or the software's own place changes, or when a renewal says the place changed. A change
-- told twice, by an end and by the renewal of the same or the next day, is one.
with precedents as (
    select
        *,
        lag({{ plus_jours('fin', 1) }}) over (partition by id_population order by debut) as debut_attendu,
        lag(territoire) over (partition by id_population order by debut) as territoire_precedent,
        lag(type_accueil) over (partition by id_population order by debut) as type_accueil_precedent,
        lag(id_lieu) over (partition by id_population order by debut) as id_lieu_precedent,
        lag(debut_sejour) over (partition by id_population order by debut) as debut_sejour_precedent,
        lag(est_lieu_inconnu) over (partition by id_population order by debut) as est_lieu_inconnu_precedent
    from {{ ref('int_etats') }}
),

marques as (
    select
        *,
        coalesce(debut = debut_attendu, false) as est_contigu,
        debut_attendu is null
        or debut <> debut_attendu
        or territoire <> territoire_precedent
        or type_accueil <> type_accueil_precedent
        or coalesce(id_lieu <> id_lieu_precedent, false)
        or (est_changement and debut_sejour_precedent < {{ plus_jours('debut', -1) }}) as est_nouveau
    from precedents
),

numerotes as (
    select
        *,
        -- A move goes from a place to another: neither the first entry, nor from or to home, nor a place unknown.
        est_nouveau
        and est_contigu
        and type_accueil not in ('aed', 'aemo')
        and type_accueil_precedent not in ('aed', 'aemo')
        and not est_lieu_inconnu
        and not est_lieu_inconnu_precedent as est_deplacement,
        sum(case when est_nouveau then 1 else 0 end) over (
            partition by id_population
            order by debut
            rows between unbounded preceding and current row
        ) as rang
    from marques
)

select
    id_population,
    cast(rang as bigint) as rang,
    min(territoire) as territoire,
    min(debut) as debut,
    case when count(fin) = count(*) then max(fin) end as fin,
    min(type_accueil) as type_accueil,
    min(type_accueil_regroupe) as type_accueil_regroupe,
    coalesce(bool_or(est_deplacement), false) as est_deplacement
from numerotes
group by id_population, rang
