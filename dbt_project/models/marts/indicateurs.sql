-- The indicators of the catalogue: the 102 territories, the collectivités that hold several, the associations and the
-- country. A sum takes what is « calcule » and says how much is not; counts are integers and divided last.
with figures as (
    select
        figures.*,
        -- pairs over the confiés, as returned: the pairs may be those of others, so no sum takes it
        coalesce(figures.origine, '') <> 'agregee' or figures.mesure <> 'part' as est_sommable,
        sum(figures.numerateur) over (
            partition by
                figures.niveau, figures.code, figures.periode, figures.indicateur, figures.mesure,
                split_part(figures.ventilation, '=', 1)
        ) as classes_connues_nb,
        max(case when figures.ventilation = '' then figures.numerateur end) over (
            partition by figures.niveau, figures.code, figures.periode, figures.indicateur, figures.mesure
        ) as total_nb
    from {{ ref('int_figures') }} as figures
    -- a breakdown needs the individual files
    where not (figures.est_detail and figures.statut_individuel <> 'calcule')
),

-- Where nobody's class is known, a zero would be a false one.
lignes as (
    select
        *,
        case
            when est_detail and mesure in ('nombre', 'total') and total_nb > 0 and classes_connues_nb = 0
                then 'non_mesurable'
            else statut
        end as statut_ligne
    from figures
),

territoires as (
    select
        lignes.*,
        territoires.collectivite,
        territoires.territoires_nb
    from lignes
    inner join {{ ref('int_territoires') }} as territoires on lignes.code = territoires.territoire
    where lignes.niveau = 'departement' and not lignes.est_donnee
),

sommes as (
    select
        collectivite,
        territoires_nb,
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        facteur,
        socle,
        a_collectivite,
        a_national,
        cast(sum(case when statut_ligne = 'calcule' and est_sommable then numerateur end) as bigint) as numerateur,
        cast(sum(case when statut_ligne = 'calcule' and est_sommable then denominateur end) as bigint) as denominateur,
        cast(sum(case when statut_ligne = 'calcule' and est_sommable then n_manquants end) as bigint) as n_manquants,
        count(case when statut_ligne = 'calcule' and est_sommable then 1 end) as calcules_nb,
        count(case when statut_ligne = 'non_mesurable' or not est_sommable then 1 end) as non_mesurables_nb
    from territoires
    group by
        collectivite, territoires_nb, periode, indicateur, ventilation, mesure, unite, facteur, socle, a_collectivite,
        a_national
),

-- A collectivité has a figure when each of its territories has one. What it alone knows whole (a convention) is added
-- to theirs; its aggregated return stands in for theirs where one of them lacks it.
collectivites as (
    select
        sommes.collectivite,
        sommes.territoires_nb,
        sommes.periode,
        sommes.indicateur,
        sommes.ventilation,
        sommes.mesure,
        sommes.unite,
        sommes.facteur,
        sommes.socle,
        sommes.a_collectivite,
        sommes.a_national,
        sommes.calcules_nb,
        coalesce(propres.est_sommable, true) as est_sommable,
        case
            when sommes.calcules_nb = sommes.territoires_nb or propres.statut_ligne = 'calcule' then 'calcule'
            when sommes.calcules_nb + sommes.non_mesurables_nb > 0 or propres.statut_ligne = 'non_mesurable'
                then 'non_mesurable'
            else 'non_recu'
        end as statut_ligne,
        sommes.n_manquants,
        case
            when propres.origine = 'individuelle' then coalesce(sommes.numerateur, 0) + propres.numerateur
            when propres.origine = 'agregee' and sommes.calcules_nb < sommes.territoires_nb then propres.numerateur
            else sommes.numerateur
        end as numerateur,
        case
            when propres.origine = 'individuelle' then coalesce(sommes.denominateur, 0) + propres.denominateur
            when propres.origine = 'agregee' and sommes.calcules_nb < sommes.territoires_nb then propres.denominateur
            else sommes.denominateur
        end as denominateur
    from sommes
    left join lignes as propres
        on
            propres.niveau = 'collectivite'
            and sommes.collectivite = propres.code
            and sommes.periode = propres.periode
            and sommes.indicateur = propres.indicateur
            and sommes.ventilation = propres.ventilation
            and sommes.mesure = propres.mesure
),

unites as (
    select
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        facteur,
        case when est_sommable then numerateur end as numerateur,
        case when est_sommable then denominateur end as denominateur,
        statut_ligne,
        case
            when not est_sommable then 0
            when statut_ligne = 'calcule' then territoires_nb
            else calcules_nb
        end as calcules_nb,
        territoires_nb as attendus_nb
    from collectivites
    where a_national
    union all
    select
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        facteur,
        case when statut_ligne = 'calcule' then numerateur end as numerateur,
        case when statut_ligne = 'calcule' then denominateur end as denominateur,
        statut_ligne,
        case when statut_ligne = 'calcule' then 1 else 0 end as calcules_nb,
        1 as attendus_nb
    from lignes
    where niveau = 'association' and socle = 'association' and a_national and not est_donnee
),

