-- Days at risk of a first pair since the territory is observed, cut so that what is told of a row's first day holds on
-- each of its days: one row a young person and stretch of days with one status, one place of the day before and one
-- school level known before the day. A change counts from the day after it: it is never read on the day it happens.
-- Nothing is known before the first day of a stay in care: that day is no row of its own, unless the time at risk ends
-- with it (a pair that begins on that very day).
with a_risque as (
    select
        risques.id_population,
        risques.territoire,
        risques.statut,
        observation.debut_observation,
        greatest(risques.debut, observation.debut_observation) as debut,
        risques.fin,
        risques.evenement,
        risques.est_debut_accompagnement
    from {{ ref('int_cohorte_risques') }} as risques
    inner join {{ ref('int_observation') }} as observation on risques.territoire = observation.territoire
    where risques.fin >= observation.debut_observation
),

jeunes as (
    select
        id_population,
        max(fin) as dernier_jour
    from a_risque
    group by id_population
),

-- A place is the place of the day before from the day after its first day to the day after its last.
lieux as (
    select
        lieux.id_population,
        lieux.debut as debut_lieu,
        lieux.type_accueil_regroupe,
        {{ plus_jours('lieux.debut', 1) }} as debut,
        {{ plus_jours("coalesce(lieux.fin, cast('2999-12-31' as date))", 1) }} as fin
    from {{ ref('int_lieux') }} as lieux
    inner join jeunes on lieux.id_population = jeunes.id_population and lieux.debut < jeunes.dernier_jour
),

deplacements as (
    select
        id_population,
        debut,
        row_number() over (partition by id_population order by rang) as deplacements_nb,
        lead(debut) over (partition by id_population order by rang) as suivant
    from {{ ref('int_lieux') }}
    where est_deplacement
),

connus as (
    select
        evenements.id_population,
        evenements.date_evenement,
        evenements.nivsco,
        evenements.rang_evenement,
        lag(evenements.nivsco) over (
            partition by evenements.id_population
            order by evenements.rang_evenement
        ) as nivsco_precedent
    from {{ ref('int_evenements') }} as evenements
    inner join jeunes
        on evenements.id_population = jeunes.id_population and evenements.date_evenement < jeunes.dernier_jour
    where evenements.nivsco is not null and evenements.nivsco <> '999'
),

changements as (
    select
        id_population,
        date_evenement,
        nivsco,
        coalesce(
            lead(date_evenement) over (partition by id_population order by rang_evenement), date '2999-12-31'
        ) as date_suivante
    from connus
    where nivsco_precedent is null or nivsco <> nivsco_precedent
),

-- Of two levels told on one day the last one holds; before the first one told, none is known.
niveaux as (
    select
        id_population,
        nivsco,
        date_evenement as date_nivsco,
        {{ plus_jours('date_evenement', 1) }} as debut,
        date_suivante as fin
    from changements
    where date_evenement < date_suivante
    union all
    select
        id_population,
        cast(null as {{ texte() }}) as nivsco,
        cast(null as date) as date_nivsco,
        date '1900-01-01' as debut,
        date_evenement as fin
    from connus
    where nivsco_precedent is null
),

par_lieu as (
    select
        a_risque.*,
        lieux.debut_lieu,
        lieux.type_accueil_regroupe,
        greatest(a_risque.debut, lieux.debut) as debut_tranche,
        least(a_risque.fin, lieux.fin) as fin_tranche
    from a_risque
    left join lieux
        on
            a_risque.id_population = lieux.id_population
            and a_risque.fin >= lieux.debut
            and a_risque.debut <= lieux.fin
),

tranches as (
    select
        par_lieu.*,
        niveaux.nivsco,
        greatest(par_lieu.debut_tranche, niveaux.debut) as debut_connu,
        least(par_lieu.fin_tranche, niveaux.fin) as fin_connue,
        greatest(par_lieu.debut_lieu, niveaux.date_nivsco) as derniere_date_lue
    from par_lieu
    left join niveaux
        on
            par_lieu.id_population = niveaux.id_population
            and par_lieu.fin_tranche >= niveaux.debut
            and par_lieu.debut_tranche <= niveaux.fin
)

select
    tranches.id_population,
    tranches.territoire,
    tranches.statut,
    tranches.debut_observation,
    tranches.debut_connu as debut,
    tranches.fin_connue as fin,
    case when tranches.fin_connue = tranches.fin then tranches.evenement else 'suite' end as evenement,
    tranches.fin_connue = tranches.fin and tranches.est_debut_accompagnement as est_debut_accompagnement,
    tranches.type_accueil_regroupe,
    cast(
        case when tranches.debut_lieu is not null then coalesce(deplacements.deplacements_nb, 0) end as bigint
    ) as deplacements_nb,
    tranches.nivsco,
    tranches.derniere_date_lue
from tranches
left join deplacements
    on
        tranches.id_population = deplacements.id_population
        and tranches.debut_connu > deplacements.debut
        and (deplacements.suivant is null or tranches.debut_connu <= deplacements.suivant)
