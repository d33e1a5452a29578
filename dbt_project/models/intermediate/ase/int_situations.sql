-- Where each young person in care stands on the three dates the indicators look at, one row a person and date.
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
)

select
    dates.repere,
    dates.date_repere,
    etats.id_population,
    etats.territoire,
    etats.base_legale,
    etats.type_accueil,
    etats.type_accueil_regroupe,
    etats.est_jeune_majeur,
    etats.est_placement_direct
from {{ ref('int_etats') }} as etats
inner join dates on {{ couvre('etats.debut', 'etats.fin', 'dates.date_repere') }}