tailles as (
    select
        'departement' as socle,
        count(*) as attendus_nb
    from {{ ref('int_territoires') }}
    union all
    select
        'association' as socle,
        count(*) as attendus_nb
    from {{ ref('int_entites') }}
    where niveau = 'association'
),

-- Breakdown rows exist for counted territories only: the missing ones are read from the size of the whole.
pays as (
    select
        unites.periode,
        unites.indicateur,
        unites.ventilation,
        unites.mesure,
        unites.unite,
        unites.facteur,
        cast(sum(unites.numerateur) as bigint) as numerateur,
        cast(sum(unites.denominateur) as bigint) as denominateur,
        max(tailles.attendus_nb) - sum(unites.calcules_nb) as n_manquants,
        case
            when sum(unites.calcules_nb) > 0 then 'calcule'
            when sum(case when unites.statut_ligne = 'non_mesurable' then 1 else 0 end) > 0 then 'non_mesurable'
            else 'non_recu'
        end as statut_ligne
    from unites
    inner join {{ ref('int_series') }} as series
        on
            unites.indicateur = series.indicateur
            and unites.periode = series.periode
            and unites.ventilation = series.ventilation
            and unites.mesure = series.mesure
    inner join tailles on series.socle = tailles.socle
    group by
        unites.periode, unites.indicateur, unites.ventilation, unites.mesure, unites.unite, unites.facteur
),

-- What no sum gives, for the country: given by the model, over the entities that have a figure.
entites as (
    select
        indicateur,
        periode,
        ventilation,
        mesure,
        sum(case when statut_ligne = 'calcule' then 0 else 1 end) as manquants_nb
    from lignes
    where niveau = socle
    group by indicateur, periode, ventilation, mesure
),

donnees_du_pays as (
    select
        series.periode,
        series.indicateur,
        series.ventilation,
        series.mesure,
        series.unite,
        series.facteur,
        comptes.numerateur,
        comptes.denominateur,
        comptes.valeur,
        coalesce(entites.manquants_nb, comptes.n_manquants, 0) as n_manquants,
        case
            when comptes.valeur is not null or comptes.numerateur is not null then 'calcule'
            else 'non_mesurable'
        end as statut_ligne
    from {{ ref('int_series') }} as series
    left join {{ ref('int_comptes') }} as comptes
        on
            comptes.niveau = 'national'
            and series.indicateur = comptes.indicateur
            and series.periode = comptes.periode
            and series.ventilation = comptes.ventilation
            and series.mesure = comptes.mesure
    left join entites
        on
            series.indicateur = entites.indicateur
            and series.periode = entites.periode
            and series.ventilation = entites.ventilation
            and series.mesure = entites.mesure
    where series.est_donnee and series.a_national
),

toutes as (
    select
        niveau,
        code,
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        facteur,
        numerateur,
        denominateur,
        valeur,
        n_manquants,
        statut_ligne
    from lignes
    where niveau in ('departement', 'association') or (niveau = 'collectivite' and est_donnee)
    union all
    select
        'collectivite' as niveau,
        collectivite as code,
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        facteur,
        numerateur,
        denominateur,
        cast(null as double) as valeur,
        n_manquants,
        statut_ligne
    from collectivites
    where territoires_nb > 1 and a_collectivite
    union all
    select
        'national' as niveau,
        'FR' as code,
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        facteur,
        numerateur,
        denominateur,
        cast(null as double) as valeur,
        n_manquants,
        statut_ligne
    from pays
    union all
    select
        'national' as niveau,
        'FR' as code,
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        facteur,
        numerateur,
        denominateur,
        valeur,
        n_manquants,
        statut_ligne
    from donnees_du_pays
),

-- A share of nobody is not a share.
finales as (
    select
        *,
        case
            when
                statut_ligne = 'calcule'
                and mesure in ('part', 'moyenne', 'ratio', 'ecart')
                and coalesce(denominateur, 0) = 0
                then 'non_mesurable'
            else statut_ligne
        end as statut_final
    from toutes
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    periode,
    niveau,
    code,
    indicateur,
    ventilation,
    mesure,
    case when statut_final = 'calcule' then numerateur end as numerateur,
    case when statut_final = 'calcule' then denominateur end as denominateur,
    case
        when statut_final <> 'calcule' then null
        when valeur is not null then {{ arrondi('valeur') }}
        when mesure in ('part', 'moyenne', 'ratio') then {{ arrondi('numerateur * facteur / denominateur') }}
        when mesure = 'ecart' then {{ arrondi('(numerateur - denominateur) * facteur') }}
        else {{ arrondi('numerateur * facteur') }}
    end as valeur,
    cast(null as double) as ic_bas,
    cast(null as double) as ic_haut,
    unite,
    cast(case when statut_final = 'calcule' or niveau = 'national' then n_manquants end as bigint) as n_manquants,
    statut_final as statut
from finales
