-- Dated sessions of a pair by month: the one reading of the rows of S4. What falls outside the pair's own dates is no
-- session of it, what names an unknown pair is nobody's: both are counted, and counted apart.
with seances as (
    select
        seances.association,
        seances.id_binome,
        seances.campagne,
        binomes.territoire,
        binomes.id_binome is not null as est_binome_connu,
        {{ debut_mois('seances.date_seance') }} as mois,
        seances.date_seance,
        seances.duree_minutes,
        seances.presence,
        coalesce(seances.collectif, false) as est_collectif,
        seances.est_redite,
        coalesce({{ couvre('binomes.date_debut', 'binomes.date_fin', 'seances.date_seance') }}, false)
            as est_dans_dates
    from {{ ref('stg_seances__seances') }} as seances
    left join {{ ref('int_binomes') }} as binomes
        on
            seances.association = binomes.association
            and seances.id_binome = binomes.id_binome
            and binomes.source = 'binomes'
)

select
    association,
    id_binome,
    campagne,
    mois,
    territoire,
    est_binome_connu,
    cast(count_if(est_dans_dates and presence = 'present') as bigint) as seances_nb,
    cast(count_if(est_dans_dates and presence = 'absent_excuse') as bigint) as absences_excusees_nb,
    cast(count_if(est_dans_dates and presence = 'absent') as bigint) as absences_nb,
    cast(count_if(est_dans_dates and presence = 'present' and est_collectif) as bigint) as seances_collectives_nb,
    cast(coalesce(sum(case when est_dans_dates and presence = 'present' then duree_minutes end), 0) as bigint)
        as minutes,
    max(case when est_dans_dates and presence = 'present' then date_seance end) as dernier_contact,
    cast(count_if(est_binome_connu and not est_dans_dates) as bigint) as hors_dates_nb,
    cast(count_if(est_redite) as bigint) as redites_nb,
    count(*) as lignes_nb
from seances
group by association, id_binome, campagne, mois, territoire, est_binome_connu
