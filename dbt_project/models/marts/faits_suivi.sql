-- What happened to the young people of the risk sets, dated, from the first day their territory is observed to
-- 31 December of the campagne: outcomes after an index day, and placebo outcomes before it. One row a young person,
-- kind of fact and day. Whoever has no row of a kind is not known to have had it: for FREQSCO, told with some S1 events
-- only, that is no answer and not a good one.
with suivis as (
    select
        intervalles.id_population,
        min(intervalles.debut_observation) as debut_observation
    from {{ ref('int_cohorte_intervalles') }} as intervalles
    group by intervalles.id_population
),

personnes as (
    select
        suivis.id_population,
        personnes.id_personne,
        personnes.date_naissance
    from suivis
    inner join {{ ref('int_personnes_ase') }} as personnes on suivis.id_population = personnes.id_population
),

majorites as (
    select
        personnes.id_population,
        make_date(
            cast(extract(year from personnes.date_naissance) + parametres.age_majorite as integer),
            cast(extract(month from personnes.date_naissance) as integer),
            15
        ) as date_majorite
    from personnes
    cross join {{ ref('int_parametres') }} as parametres
),

faits as (
    select
        id_population,
        'deplacement' as fait,
        debut as date_fait,
        cast(null as {{ texte() }}) as valeur
    from {{ ref('int_lieux') }}
    where est_deplacement
    union all
    select
        id_population,
        'sortie' as fait,
        fin as date_fait,
        case when fin_presumee then 'presumee' else 'connue' end as valeur
    from {{ ref('int_periodes') }}
    where fin is not null
    union all
    select
        id_population,
        'retour' as fait,
        debut as date_fait,
        cast(null as {{ texte() }}) as valeur
    from {{ ref('int_periodes') }}
    where periode > 1
    union all
    -- Begun before the birthday and still running on it: from the birthday, whose day no file tells (the 15th).
    select
        majorites.id_population,
        'jeune_majeur' as fait,
        min(greatest(mesures.debut, majorites.date_majorite)) as date_fait,
        cast(null as {{ texte() }}) as valeur
    from majorites
    inner join {{ ref('int_mesures') }} as mesures
        on
            majorites.id_population = mesures.id_population
            and mesures.est_jeune_majeur
            and (mesures.fin is null or majorites.date_majorite <= mesures.fin)
    group by majorites.id_population
    union all
    select
        personnes.id_population,
        'parrainage' as fait,
        premiers.premier_parrainage as date_fait,
        cast(null as {{ texte() }}) as valeur
    from personnes
    inner join {{ ref('int_cohorte_premiers_binomes') }} as premiers on personnes.id_personne = premiers.id_personne
    where premiers.premier_parrainage is not null
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    faits.id_population,
    faits.fait,
    faits.date_fait,
    faits.valeur
from faits
inner join suivis on faits.id_population = suivis.id_population
where faits.date_fait between suivis.debut_observation and {{ jour('12-31') }}
union all
-- Two events of one day: what is known comes before « unknown », then the last one told.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    evenements.id_population,
    'freqsco' as fait,
    evenements.date_evenement as date_fait,
    cast(
        coalesce({{ dernier_code('evenements.freqsco', 'evenements.rang_evenement', '9') }}, 9) as {{ texte() }}
    ) as valeur
from {{ ref('int_evenements') }} as evenements
inner join suivis on evenements.id_population = suivis.id_population
where
    evenements.freqsco in ('6', '7', '8', '9')
    and evenements.date_evenement between suivis.debut_observation and {{ jour('12-31') }}
group by evenements.id_population, evenements.date_evenement
