{#
  The national counts are the sum of the entities that are counted (territories, or associations where there is no
  territory), save for what no sum gives. A collectivité that returned one number for its territories replaces them.
#}
{% test somme_nationale(model) %}
with agregees as (
    select
        collectivites.code,
        lignes.periode,
        lignes.indicateur,
        lignes.ventilation,
        lignes.mesure,
        lignes.numerateur,
        lignes.denominateur
    from {{ ref('int_entites') }} as collectivites
    inner join {{ model }} as lignes
        on collectivites.code = lignes.code and lignes.niveau = 'collectivite' and lignes.statut = 'calcule'
    where collectivites.niveau = 'collectivite'
),

unites as (
    select
        lignes.niveau,
        lignes.periode,
        lignes.indicateur,
        lignes.ventilation,
        lignes.mesure,
        -- a ratio over nothing is not shown, and what it divides counts in the sum (a cost without a pair)
        coalesce(lignes.numerateur, case when figures.denominateur = 0 then figures.numerateur end) as numerateur,
        lignes.denominateur
    from {{ model }} as lignes
    left join {{ ref('int_territoires') }} as territoires on lignes.code = territoires.territoire
    left join agregees
        on
            territoires.collectivite = agregees.code
            and lignes.periode = agregees.periode
            and lignes.indicateur = agregees.indicateur
            and lignes.ventilation = agregees.ventilation
            and lignes.mesure = agregees.mesure
    left join {{ ref('int_figures') }} as figures
        on
            lignes.niveau = figures.niveau
            and lignes.code = figures.code
            and lignes.periode = figures.periode
            and lignes.indicateur = figures.indicateur
            and lignes.ventilation = figures.ventilation
            and lignes.mesure = figures.mesure
    where
        lignes.niveau in ('departement', 'association')
        and agregees.code is null
        -- a share returned as such is added to nothing
        and not (coalesce(figures.origine, '') = 'agregee' and lignes.mesure = 'part')
    union all
    select
        'departement' as niveau,
        periode,
        indicateur,
        ventilation,
        mesure,
        numerateur,
        denominateur
    from agregees
),

sommes as (
    select
        niveau,
        periode,
        indicateur,
        ventilation,
        mesure,
        sum(numerateur) as numerateur,
        sum(denominateur) as denominateur
    from unites
    group by niveau, periode, indicateur, ventilation, mesure
)

select nationaux.*
from {{ model }} as nationaux
inner join {{ ref('int_series') }} as series
    on
        nationaux.indicateur = series.indicateur
        and nationaux.periode = series.periode
        and nationaux.ventilation = series.ventilation
        and nationaux.mesure = series.mesure
left join sommes
    on
        series.socle = sommes.niveau
        and nationaux.periode = sommes.periode
        and nationaux.indicateur = sommes.indicateur
        and nationaux.ventilation = sommes.ventilation
        and nationaux.mesure = sommes.mesure
where
    nationaux.niveau = 'national'
    and nationaux.statut = 'calcule'
    and not series.est_donnee
    and (
        nationaux.numerateur is distinct from sommes.numerateur
        or nationaux.denominateur is distinct from sommes.denominateur
    )
{% endtest %}
