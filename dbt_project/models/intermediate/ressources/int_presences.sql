-- Associations present in a territory at 31 December (registry S13, running pairs of S3, or of S2 where there is no
-- S3) and the acts they hold there: a convention for mentoring, an habilitation for parrainage, both where both are
-- practised. What is practised is what runs; without a running pair, what the registry says.
with binomes as (
    select
        territoire,
        association,
        max(case when nature = 'mentorat' then 1 else 0 end) as mentorat_nb,
        max(case when nature = 'parrainage' then 1 else 0 end) as parrainage_nb
    from {{ ref('int_binomes') }}
    where est_actif_fin_campagne and association is not null and territoire is not null
    group by territoire, association
),

-- An act told for a whole collectivité holds in each of its territories.
actes as (
    select
        codes.territoire,
        conventions.operateur as association,
        max(case when conventions.type_convention = 'convention_mentorat' then 1 else 0 end) as convention_nb,
        max(case when conventions.type_convention = 'habilitation_parrainage' then 1 else 0 end) as habilitation_nb
    from {{ ref('int_conventions') }} as conventions
    inner join {{ ref('int_codes_territoires') }} as codes on conventions.territoire = codes.code
    where conventions.est_valide_fin_campagne
    group by codes.territoire, conventions.operateur
),

couples as (
    select
        territoire,
        association
    from binomes
    union
    select
        territoire,
        association
    from {{ ref('int_registre') }}
    union
    select
        territoire,
        association
    from actes
),

faits as (
    select
        couples.territoire,
        couples.association,
        registre.association is not null as est_au_registre,
        binomes.association is not null as a_binome_actif,
        case
            when binomes.association is not null then binomes.mentorat_nb = 1
            else coalesce(registre.nature in ('mentorat', 'les_deux'), false)
        end as est_mentorat_pratique,
        case
            when binomes.association is not null then binomes.parrainage_nb = 1
            else coalesce(registre.nature in ('parrainage', 'les_deux'), false)
        end as est_parrainage_pratique,
        coalesce(actes.convention_nb, 0) = 1 as a_convention,
        coalesce(actes.habilitation_nb, 0) = 1 as a_habilitation
    from couples
    left join binomes
        on couples.territoire = binomes.territoire and couples.association = binomes.association
    left join {{ ref('int_registre') }} as registre
        on couples.territoire = registre.territoire and couples.association = registre.association
    left join actes
        on couples.territoire = actes.territoire and couples.association = actes.association
)

select
    *,
    (est_mentorat_pratique and not a_convention) or (est_parrainage_pratique and not a_habilitation)
        as est_sans_acte_requis
from faits
