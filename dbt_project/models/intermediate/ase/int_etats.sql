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

choisis as (
    select
        tranches.id_population,
        tranches.debut,
        tranches.fin,
        min(sejours.priorite) as priorite,
        bool_or(sejours.est_jeune_majeur) as est_jeune_majeur,
        bool_or(sejours.est_placement_direct) as est_placement_direct,
        min(sejours.territoire) <> max(sejours.territoire) as est_double_territoire
    from tranches
    inner join {{ ref('int_sejours') }} as sejours
        on
            tranches.id_population = sejours.id_population
            and tranches.debut >= sejours.debut
            and (sejours.fin is null or tranches.debut <= sejours.fin)
    group by tranches.id_population, tranches.debut, tranches.fin
)

select
    choisis.id_population,
    choisis.debut,
    choisis.fin,
    sejours.source,
    sejours.territoire,
    sejours.decision,
    sejours.nature,
    case
        when sejours.est_jeune_majeur then 'jeune_majeur'
        when sejours.est_placement_direct then 'placement_direct'
        when sejours.decision = '1' then 'administrative'
        when sejours.decision = '2' then 'judiciaire'
        else 'inconnue'
    end as base_legale,
    sejours.type_accueil,
    types.type_accueil_regroupe,
    sejours.est_lieu_inconnu,
    sejours.id_lieu,
    sejours.est_changement and sejours.debut = choisis.debut as est_changement,
    sejours.debut as debut_sejour,
    choisis.est_jeune_majeur,
    choisis.est_placement_direct,
    choisis.est_double_territoire,
    sejours.fin_presumee,
    sejours.motif_fin
from choisis
inner join {{ ref('int_sejours') }} as sejours
    on choisis.id_population = sejours.id_population and choisis.priorite = sejours.priorite
inner join {{ ref('types_accueil') }} as types on sejours.type_accueil = types.type_accueil
