-- Honorability of the mentor of each pair (S5b, dates only), as D221-39 asks it.
-- Before the decision: a check dated on or before it. Every year: counted from the later of the pair's start and the day
-- the rule came into force, no more than validite_controle_mois between that day, each check, and the end of the pair
-- (31 December when it runs). A pair too young for its first yearly check, and without one, is « non échu ».
with binomes as (
    select
        liens.cle_binome,
        liens.territoire,
        liens.association,
        liens.id_mentor,
        dossiers.date_decision,
        coalesce(dossiers.date_lancement, liens.date_debut) as date_repere,
        greatest(liens.date_debut, parametres.entree_en_vigueur) as date_origine,
        least(liens.date_fin, {{ jour('12-31') }}) as date_terme,
        parametres.validite_controle_mois
    from {{ ref('int_chaine_liens') }} as liens
    left join {{ ref('int_chaine_dossiers') }} as dossiers
        on liens.territoire = dossiers.territoire and liens.id_dossier = dossiers.id_dossier
    cross join {{ ref('int_parametres') }} as parametres
),

-- A file of checks tells of a pair when it comes from the collectivité in charge, or from the pair's own association.
transmissions as (
    select distinct
        controles.territoire,
        case
            when controles.depose_par = territoires.emetteur then '*'
            else replace(controles.depose_par, 'association-', '')
        end as portee
    from {{ ref('stg_controles_honorabilite__controles') }} as controles
    inner join {{ ref('int_territoires') }} as territoires on controles.territoire = territoires.territoire
),

controles as (
    select distinct
        binomes.cle_binome,
        controles.date_controle,
        controles.date_decision
    from binomes
    inner join {{ ref('stg_controles_honorabilite__controles') }} as controles
        on binomes.id_mentor = controles.id_mentor
    where controles.date_controle <= binomes.date_terme
),

-- The decision as S2 tells it, else as the file of checks does.
decisions as (
    select
        binomes.cle_binome,
        coalesce(
            max(binomes.date_decision),
            max(case when controles.date_decision <= binomes.date_repere then controles.date_decision end)
        ) as date_decision,
        min(controles.date_controle) as premier_controle,
        max(controles.date_controle) as dernier_controle
    from binomes
    left join controles on binomes.cle_binome = controles.cle_binome
    group by binomes.cle_binome
),

-- Days that start a new delay: the origin, each check after it; and the term, which closes the last one.
jalons as (
    select
        cle_binome,
        date_origine as jalon
    from binomes
    where date_origine <= date_terme
    union
    select
        binomes.cle_binome,
        controles.date_controle as jalon
    from binomes
    inner join controles on binomes.cle_binome = controles.cle_binome
    where controles.date_controle > binomes.date_origine
    union
    select
        cle_binome,
        date_terme as jalon
    from binomes
    where date_origine <= date_terme
),

delais as (
    select
        cle_binome,
        jalon,
        lag(jalon) over (partition by cle_binome order by jalon) as jalon_precedent
    from jalons
),

retards as (
    select
        delais.cle_binome,
        max(
            case
                when
                    delais.jalon > {{ plus_mois('delais.jalon_precedent', 'binomes.validite_controle_mois') }}
                    then 1
                else 0
            end
        ) = 1 as a_depasse
    from delais
    inner join binomes on delais.cle_binome = binomes.cle_binome
    group by delais.cle_binome
)

select
    binomes.cle_binome,
    decisions.date_decision,
    decisions.premier_controle,
    decisions.dernier_controle,
    case
        when decisions.premier_controle <= decisions.date_decision then 'fait'
        when binomes.id_mentor is null then 'non_transmis'
        when decisions.premier_controle is null and tous.territoire is null and siens.territoire is null
            then 'non_transmis'
        -- Without a decision, a check after the start is surely late; one before it may have followed the decision.
        when decisions.date_decision is null and decisions.premier_controle <= binomes.date_repere then 'non_transmis'
        else 'manquant'
    end as etat_avant_decision,
    case
        when binomes.date_origine > binomes.date_terme then 'sans_objet'
        when decisions.dernier_controle is null and tous.territoire is null and siens.territoire is null
            then 'non_transmis'
        when binomes.id_mentor is null then 'non_transmis'
        when retards.a_depasse then 'manquant'
        when {{ plus_mois('decisions.dernier_controle', 'binomes.validite_controle_mois') }} >= binomes.date_terme
            then 'fait'
        else 'non_echu'
    end as etat_annuel
from binomes
inner join decisions on binomes.cle_binome = decisions.cle_binome
left join retards on binomes.cle_binome = retards.cle_binome
left join transmissions as tous on binomes.territoire = tous.territoire and tous.portee = '*'
left join transmissions as siens on binomes.territoire = siens.territoire and binomes.association = siens.portee
