-- From every OLINPE number to the young person: the person linked through S0, else the root of the number's chain.
with numeros as (
    select
        evenements.numanonym,
        coalesce(racines.racine, evenements.numanonym) as racine
    from (select distinct numanonym from {{ ref('stg_mesures_ase__evenements') }}) as evenements
    left join {{ ref('int_numanonym_racines') }} as racines on evenements.numanonym = racines.numanonym
),

passages as (
    select
        coalesce(racines.racine, correspondances.numanonym) as racine,
        coalesce(personnes.id_personne, correspondances.id_jeune) as id_personne,
        row_number() over (
            partition by coalesce(racines.racine, correspondances.numanonym)
            order by correspondances.campagne desc, coalesce(personnes.id_personne, correspondances.id_jeune)
        ) as rang
    from {{ ref('stg_passage__correspondances') }} as correspondances
    left join {{ ref('int_numanonym_racines') }} as racines on correspondances.numanonym = racines.numanonym
    left join {{ ref('stg_identites__personnes') }} as personnes on correspondances.id_jeune = personnes.id_jeune
    where correspondances.id_jeune is not null
)

select
    numeros.numanonym,
    numeros.racine,
    passages.id_personne,
    coalesce(passages.id_personne, 'numanonym:' || numeros.racine) as id_population,
    -- Two numbers of one young person: two spellings, or two territories.
    count(*) over (partition by coalesce(passages.id_personne, numeros.racine)) > 1 as a_plusieurs_numeros
from numeros
left join passages on numeros.racine = passages.racine and passages.rang = 1
