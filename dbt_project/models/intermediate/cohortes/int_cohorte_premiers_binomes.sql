-- The first pair of each young person, by its dates: what makes a mentoré, and what ends the time of a comparator.
-- A pair without its first day makes the first one unknown, and its young person apart.
with binomes as (
    select
        id_personne,
        nature,
        voie,
        date_debut,
        date_fin,
        date_naissance,
        date_fin is null and not est_actif_fin_campagne as est_fin_inconnue
    from {{ ref('int_binomes') }}
    where
        id_personne is not null
        and (date_debut is null or date_debut <= {{ jour('12-31') }})
),

personnes as (
    select
        id_personne,
        min(case when nature = 'mentorat' then date_debut end) as premier_mentorat,
        min(case when nature = 'parrainage' then date_debut end) as premier_parrainage,
        max(case when nature = 'mentorat' and date_debut is null then 1 else 0 end) = 1 as est_mentorat_sans_date,
        max(case when nature = 'parrainage' then 1 else 0 end) = 1 as est_parraine,
        max(case when nature = 'parrainage' and date_debut is null then 1 else 0 end) = 1 as est_parrainage_sans_date,
        max(
            case
                when nature = 'mentorat' and (date_fin is null or date_fin >= {{ jour('01-01') }}) then 1
                else 0
            end
        ) = 1 as est_mentore_dans_l_annee
    from binomes
    group by id_personne
),

-- Two pairs may begin on the same first day: one of another origin, or too young, sets both apart; the longer ends it.
premiers as (
    select
        binomes.id_personne,
        max(coalesce(binomes.date_fin, date '2999-12-31')) as fin,
        max(case when binomes.est_fin_inconnue then 1 else 0 end) = 1 as est_fin_inconnue,
        max(case when binomes.voie = 'milieu_scolaire' then 1 else 0 end) = 1 as est_autre_origine,
        max(
            case
                when {{ age_au('binomes.date_naissance', 'binomes.date_debut') }} < parametres.age_minimum then 1
                else 0
            end
        ) = 1 as est_avant_age_minimum
    from binomes
    inner join personnes
        on binomes.id_personne = personnes.id_personne and binomes.date_debut = personnes.premier_mentorat
    cross join {{ ref('int_parametres') }} as parametres
    where binomes.nature = 'mentorat'
    group by binomes.id_personne
)

select
    personnes.id_personne,
    personnes.premier_mentorat,
    nullif(premiers.fin, date '2999-12-31') as fin_premier_mentorat,
    coalesce(premiers.est_fin_inconnue, false) as est_fin_inconnue,
    coalesce(premiers.est_autre_origine, false) as est_autre_origine,
    coalesce(premiers.est_avant_age_minimum, false) as est_avant_age_minimum,
    personnes.est_mentorat_sans_date,
    personnes.est_mentore_dans_l_annee,
    personnes.premier_parrainage,
    personnes.est_parraine,
    personnes.est_parrainage_sans_date
from personnes
left join premiers on personnes.id_personne = premiers.id_personne
