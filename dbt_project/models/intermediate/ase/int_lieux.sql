-- Places one after the other, one row a stay of a young person (help at home counts as a stay). A stay ends when the
-- territory, the kind of place or the software's own place changes, or when a renewal says the place changed. A change
-- told twice, by an end and by the renewal of the same or the next day, is one.
with precedents as (
    select
        *,
        lag(fin) over (partition by id_population order by debut) as fin_precedente,
        lag(territoire) over (partition by id_population order by debut) as territoire_precedent,
        lag(type_accueil) over (partition by id_population order by debut) as type_accueil_precedent,
        lag(id_lieu) over (partition by id_population order by debut) as id_lieu_precedent,
        lag(debut_sejour) over (partition by id_population order by debut) as debut_sejour_precedent,
        lag(est_lieu_inconnu) over (partition by id_population order by debut) as est_lieu_inconnu_precedent,
        last_value(fin) over (
            partition by id_population
            order by debut
            rows between unbounded preceding and unbounded following
        ) as derniere_fin
    from {{ ref('int_etats') }}
),

-- The days on which a stay begins.
debuts as (
    select
        *,
        -- A move goes from a place to another: neither the first entry, nor from or to home, nor a place unknown.
        coalesce(
            debut = {{ plus_jours('fin_precedente', 1) }}
            and type_accueil not in ('aed', 'aemo')
            and type_accueil_precedent not in ('aed', 'aemo')
            and not est_lieu_inconnu
            and not est_lieu_inconnu_precedent,
            false
        ) as est_deplacement
    from precedents
    where
        fin_precedente is null
        or debut <> {{ plus_jours('fin_precedente', 1) }}
        or territoire <> territoire_precedent
        or type_accueil <> type_accueil_precedent
        or coalesce(id_lieu <> id_lieu_precedent, false)
        or (est_changement and debut_sejour_precedent < {{ plus_jours('debut', -1) }})
)

select
    id_population,
    row_number() over (partition by id_population order by debut) as rang,
    territoire,
    debut,
    -- The day before the next stay begins, or the last day in care.
    case
        when lead(debut) over (partition by id_population order by debut) is null then derniere_fin
        else lead(fin_precedente) over (partition by id_population order by debut)
    end as fin,
    type_accueil,
    type_accueil_regroupe,
    est_deplacement
from debuts
