-- One row a young person known to S1 or S11: the last known value of each trait, events after the campagne left out.
-- S11 tells no trait, not even the birth: those it alone holds are of unknown age. The birth told by S2 or S3 is not
-- used for them: only young people with a file would become eligible, and every coverage would be whole.
with traits as (
    select
        id_population,
        {{ dernier_connu('sexe', 'rang_evenement', ['9']) }} as sexe,
        {{ dernier_connu('annee_naissance', 'rang_evenement') }} as annee_naissance,
        {{ dernier_connu('mois_naissance', 'rang_evenement') }} as mois_naissance,
        {{ dernier_connu('handicap', 'rang_evenement', ['9']) }} as handicap,
        {{ dernier_connu('mina', 'rang_evenement', ['9']) }} as mina,
        {{ dernier_connu('interant', 'rang_evenement', ['9']) }} as interant
    from {{ ref('int_evenements') }}
    where date_evenement is null or date_evenement <= {{ jour('12-31') }}
    group by id_population
),

identites as (
    select
        id_population,
        max(id_personne) as id_personne
    from {{ ref('int_identites_ase') }}
    group by id_population
),

connues as (
    select
        id_population,
        max(id_personne) as id_personne
    from (
        select
            traits.id_population,
            identites.id_personne
        from traits
        inner join identites on traits.id_population = identites.id_population
        union all
        select distinct
            id_population,
            id_population as id_personne
        from {{ ref('int_parcours') }}
        where est_comptable
    ) as toutes
    group by id_population
)

select
    connues.id_population,
    connues.id_personne,
    traits.annee_naissance,
    traits.mois_naissance,
    case traits.sexe when '1' then 'G' when '2' then 'F' else 'inconnu' end as sexe,
    -- OLINPE gives no day: the 15th; a month that is unknown is taken as July, the middle of the year.
    make_date(
        cast(traits.annee_naissance as integer), cast(coalesce(traits.mois_naissance, 7) as integer), 15
    ) as date_naissance,
    case traits.handicap when '1' then false when '2' then true end as handicap,
    case traits.mina when '1' then false when '2' then true end as mna,
    case traits.interant when '1' then false when '2' then true end as est_aide_avant
from connues
left join traits on connues.id_population = traits.id_population
