-- Sessions of a pair by month. Dated rows win; months counted by the association fill the others, and stay beside where
-- both are there. A month outside the pair's own dates is no month of it: counted apart.
with binomes as (
    select
        association,
        id_binome,
        territoire,
        date_debut,
        date_fin
    from {{ ref('int_binomes') }}
    where source = 'binomes'
),

datees as (
    select *
    from {{ ref('int_seances_datees') }}
    where est_binome_connu
),

mensuelles as (
    select
        mois.association,
        mois.id_binome,
        binomes.territoire,
        mois.mois,
        mois.nb_seances,
        cast(round(mois.heures * 60) as bigint) as minutes,
        -- Without its day, a contact is taken at the end of its month: the delay since then is at least what is said.
        least(
            coalesce(
                mois.dernier_contact,
                case when mois.nb_seances > 0 then {{ plus_jours(plus_mois('mois.mois', 1), -1) }} end
            ),
            binomes.date_fin
        ) as dernier_contact,
        mois.mois between {{ debut_mois('binomes.date_debut') }}
        and {{ debut_mois("coalesce(binomes.date_fin, date '2999-12-31')") }} as est_dans_dates
    from {{ ref('stg_seances_mois__mois') }} as mois
    inner join binomes on mois.association = binomes.association and mois.id_binome = binomes.id_binome
)

select
    datees.association,
    datees.id_binome,
    datees.territoire,
    datees.mois,
    'seances' as source,
    datees.seances_nb,
    datees.absences_excusees_nb,
    datees.absences_nb,
    datees.seances_collectives_nb,
    datees.minutes,
    datees.dernier_contact,
    datees.hors_dates_nb,
    mensuelles.nb_seances as seances_mensuelles_nb
from datees
left join mensuelles
    on
        datees.association = mensuelles.association
        and datees.id_binome = mensuelles.id_binome
        and datees.mois = mensuelles.mois
union all
-- A month counts the sessions held: who was absent is not told.
select
    mensuelles.association,
    mensuelles.id_binome,
    mensuelles.territoire,
    mensuelles.mois,
    'seances_mois' as source,
    case when mensuelles.est_dans_dates then mensuelles.nb_seances else 0 end as seances_nb,
    cast(null as bigint) as absences_excusees_nb,
    cast(null as bigint) as absences_nb,
    cast(null as bigint) as seances_collectives_nb,
    case when mensuelles.est_dans_dates then mensuelles.minutes else 0 end as minutes,
    case when mensuelles.est_dans_dates then mensuelles.dernier_contact end as dernier_contact,
    case when mensuelles.est_dans_dates then 0 else mensuelles.nb_seances end as hors_dates_nb,
    mensuelles.nb_seances as seances_mensuelles_nb
from mensuelles
left join datees
    on
        mensuelles.association = datees.association
        and mensuelles.id_binome = datees.id_binome
        and mensuelles.mois = datees.mois
where datees.id_binome is null
