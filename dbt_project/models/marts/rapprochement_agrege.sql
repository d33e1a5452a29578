-- S16 beside the individual files: for each figure a collectivité returned as a number, what its files give, the gap,
-- and which of the two the indicators retain. Both are kept; the individual files win where they measure the figure.
with figures as (
    select *
    from {{ ref('int_figures') }}
    where numerateur_agrege is not null
),

-- A collectivité of several territories returns one number for all of them.
sommes as (
    select
        'collectivite' as niveau,
        territoires.collectivite as code,
        figures.periode,
        figures.indicateur,
        figures.ventilation,
        figures.mesure,
        cast(sum(figures.numerateur) as bigint) as numerateur,
        cast(sum(figures.denominateur) as bigint) as denominateur,
        count(*) = territoires.territoires_nb as est_complet
    from {{ ref('int_figures') }} as figures
    inner join {{ ref('int_territoires') }} as territoires
        on figures.code = territoires.territoire and figures.niveau = 'departement'
    where territoires.territoires_nb > 1 and figures.statut_individuel = 'calcule'
    group by
        territoires.collectivite, territoires.territoires_nb, figures.periode, figures.indicateur, figures.ventilation,
        figures.mesure
),

deux as (
    select
        figures.niveau,
        figures.code,
        figures.indicateur,
        figures.ventilation,
        figures.mesure,
        figures.numerateur_agrege,
        figures.denominateur_agrege,
        case
            when figures.niveau = 'collectivite' then case when sommes.est_complet then sommes.numerateur end
            when figures.statut_individuel = 'calcule' then figures.numerateur
        end as numerateur_individuel,
        case
            when figures.niveau = 'collectivite' then case when sommes.est_complet then sommes.denominateur end
            when figures.statut_individuel = 'calcule' then figures.denominateur
        end as denominateur_individuel
    from figures
    left join sommes
        on
            figures.niveau = sommes.niveau
            and figures.code = sommes.code
            and figures.periode = sommes.periode
            and figures.indicateur = sommes.indicateur
            and figures.ventilation = sommes.ventilation
            and figures.mesure = sommes.mesure
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    niveau,
    code,
    indicateur,
    ventilation,
    mesure,
    numerateur_agrege,
    denominateur_agrege,
    numerateur_individuel,
    denominateur_individuel,
    numerateur_agrege - numerateur_individuel as ecart_nb,
    case when numerateur_individuel is null then 'agregee' else 'individuelle' end as origine_retenue
from deux
