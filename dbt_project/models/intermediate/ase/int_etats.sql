-- Where each young person stands every day in care: one row a stretch of days in which nothing changes, stretches never
-- overlap. Of several measures, a known place comes before an unknown one, a place before help at home, then the
-- latest begun.
with bornes as (
    select
        id_population,
        debut as jour
    from {{ ref('int_sejours') }}
    union
    select
        id_population,
        {{ plus_jours('fin', 1) }} as jour
    from {{ ref('int_sejours') }}
    where fin is not null
),

tranches as (
    select
        id_population,
        jour as debut,
        {{ plus_jours('lead(jour) over (partition by id_population order by jour)', -1) }} as fin
    from bornes
),

candidats as (
    select
        tranches.debut,
        tranches.fin,
        sejours.id_population,
        sejours.source,
        sejours.territoire,
        sejours.decision,
        sejours.nature,
        sejours.type_accueil,
        sejours.est_lieu_inconnu,
        sejours.id_lieu,
        sejours.est_changement and sejours.debut = tranches.debut as est_changement,
        sejours.debut as debut_sejour,
        sejours.fin_presumee,
        sejours.motif_fin,
        case
            when sejours.est_jeune_majeur then 'jeune_majeur'
            when sejours.est_placement_direct then 'placement_direct'
            when sejours.decision = '1' then 'administrative'
            when sejours.decision = '2' then 'judiciaire'
            else 'inconnue'
        end as base_legale,
        row_number() over (
            partition by tranches.id_population, tranches.debut
            order by
                case
                    when sejours.type_accueil in ('aed', 'aemo') then 2
                    when sejours.est_lieu_inconnu then 1
                    else 0
                end,
                sejours.debut_mesure desc, sejours.debut desc, sejours.fin desc nulls first, sejours.territoire asc,
                sejours.mesure desc, sejours.id_lieu asc nulls last, sejours.type_accueil asc
        ) as rang,
        bool_or(sejours.est_jeune_majeur) over (
            partition by tranches.id_population, tranches.debut
        ) as est_jeune_majeur,
        bool_or(sejours.est_placement_direct) over (
            partition by tranches.id_population, tranches.debut
        ) as est_placement_direct,
        min(sejours.territoire) over (partition by tranches.id_population, tranches.debut)
        <> max(sejours.territoire) over (partition by tranches.id_population, tranches.debut) as est_double_territoire
    from tranches
    inner join {{ ref('int_sejours') }} as sejours
        on
            tranches.id_population = sejours.id_population
            and tranches.debut >= sejours.debut
            and (sejours.fin is null or tranches.debut <= sejours.fin)
)

select
    candidats.id_population,
    candidats.debut,
    candidats.fin,
    candidats.source,
    candidats.territoire,
    candidats.decision,
    candidats.nature,
    candidats.base_legale,
    candidats.type_accueil,
    types.type_accueil_regroupe,
    candidats.est_lieu_inconnu,
    candidats.id_lieu,
    candidats.est_changement,
    candidats.debut_sejour,
    candidats.est_jeune_majeur,
    candidats.est_placement_direct,
    candidats.est_double_territoire,
    candidats.fin_presumee,
    candidats.motif_fin
from candidats
inner join {{ ref('types_accueil') }} as types on candidats.type_accueil = types.type_accueil
where candidats.rang = 1
