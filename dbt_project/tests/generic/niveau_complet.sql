{#
  Every series that is no part of a total has a row for each of the territories of the year (or each association),
  whatever its status: nobody is left out in silence.
#}
{% test niveau_complet(model) %}
with attendues as (
    select
        entites.niveau,
        entites.code,
        series.periode,
        series.indicateur,
        series.ventilation,
        series.mesure
    from {{ ref('int_entites') }} as entites
    inner join {{ ref('int_series') }} as series
        on
            (entites.niveau = 'departement' and series.a_departement)
            or (entites.niveau = 'association' and series.a_association)
    where not series.est_detail
)

select attendues.*
from attendues
left join {{ model }} as lignes
    on
        attendues.niveau = lignes.niveau
        and attendues.code = lignes.code
        and attendues.periode = lignes.periode
        and attendues.indicateur = lignes.indicateur
        and attendues.ventilation = lignes.ventilation
        and attendues.mesure = lignes.mesure
where lignes.code is null
{% endtest %}
