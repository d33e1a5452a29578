-- One row a young person known to S1: the last known value of each trait, events after the campagne left out.
with traits as (
    select
        id_population,
        {{ dernier_connu('sexe', 'rang_evenement', ['9']) }} as sexe,
        {{ dernier_connu('annee_naissance', 'rang_evenement') }} as annee_naissance,
        {{ dernier_connu('mois_naissance', 'rang_evenement') }} as mois_naissance,
        {{ dernier_connu('handicap', 'rang_evenement', ['9']) }} as handicap,
        {{ dernier_connu('mina', 'rang_evenement', ['9']) }} as mina
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
)

select
    traits.id_population,
    identites.id_personne,
    traits.annee_naissance,
    traits.mois_naissance,
    case traits.sexe when '1' then 'G' when '2' then 'F' else 'inconnu' end as sexe,
    -- OLINPE gives no day: the 15th; a month that is unknown is taken as July, the middle of the year.
    make_date(
        cast(traits.annee_naissance as integer), cast(coalesce(traits.mois_naissance, 7) as integer), 15
    ) as date_naissance,
    case traits.handicap when '1' then false when '2' then true end as handicap,
    case traits.mina when '1' then false when '2' then true end as mna
from traits
inner join identites on traits.id_population = identites.id_population
