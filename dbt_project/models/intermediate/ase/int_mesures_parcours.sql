-- Spells in care told by S11: its measures, and the places that no measure covers (a software that keeps places only).
-- A measure at home has no place; under young-adult care it may.
with mesures as (
    select
        *,
        type_accueil not in ('aed', 'aemo') or est_jeune_majeur as est_accueil_possible
    from {{ ref('int_parcours') }}
    where type_ligne = 'mesure' and est_en_charge and est_comptable
),

accueils as (
    select *
    from {{ ref('int_parcours') }}
    where type_ligne = 'accueil' and est_comptable
),

-- A place opened on the day a measure ends belongs to the next one.
places as (
    select
        mesures.id_population,
        mesures.territoire,
        mesures.nature,
        mesures.debut,
        accueils.type_accueil,
        row_number() over (
            partition by mesures.id_population, mesures.territoire, mesures.nature, mesures.debut
            order by accueils.debut desc, accueils.fin desc nulls first, accueils.nature asc
        ) as rang
    from mesures
    inner join accueils
        on
            mesures.id_population = accueils.id_population
            and mesures.territoire = accueils.territoire
            and mesures.est_accueil_possible
            and coalesce(mesures.fin, {{ jour('12-31') }}) >= accueils.debut
            and (accueils.fin is null or mesures.debut <= accueils.fin)
),

seuls as (
    select accueils.*
    from accueils
    left join mesures
        on
            accueils.id_population = mesures.id_population
            and accueils.territoire = mesures.territoire
            and mesures.est_accueil_possible
            and accueils.debut <= coalesce(mesures.fin, {{ jour('12-31') }})
            and (accueils.fin is null or accueils.fin >= mesures.debut)
    where mesures.id_population is null
),

-- A person linked from two pseudonyms may be told the same measure twice: one row, the longest.
reunies as (
    select
        mesures.id_population,
        mesures.territoire,
        mesures.decision,
        mesures.nature,
        mesures.est_jeune_majeur,
        mesures.est_placement_direct,
        mesures.est_accueil_possible,
        mesures.debut,
        mesures.fin,
        mesures.motif_fin,
        coalesce(places.type_accueil, mesures.type_accueil) as type_accueil,
        mesures.type_accueil as type_accueil_sans_lieu,
        cast(null as {{ texte() }}) as id_lieu,
        false as est_accueil_seul
    from mesures
    left join places
        on
            mesures.id_population = places.id_population
            and mesures.territoire = places.territoire
            and mesures.nature = places.nature
            and mesures.debut = places.debut
            and places.rang = 1
    union all
    select
        id_population,
        territoire,
        cast(null as {{ texte() }}) as decision,
        nature,
        false as est_jeune_majeur,
        false as est_placement_direct,
        false as est_accueil_possible,
        debut,
        fin,
        motif_fin,
        type_accueil,
        type_accueil as type_accueil_sans_lieu,
        id_lieu,
        true as est_accueil_seul
    from seuls
),

uniques as (
    select
        *,
        row_number() over (
            partition by id_population, territoire, nature, debut, est_accueil_seul
            order by fin desc nulls first, motif_fin asc nulls last, type_accueil asc, id_lieu asc nulls last
        ) as exemplaire
    from reunies
),

closes as (
    select
        uniques.*,
        make_date(
            cast(extract(year from personnes.date_naissance) as integer)
            + cast(
                case when uniques.est_jeune_majeur then parametres.age_maximum else parametres.age_majorite end
                as integer
            ),
            cast(extract(month from personnes.date_naissance) as integer),
            15
        ) as fin_legale
    from uniques
    cross join {{ ref('int_parametres') }} as parametres
    left join {{ ref('int_personnes_ase') }} as personnes on uniques.id_population = personnes.id_population
    where uniques.exemplaire = 1
)

select
    id_population,
    row_number() over (
        partition by id_population
        order by debut asc, territoire asc, nature asc, est_accueil_seul asc
    ) as mesure,
    territoire,
    decision,
    nature,
    est_jeune_majeur,
    est_placement_direct,
    est_accueil_possible,
    est_accueil_seul,
    debut,
    case
        when fin is not null then fin
        when fin_legale <= {{ jour('12-31') }} and fin_legale < debut then debut
        when fin_legale <= {{ jour('12-31') }} then fin_legale
    end as fin,
    coalesce(fin is null and fin_legale <= {{ jour('12-31') }}, false) as fin_presumee,
    case when fin is null and fin_legale <= {{ jour('12-31') }} then 'presumee' else motif_fin end as motif_fin,
    type_accueil,
    type_accueil_sans_lieu,
    id_lieu
from closes
