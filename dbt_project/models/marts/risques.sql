-- Risk sets of the observed years, for matching on the index date: one row a young person and stretch of days during
-- which a first pair could begin, with the status of the time and what happens on its last day. The risk set of a day
-- is every row that covers it, but for those whose own pair or parrainage begins that very day
-- (`debut_accompagnement`). Comparators are those whose `statut` is acceptants_en_attente or eligibles_non_mentores. A
-- young person mentored later is here until that day; one whose first pair began before the observation never is.
-- Covariates are known strictly before the first day (`derniere_date_lue`). Place, moves and school level are so on
-- every day of the row, which ends where one of them changes; the others stay those of its first day.
with mesures as (
    select
        intervalles.id_population,
        intervalles.debut,
        count(*) as mesures_nb,
        min(mesures.debut) as premier_debut,
        max(mesures.debut) as derniere_date
    from {{ ref('int_cohorte_intervalles') }} as intervalles
    inner join {{ ref('int_mesures') }} as mesures
        on intervalles.id_population = mesures.id_population and intervalles.debut > mesures.debut
    group by intervalles.id_population, intervalles.debut
),

evenements as (
    select
        intervalles.id_population,
        intervalles.debut,
        {{ dernier_code('evenements.handicap', 'evenements.rang_evenement', '9') }} as handicap,
        {{ dernier_code('evenements.mina', 'evenements.rang_evenement', '9') }} as mina,
        max(evenements.date_evenement) as derniere_date
    from {{ ref('int_cohorte_intervalles') }} as intervalles
    inner join {{ ref('int_evenements') }} as evenements
        on
            intervalles.id_population = evenements.id_population
            and intervalles.debut > evenements.date_evenement
    group by intervalles.id_population, intervalles.debut
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    intervalles.id_population,
    intervalles.territoire,
    intervalles.statut,
    intervalles.debut,
    intervalles.fin,
    intervalles.evenement,
    intervalles.est_debut_accompagnement as debut_accompagnement,
    personnes.sexe,
    cast(personnes.annee_naissance as bigint) as annee_naissance,
    cast(personnes.mois_naissance as bigint) as mois_naissance,
    coalesce(intervalles.type_accueil_regroupe, 'inconnu') as type_accueil_regroupe,
    coalesce(etats.base_legale, 'inconnue') as base_legale,
    intervalles.nivsco,
    case evenements.handicap when 1 then false when 2 then true end as handicap,
    case evenements.mina when 1 then false when 2 then true end as mna,
    mesures.premier_debut as prise_en_charge_debut,
    cast(coalesce(mesures.mesures_nb, 0) as bigint) as mesures_nb,
    intervalles.deplacements_nb,
    intervalles.debut_observation,
    {{ jour('12-31') }} as fin_observation,
    greatest(
        intervalles.derniere_date_lue, evenements.derniere_date, mesures.derniere_date, etats.debut
    ) as derniere_date_lue
from {{ ref('int_cohorte_intervalles') }} as intervalles
inner join {{ ref('int_personnes_ase') }} as personnes on intervalles.id_population = personnes.id_population
-- States never overlap: one at most holds the day before.
left join {{ ref('int_etats') }} as etats
    on
        intervalles.id_population = etats.id_population
        and intervalles.debut > etats.debut
        and intervalles.debut <= {{ plus_jours("coalesce(etats.fin, cast('2999-12-31' as date))", 1) }}
left join mesures on intervalles.id_population = mesures.id_population and intervalles.debut = mesures.debut
left join evenements
    on intervalles.id_population = evenements.id_population and intervalles.debut = evenements.debut
