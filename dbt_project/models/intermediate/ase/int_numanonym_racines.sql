-- Corrected spellings: from each number to the first number of its chain, one row a number that has an antecedent.
-- A number with two antecedents (two files merged) follows the smallest; a loop stops after 14 steps, one a campagne.
with recursive liens as (
    select
        numanonym,
        min(numanonymant) as anterieur
    from {{ ref('stg_mesures_ase__evenements') }}
    where numanonymant is not null and numanonymant <> numanonym
    group by numanonym
),

chaines as (
    select
        numanonym,
        anterieur as racine,
        1 as profondeur
    from liens
    union all
    select
        chaines.numanonym,
        liens.anterieur as racine,
        chaines.profondeur + 1 as profondeur
    from chaines
    inner join liens on chaines.racine = liens.numanonym
    where chaines.profondeur < 14
),

classees as (
    select
        numanonym,
        racine,
        profondeur,
        row_number() over (partition by numanonym order by profondeur desc) as rang
    from chaines
)

select
    numanonym,
    racine,
    profondeur
from classees
where rang = 1
