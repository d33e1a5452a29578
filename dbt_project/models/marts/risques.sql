-- Risk sets of the campagne, for matching on the index date: one row a young person and interval during which a first
-- pair could begin, with the status of the time and what happens on its last day. The risk set of a day is every
-- interval that covers it, but for those whose own pair or parrainage begins that very day (`debut_accompagnement`).
-- Comparators are those whose `statut` is acceptants_en_attente or eligibles_non_mentores.
with intervalles as (
    select
        *,
        greatest(debut, {{ jour('01-01') }}) as debut_campagne
    from {{ ref('int_cohorte_risques') }}
    where fin >= {{ jour('01-01') }}
),

lieux as (
    select
        intervalles.id_population,
        intervalles.debut_campagne,
        lieux.type_accueil_regroupe,
        row_number() over (
            partition by intervalles.id_population, intervalles.debut_campagne
            order by
                case when lieux.type_accueil in ('aed', 'aemo') then 1 else 0 end asc, lieux.debut desc, lieux.rang desc
        ) as rang
    from intervalles
    inner join {{ ref('int_lieux') }} as lieux
        on
            intervalles.id_population = lieux.id_population
            and {{ couvre('lieux.debut', 'lieux.fin', 'intervalles.debut_campagne') }}
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    intervalles.id_population,
    intervalles.territoire,
    intervalles.statut,
    intervalles.debut_campagne as debut,
    intervalles.fin,
    intervalles.evenement,
    intervalles.est_debut_accompagnement as debut_accompagnement,
    personnes.sexe,
    cast(personnes.annee_naissance as bigint) as annee_naissance,
    cast(personnes.mois_naissance as bigint) as mois_naissance,
    coalesce(lieux.type_accueil_regroupe, 'inconnu') as type_accueil_regroupe
from intervalles
inner join {{ ref('int_personnes_ase') }} as personnes on intervalles.id_population = personnes.id_population
left join lieux
    on
        intervalles.id_population = lieux.id_population
        and intervalles.debut_campagne = lieux.debut_campagne
        and lieux.rang = 1
