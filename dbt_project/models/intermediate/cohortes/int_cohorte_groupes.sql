-- Every young person eligible one day at least of the campagne in one group, with the index date of the cohort that
-- describes: the first day of the first mentoring pair, else the day drawn for the comparison, else (nobody can compare
-- them) the last day of eligibility in the year.
-- A pair belongs to the campagne it began in: one that began before is a group of its own. Parrainage, pairs of other
-- origin, pairs begun under 11 and refusals stand apart. A mentoré of the year is here under that one group, and is a
-- comparator until his or her pair in `reperes_duree`.
with derniers as (
    select
        *,
        row_number() over (partition by id_population order by debut desc) as rang
    from {{ ref('int_cohorte_eligibles') }}
    where fin >= {{ jour('01-01') }}
),

groupes as (
    select
        derniers.id_population,
        derniers.id_personne,
        derniers.territoire as dernier_territoire,
        derniers.fin as dernier_jour_eligible,
        case when not premiers.est_mentorat_sans_date then premiers.premier_mentorat end as premier_mentorat,
        comparateurs.date_index as date_tiree,
        comparateurs.niveau_tirage,
        coalesce(premiers.premier_parrainage < premiers.premier_mentorat or premiers.est_parrainage_sans_date, false)
            as est_parrainage_avant,
        case
            when derniers.id_personne is null then 'non_rapprochables'
            when not derniers.est_suivi_mentorat then 'sans_donnees_mentorat'
            when premiers.est_mentorat_sans_date then 'binome_sans_date'
            when premiers.est_autre_origine then 'binome_autre_origine'
            when premiers.est_avant_age_minimum then 'binome_avant_11_ans'
            when premiers.premier_mentorat < {{ jour('01-01') }} and premiers.est_mentore_dans_l_annee
                then 'mentorat_commence_avant'
            when premiers.premier_mentorat < {{ jour('01-01') }} then 'mentorat_termine_avant'
            when premiers.premier_mentorat is not null and mentores.id_personne is null
                then 'binome_hors_eligibilite'
            when premiers.premier_mentorat is not null then 'mentores'
            when premiers.est_parraine then 'parrainage_seul'
            else coalesce(comparateurs.etape, 'sans_date_tirable')
        end as groupe
    from derniers
    left join {{ ref('int_cohorte_premiers_binomes') }} as premiers on derniers.id_personne = premiers.id_personne
    left join {{ ref('int_cohorte_mentores') }} as mentores
        on
            derniers.id_personne = mentores.id_personne
            and mentores.repere = 'debut'
            and mentores.etape in ('mentores', 'parrainage_avant')
            and mentores.id_population is not null
    left join {{ ref('int_cohorte_comparateurs') }} as comparateurs
        on derniers.id_population = comparateurs.id_population and comparateurs.repere = 'debut'
    where derniers.rang = 1
),

dates as (
    select
        groupes.id_population,
        groupes.id_personne,
        groupes.dernier_territoire,
        groupes.groupe,
        groupes.est_parrainage_avant,
        coalesce(
            groupes.premier_mentorat,
            case when tirees.id_population is not null then groupes.date_tiree end,
            groupes.dernier_jour_eligible
        ) as date_index,
        case
            when groupes.premier_mentorat is not null then 'premier_jour'
            when tirees.id_population is not null then 'tirage_' || groupes.niveau_tirage
            else 'dernier_jour_eligible'
        end as origine_index
    from groupes
    -- A day drawn outside care describes nobody.
    left join {{ ref('int_cohorte_eligibles') }} as tirees
        on
            groupes.id_population = tirees.id_population
            and groupes.date_tiree between tirees.debut and tirees.fin
)

select
    dates.id_population,
    dates.id_personne,
    dates.groupe,
    dates.date_index,
    dates.origine_index,
    dates.est_parrainage_avant,
    coalesce(eligibles.territoire, dates.dernier_territoire) as territoire
from dates
left join {{ ref('int_cohorte_eligibles') }} as eligibles
    on
        dates.id_population = eligibles.id_population
        and dates.date_index between eligibles.debut and eligibles.fin
