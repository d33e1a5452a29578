-- One row an eligible young person: group, index date, and covariates known strictly before the index date.
with avant_index as (
    select
        groupes.id_population,
        {{ dernier_connu('evenements.nivsco', 'evenements.rang_evenement', ['999']) }} as nivsco,
        {{ dernier_connu('evenements.handicap', 'evenements.rang_evenement', ['9']) }} as handicap,
        {{ dernier_connu('evenements.mina', 'evenements.rang_evenement', ['9']) }} as mina
    from {{ ref('int_cohorte_groupes') }} as groupes
    inner join {{ ref('int_evenements') }} as evenements
        on groupes.id_population = evenements.id_population and groupes.date_index > evenements.date_evenement
    group by groupes.id_population
),

mesures_avant as (
    select
        groupes.id_population,
        mesures.type_accueil,
        count(*) over (partition by groupes.id_population) as mesures_nb,
        min(mesures.debut) over (partition by groupes.id_population) as premier_debut,
        row_number() over (
            partition by groupes.id_population
            order by
                case when mesures.fin is null or mesures.fin >= groupes.date_index then 0 else 1 end,
                case when mesures.type_accueil in ('aed', 'aemo') then 1 else 0 end, mesures.debut desc,
                mesures.territoire asc, mesures.decision asc, mesures.nature asc, mesures.intervention asc
        ) as rang
    from {{ ref('int_cohorte_groupes') }} as groupes
    inner join {{ ref('int_mesures') }} as mesures
        on groupes.id_population = mesures.id_population and groupes.date_index > mesures.debut
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    groupes.id_population,
    groupes.id_personne,
    groupes.territoire,
    groupes.groupe,
    groupes.date_index,
    personnes.sexe,
    cast({{ age_au('personnes.date_naissance', 'groupes.date_index') }} as bigint) as age_index,
    coalesce(types.type_accueil_regroupe, 'inconnu') as type_accueil_regroupe,
    avant_index.nivsco,
    case avant_index.handicap when '1' then false when '2' then true end as handicap,
    case avant_index.mina when '1' then false when '2' then true end as mna,
    cast(groupes.date_index - mesures_avant.premier_debut as bigint) as anciennete_jours,
    cast(coalesce(mesures_avant.mesures_nb, 0) as bigint) as mesures_nb
from {{ ref('int_cohorte_groupes') }} as groupes
inner join {{ ref('int_personnes_ase') }} as personnes on groupes.id_population = personnes.id_population
left join avant_index on groupes.id_population = avant_index.id_population
left join mesures_avant on groupes.id_population = mesures_avant.id_population and mesures_avant.rang = 1
left join {{ ref('types_accueil') }} as types on mesures_avant.type_accueil = types.type_accueil
