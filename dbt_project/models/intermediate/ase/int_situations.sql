-- Where each young person in care stands on the three dates the indicators look at, one row a person and date.
-- A place of care comes before a measure at home, then the latest measure begun.
with dates as (
    select
        'fin_campagne' as repere,
        {{ jour('12-31') }} as date_repere
    union all
    select
        'rentree' as repere,
        {{ jour('09-01') }} as date_repere
    union all
    select
        'fin_annee_scolaire' as repere,
        {{ jour('08-31') }} as date_repere
),

en_charge as (
    select
        dates.repere,
        dates.date_repere,
        mesures.*,
        row_number() over (
            partition by dates.repere, mesures.id_population
            order by
                case when mesures.type_accueil in ('aed', 'aemo') then 1 else 0 end, mesures.debut desc,
                mesures.territoire asc, mesures.decision asc, mesures.nature asc, mesures.intervention asc
        ) as rang,
        max(case when mesures.est_jeune_majeur then 1 else 0 end) over (
            partition by dates.repere, mesures.id_population
        ) as jeune_majeur_nb,
        max(case when mesures.est_placement_direct then 1 else 0 end) over (
            partition by dates.repere, mesures.id_population
        ) as placement_direct_nb
    from {{ ref('int_mesures') }} as mesures
    inner join dates on {{ couvre('mesures.debut', 'mesures.fin', 'dates.date_repere') }}
)

select
    en_charge.repere,
    en_charge.date_repere,
    en_charge.id_population,
    en_charge.territoire,
    en_charge.type_accueil,
    types.type_accueil_regroupe,
    en_charge.jeune_majeur_nb = 1 as est_jeune_majeur,
    en_charge.placement_direct_nb = 1 as est_placement_direct
from en_charge
inner join {{ ref('types_accueil') }} as types on en_charge.type_accueil = types.type_accueil
where en_charge.rang = 1
