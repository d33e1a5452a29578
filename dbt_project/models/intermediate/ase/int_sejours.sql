-- The places of each measure, one row a stay. S1 tells a change of place at the next event only (begun, renewed,
-- ended): it is dated from that event; within a measure that is its end. S11 tells places with their own dates.
-- `priorite` orders the stays of a young person: of several on one day, the first holds.
with lieux as (
    select
        evenements.id_population,
        olinpe.mesure,
        evenements.rang_evenement,
        evenements.date_evenement,
        evenements.type_accueil,
        lag(evenements.type_accueil) over (
            partition by evenements.id_population, olinpe.mesure
            order by evenements.rang_evenement
        ) as type_accueil_precedent
    from {{ ref('int_evenements') }} as evenements
    inner join {{ ref('int_mesures_olinpe') }} as olinpe
        on
            evenements.id_population = olinpe.id_population
            and evenements.territoire = olinpe.territoire
            and evenements.decision = olinpe.decision
            and coalesce(evenements.nature, '') = coalesce(olinpe.nature, '')
            and coalesce(evenements.intervention, '') = coalesce(olinpe.intervention, '')
            and coalesce(evenements.datdeb, date '0001-01-01') = coalesce(olinpe.datdeb, date '0001-01-01')
    where
        olinpe.a_plusieurs_lieux
        and evenements.type_accueil is not null
        and not evenements.est_lieu_inconnu
        and evenements.date_evenement <= {{ jour('12-31') }}
),

changements as (
    select
        id_population,
        mesure,
        date_evenement,
        type_accueil,
        row_number() over (
            partition by id_population, mesure
            order by rang_evenement
        ) as rang,
        lead(date_evenement) over (
            partition by id_population, mesure
            order by rang_evenement
        ) as date_suivante
    from lieux
    where type_accueil_precedent is null or type_accueil <> type_accueil_precedent
),

olinpe as (
    select
        mesures.*,
        coalesce(changements.type_accueil, mesures.type_accueil) as type_accueil_sejour,
        details.est_lieu_inconnu,
        cast(null as {{ texte() }}) as id_lieu,
        details.est_changement and coalesce(changements.rang, 1) = 1 as est_changement,
        case
            when changements.rang > 1 and changements.date_evenement > mesures.debut then changements.date_evenement
            else mesures.debut
        end as debut_sejour,
        case
            when changements.date_suivante is null then mesures.fin
            else {{ plus_jours('changements.date_suivante', -1) }}
        end as fin_sejour
    from {{ ref('int_mesures') }} as mesures
    inner join {{ ref('int_mesures_olinpe') }} as details
        on mesures.id_population = details.id_population and mesures.mesure = details.mesure
    left join changements
        on mesures.id_population = changements.id_population and mesures.mesure = changements.mesure
    where mesures.source = 'mesures_ase'
),

-- The measure itself, for the days no place is told, then its places within its dates.
parcours as (
    select
        mesures.*,
        natures.type_accueil_sans_lieu as type_accueil_sejour,
        natures.type_accueil_sans_lieu = 'autre' and not natures.est_accueil_seul as est_lieu_inconnu,
        natures.id_lieu,
        false as est_changement,
        mesures.debut as debut_sejour,
        mesures.fin as fin_sejour
    from {{ ref('int_mesures') }} as mesures
    inner join {{ ref('int_mesures_parcours') }} as natures
        on mesures.id_population = natures.id_population and mesures.mesure = natures.mesure
    where mesures.source = 'parcours_ase'
    union all
    select
        mesures.*,
        accueils.type_accueil as type_accueil_sejour,
        false as est_lieu_inconnu,
        accueils.id_lieu,
        false as est_changement,
        greatest(mesures.debut, accueils.debut) as debut_sejour,
        least(mesures.fin, accueils.fin) as fin_sejour
    from {{ ref('int_mesures') }} as mesures
    inner join {{ ref('int_mesures_parcours') }} as natures
        on mesures.id_population = natures.id_population and mesures.mesure = natures.mesure
    inner join {{ ref('int_parcours') }} as accueils
        on
            mesures.id_population = accueils.id_population
            and mesures.territoire = accueils.territoire
            and accueils.type_ligne = 'accueil'
            and coalesce(mesures.fin, {{ jour('12-31') }}) >= accueils.debut
            and (accueils.fin is null or mesures.debut <= accueils.fin)
    where mesures.source = 'parcours_ase' and natures.est_accueil_possible
),

sejours as (
    select *
    from olinpe
    union all
    select *
    from parcours
)

select
    id_population,
    mesure,
    source,
    territoire,
    decision,
    nature,
    est_jeune_majeur,
    est_placement_direct,
    type_accueil_sejour as type_accueil,
    est_lieu_inconnu,
    id_lieu,
    est_changement,
    debut_sejour as debut,
    fin_sejour as fin,
    fin_presumee,
    motif_fin,
    row_number() over (
        partition by id_population
        order by
            case
                when type_accueil_sejour in ('aed', 'aemo') then 2
                when est_lieu_inconnu then 1
                else 0
            end,
            debut desc, debut_sejour desc, fin_sejour desc nulls first, mesure desc, source asc, id_lieu asc nulls last,
            type_accueil_sejour asc
    ) as priorite
from sejours
-- Two places told on one day: the last one holds.
where fin_sejour is null or fin_sejour >= debut_sejour
