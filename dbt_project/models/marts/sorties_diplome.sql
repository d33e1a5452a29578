-- Who left care in the campagne at 16 or more, and the last diploma told: at 16 school is no longer compulsory
-- and the first diploma (brevet, at about 15) may have been taken. An end that nobody sent tells no diploma: left out.
-- With or without a mentor is known of a linked young person only, where the pairs of the territory are: anyone else is
-- a group apart, never « without ».
with sorties as (
    select
        id_population,
        max(fin) as date_sortie
    from {{ ref('int_periodes') }}
    where not fin_presumee and fin between {{ jour('01-01') }} and {{ jour('12-31') }}
    group by id_population
),

agees as (
    select
        sorties.id_population,
        sorties.date_sortie,
        personnes.id_personne,
        cast({{ age_au('personnes.date_naissance', 'sorties.date_sortie') }} as bigint) as age_sortie
    from sorties
    inner join {{ ref('int_personnes_ase') }} as personnes on sorties.id_population = personnes.id_population
    where {{ age_au('personnes.date_naissance', 'sorties.date_sortie') }} >= 16
),

-- Two measures may end together in two territories: the one begun last.
territoires as (
    select
        agees.id_population,
        mesures.territoire,
        row_number() over (
            partition by agees.id_population
            order by mesures.debut desc, mesures.territoire asc
        ) as rang
    from agees
    inner join {{ ref('int_mesures') }} as mesures
        on agees.id_population = mesures.id_population and agees.date_sortie = mesures.fin
),

diplomes as (
    select
        agees.id_population,
        {{ dernier_code('evenements.diplome', 'evenements.rang_evenement', '9') }} as diplome
    from agees
    inner join {{ ref('int_evenements') }} as evenements
        on
            agees.id_population = evenements.id_population
            and evenements.typev = '3'
            and agees.date_sortie >= evenements.date_evenement
    group by agees.id_population
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    agees.id_population,
    case
        when agees.id_personne is null or couverture.statut_binomes is null or couverture.statut_binomes <> 'calcule'
            then null
        when premiers.premier_mentorat <= agees.date_sortie then true
        when premiers.est_mentorat_sans_date then null
        else false
    end as mentore_avant,
    agees.age_sortie,
    territoires.territoire,
    cast(diplomes.diplome as {{ texte() }}) as diplome
from agees
inner join territoires on agees.id_population = territoires.id_population and territoires.rang = 1
left join {{ ref('int_couverture') }} as couverture on territoires.territoire = couverture.territoire
left join {{ ref('int_cohorte_premiers_binomes') }} as premiers on agees.id_personne = premiers.id_personne
left join diplomes on agees.id_population = diplomes.id_population
