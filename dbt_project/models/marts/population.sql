-- Every young person with at least one day in care in the campagne, one row each, as known at 31 December.
with de_l_annee as (
    select
        *,
        row_number() over (
            partition by id_population
            order by
                coalesce(fin, date '2999-12-31') desc,
                case when type_accueil in ('aed', 'aemo') then 1 else 0 end, debut desc,
                territoire asc, decision asc, nature asc, intervention asc
        ) as rang
    from {{ ref('int_mesures') }}
    where fin is null or fin >= {{ jour('01-01') }}
),

dernieres as (
    select
        de_l_annee.id_population,
        de_l_annee.territoire,
        de_l_annee.type_accueil,
        types.type_accueil_regroupe,
        de_l_annee.est_jeune_majeur,
        de_l_annee.est_placement_direct,
        de_l_annee.fin_presumee
    from de_l_annee
    inner join {{ ref('types_accueil') }} as types on de_l_annee.type_accueil = types.type_accueil
    where de_l_annee.rang = 1
),

debuts as (
    select
        id_population,
        min(debut) as debut_prise_en_charge
    from {{ ref('int_periodes') }}
    group by id_population
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    dernieres.id_population,
    personnes.id_personne,
    coalesce(situations.territoire, dernieres.territoire) as territoire,
    personnes.sexe,
    cast(personnes.annee_naissance as bigint) as annee_naissance,
    cast(personnes.mois_naissance as bigint) as mois_naissance,
    cast({{ age_au('personnes.date_naissance', jour('12-31')) }} as bigint) as age_31_12,
    situations.id_population is not null as en_charge_31_12,
    entrants.id_population is not null as entrant_college,
    scolarite.nivsco,
    coalesce(situations.type_accueil, dernieres.type_accueil) as type_accueil,
    coalesce(situations.type_accueil_regroupe, dernieres.type_accueil_regroupe) as type_accueil_regroupe,
    coalesce(situations.est_jeune_majeur, dernieres.est_jeune_majeur) as jeune_majeur,
    coalesce(situations.est_placement_direct, dernieres.est_placement_direct) as placement_direct,
    personnes.mna,
    personnes.handicap,
    situations.id_population is null as sortant,
    debuts.debut_prise_en_charge,
    situations.id_population is null and dernieres.fin_presumee as fin_presumee,
    personnes.id_personne is not null as rapprochable
from dernieres
inner join {{ ref('int_personnes_ase') }} as personnes on dernieres.id_population = personnes.id_population
inner join debuts on dernieres.id_population = debuts.id_population
left join {{ ref('int_situations') }} as situations
    on dernieres.id_population = situations.id_population and situations.repere = 'fin_campagne'
left join {{ ref('int_entrants_college') }} as entrants on dernieres.id_population = entrants.id_population
left join {{ ref('int_scolarite') }} as scolarite on dernieres.id_population = scolarite.id_population
