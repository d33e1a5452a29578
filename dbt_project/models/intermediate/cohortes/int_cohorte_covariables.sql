-- What is known of a young person strictly before a day: one row a young person and day asked for by the cohorts. Every
-- date read is older than that day, and `derniere_date_lue` keeps the latest of them for the test that proves it.
with jours as (
    select
        id_population,
        date_index as date_reference
    from {{ ref('int_cohorte_groupes') }}
    union distinct
    select
        id_population,
        date_debut as date_reference
    from {{ ref('int_cohorte_comparateurs') }}
    where etape in ('acceptants_en_attente', 'eligibles_non_mentores')
    union distinct
    select
        id_population,
        date_debut as date_reference
    from {{ ref('int_cohorte_mentores') }}
    where etape = 'mentores'
),

evenements as (
    select
        jours.id_population,
        jours.date_reference,
        {{ dernier_connu('evenements.nivsco', 'evenements.rang_evenement', ['999']) }} as nivsco,
        {{ dernier_connu('evenements.handicap', 'evenements.rang_evenement', ['9']) }} as handicap,
        {{ dernier_connu('evenements.mina', 'evenements.rang_evenement', ['9']) }} as mina,
        max(evenements.date_evenement) as derniere_date
    from jours
    inner join {{ ref('int_evenements') }} as evenements
        on jours.id_population = evenements.id_population and jours.date_reference > evenements.date_evenement
    group by jours.id_population, jours.date_reference
),

mesures as (
    select
        jours.id_population,
        jours.date_reference,
        count(*) as mesures_nb,
        min(mesures.debut) as premier_debut,
        max(mesures.debut) as derniere_date
    from jours
    inner join {{ ref('int_mesures') }} as mesures
        on jours.id_population = mesures.id_population and jours.date_reference > mesures.debut
    group by jours.id_population, jours.date_reference
),

deplacements as (
    select
        jours.id_population,
        jours.date_reference,
        count(*) as deplacements_nb,
        max(lieux.debut) as derniere_date
    from jours
    inner join {{ ref('int_lieux') }} as lieux
        on
            jours.id_population = lieux.id_population
            and lieux.est_deplacement
            and jours.date_reference > lieux.debut
    group by jours.id_population, jours.date_reference
),

dossiers as (
    select
        coalesce(personnes.id_personne, dossiers.id_jeune) as id_personne,
        dossiers.date_proposition,
        coalesce(dossiers.statut, 'a_evaluer') not in ('a_evaluer', 'evalue', 'non_retenu', 'differe') as est_propose
    from {{ ref('stg_dossiers_mentorat__dossiers') }} as dossiers
    left join {{ ref('stg_identites__personnes') }} as personnes on dossiers.id_jeune = personnes.id_jeune
    where dossiers.nature = 'mentorat'
),

-- A proposal whose day no one knows may have come before or after.
propositions as (
    select
        jours.id_population,
        jours.date_reference,
        max(case when dossiers.date_proposition < jours.date_reference then 1 else 0 end) = 1 as est_propose_avant,
        max(case when dossiers.est_propose and dossiers.date_proposition is null then 1 else 0 end) = 1
            as est_propose_sans_date,
        max(case when dossiers.date_proposition < jours.date_reference then dossiers.date_proposition end)
            as derniere_date
    from jours
    inner join dossiers on jours.id_population = dossiers.id_personne
    group by jours.id_population, jours.date_reference
)

select
    jours.id_population,
    jours.date_reference,
    evenements.nivsco,
    case evenements.handicap when '1' then false when '2' then true end as handicap,
    case evenements.mina when '1' then false when '2' then true end as mna,
    coalesce(etats.type_accueil_regroupe, 'inconnu') as type_accueil_regroupe,
    coalesce(etats.base_legale, 'inconnue') as base_legale,
    {{ jours_entre('mesures.premier_debut', 'jours.date_reference') }} as anciennete_jours,
    cast(coalesce(mesures.mesures_nb, 0) as bigint) as mesures_nb,
    cast(
        case when mesures.mesures_nb is not null then coalesce(deplacements.deplacements_nb, 0) end as bigint
    ) as deplacements_nb,
    case
        when propositions.est_propose_avant then true
        when propositions.est_propose_sans_date then null
        else false
    end as propose_avant,
    greatest(
        evenements.derniere_date,
        mesures.derniere_date,
        etats.debut,
        deplacements.derniere_date,
        propositions.derniere_date
    ) as derniere_date_lue
from jours
left join evenements
    on jours.id_population = evenements.id_population and jours.date_reference = evenements.date_reference
left join mesures
    on jours.id_population = mesures.id_population and jours.date_reference = mesures.date_reference
-- States never overlap: one at most holds the day before.
left join {{ ref('int_etats') }} as etats
    on
        jours.id_population = etats.id_population
        and jours.date_reference > etats.debut
        and jours.date_reference <= {{ plus_jours("coalesce(etats.fin, cast('2999-12-31' as date))", 1) }}
left join deplacements
    on jours.id_population = deplacements.id_population and jours.date_reference = deplacements.date_reference
left join propositions
    on jours.id_population = propositions.id_population and jours.date_reference = propositions.date_reference
