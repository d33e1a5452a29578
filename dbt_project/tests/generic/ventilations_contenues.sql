{#
  A breakdown never holds more than the total of the same figure; what is unknown is in the total alone. Of a crossing,
  the codes of the last dimension add up within those of the others. An indicator without a total has nothing to exceed.
#}
{% test ventilations_contenues(model) %}
with lignes as (
    select *
    from {{ model }}
    where mesure = 'nombre' and statut = 'calcule'
),

sommes as (
    select
        periode,
        niveau,
        code,
        indicateur,
        left(ventilation, length(ventilation) - length(split_part(ventilation, '=', -1))) as dimension,
        sum(numerateur) as somme
    from lignes
    where ventilation <> ''
    group by
        periode,
        niveau,
        code,
        indicateur,
        left(ventilation, length(ventilation) - length(split_part(ventilation, '=', -1)))
)

select sommes.*
from sommes
inner join lignes
    on
        sommes.periode = lignes.periode
        and sommes.niveau = lignes.niveau
        and sommes.code = lignes.code
        and sommes.indicateur = lignes.indicateur
        and lignes.ventilation = ''
where sommes.somme > lignes.numerateur
{% endtest %}
