-- Sessions of a pair by month. Dated rows win; months counted by the association fill the others, and stay beside where
-- both are there. What falls outside the pair's own dates is no session of it: counted apart.
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

seances as (
    select
        seances.association,
        seances.id_binome,
        binomes.territoire,
        seances.date_seance,
        {{ debut_mois('seances.date_seance') }} as mois,
        seances.duree_minutes,
        seances.presence,
        coalesce(seances.collectif, false) as est_collectif,
        {{ couvre('binomes.date_debut', 'binomes.date_fin', 'seances.date_seance') }} as est_dans_dates
    from {{ ref('stg_seances__seances') }} as seances
    inner join binomes
        on seances.association = binomes.association and seances.id_binome = binomes.id_binome
),

datees as (
    select
        association,
        id_binome,
        territoire,
        mois,
        count_if(est_dans_dates and presence = 'present') as seances_nb,
        count_if(est_dans_dates and presence = 'absent_excuse') as absences_excusees_nb,
        count_if(est_dans_dates and presence = 'absent') as absences_nb,
        count_if(est_dans_dates and presence = 'present' and est_collectif) as seances_collectives_nb,
        coalesce(sum(case when est_dans_dates and presence = 'present' then duree_minutes end), 0) as minutes,
        max(case when est_dans_dates and presence = 'present' then date_seance end) as dernier_contact,
        count_if(not est_dans_dates) as hors_dates_nb
    from seances
    group by association, id_binome, territoire, mois
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
    cast(datees.seances_nb as bigint) as seances_nb,
    cast(datees.absences_excusees_nb as bigint) as absences_excusees_nb,
    cast(datees.absences_nb as bigint) as absences_nb,
    cast(datees.seances_collectives_nb as bigint) as seances_collectives_nb,
    cast(datees.minutes as bigint) as minutes,
    datees.dernier_contact,
    cast(datees.hors_dates_nb as bigint) as hors_dates_nb,
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
