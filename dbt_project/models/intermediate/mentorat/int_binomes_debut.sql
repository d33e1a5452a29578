-- Age on the first day of each pair, and place of care the day before: what is known at 31 December may be a
-- consequence of the pair, or of how long it lasted.
with lieux as (
    select
        binomes.id_binome,
        lieux.type_accueil_regroupe,
        row_number() over (
            partition by binomes.id_binome
            order by
                case when lieux.type_accueil in ('aed', 'aemo') then 1 else 0 end asc,
                lieux.debut desc,
                lieux.rang desc
        ) as rang
    from {{ ref('int_binomes') }} as binomes
    inner join {{ ref('int_lieux') }} as lieux
        on
            binomes.id_personne = lieux.id_population
            and binomes.date_debut > lieux.debut
            and (lieux.fin is null or binomes.date_debut <= {{ plus_jours('lieux.fin', 1) }})
)

select
    binomes.id_binome,
    {{ tranche_age(age_au('binomes.date_naissance', 'binomes.date_debut')) }} as tranche_age,
    coalesce(lieux.type_accueil_regroupe, 'inconnu') as type_accueil_regroupe
from {{ ref('int_binomes') }} as binomes
left join lieux on binomes.id_binome = lieux.id_binome and lieux.rang = 1
where binomes.date_debut is not null
