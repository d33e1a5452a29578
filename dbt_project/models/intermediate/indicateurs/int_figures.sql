-- Every series for every entity it can be given for, with its status and its counts: a measurable figure without a
-- count is nil. Where the individual files do not measure it, the aggregated return of the collectivité stands in
-- (S16).
with attendues as (
    select
        entites.niveau,
        entites.code,
        series.*,
        coalesce(propres.statut, communs.statut) as statut
    from {{ ref('int_entites') }} as entites
    cross join {{ ref('int_series') }} as series
    left join {{ ref('int_statuts') }} as propres
        on
            entites.niveau = propres.niveau
            and entites.code = propres.code
            and series.indicateur = propres.indicateur
            and series.ventilation = propres.ventilation
            and propres.ventilation <> ''
    left join {{ ref('int_statuts') }} as communs
        on
            entites.niveau = communs.niveau
            and entites.code = communs.code
            and series.indicateur = communs.indicateur
            and communs.ventilation = ''
    where
        (entites.niveau = 'departement' and series.a_departement)
        or (entites.niveau = 'association' and series.a_association)
        or (entites.niveau = 'collectivite' and series.a_departement and series.a_collectivite)
),

comptees as (
    select
        attendues.*,
        comptes.valeur as valeur_lue,
        coalesce(comptes.n_manquants, 0) as manquants_nb,
        -- a row without numerator says that it cannot be told: never zero
        case when attendues.est_donnee or comptes.code is not null then comptes.numerateur else 0 end
            as numerateur_lu,
        case
            when attendues.mesure in ('nombre', 'total') then null
            when attendues.est_donnee then comptes.denominateur
            else coalesce(comptes.denominateur, 0)
        end as denominateur_lu,
        comptes.code is not null as est_compte,
        agregats.numerateur as numerateur_agrege,
        agregats.denominateur as denominateur_agrege,
        agregats.code is not null as est_agrege
    from attendues
    left join {{ ref('int_comptes') }} as comptes
        on
            attendues.niveau = comptes.niveau
            and attendues.code = comptes.code
            and attendues.periode = comptes.periode
            and attendues.indicateur = comptes.indicateur
            and attendues.ventilation = comptes.ventilation
            and case when attendues.est_donnee then attendues.mesure else '' end = comptes.mesure
    left join {{ ref('int_agregats') }} as agregats
        on
            attendues.niveau = agregats.niveau
            and attendues.code = agregats.code
            and attendues.periode = agregats.periode
            and attendues.indicateur = agregats.indicateur
            and attendues.ventilation = agregats.ventilation
            and attendues.mesure = agregats.mesure
),

-- A quantile of nobody is not a figure. What a collectivité of several territories knows whole is given under its code
-- only: without rows of its own it is the sum of its territories.
jugees as (
    select
        *,
        case
            when statut = 'calcule' and est_donnee and not est_compte then 'non_mesurable'
            when statut = 'calcule' and not est_donnee and numerateur_lu is null then 'non_mesurable'
            when statut = 'calcule' and niveau = 'collectivite' and not est_compte then 'non_mesurable'
            else statut
        end as statut_individuel
    from comptees
)

select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    unite,
    facteur,
    est_donnee,
    est_detail,
    socle,
    a_collectivite,
    a_national,
    statut_individuel,
    case
        when statut_individuel = 'calcule' then 'individuelle'
        when est_agrege then 'agregee'
    end as origine,
    case when statut_individuel <> 'calcule' and est_agrege then 'calcule' else statut_individuel end as statut,
    case when statut_individuel = 'calcule' then numerateur_lu else numerateur_agrege end as numerateur,
    case when statut_individuel = 'calcule' then denominateur_lu else denominateur_agrege end as denominateur,
    case when statut_individuel = 'calcule' and est_donnee then valeur_lue end as valeur,
    case when statut_individuel = 'calcule' then manquants_nb else 0 end as n_manquants,
    numerateur_agrege,
    denominateur_agrege
from jugees
