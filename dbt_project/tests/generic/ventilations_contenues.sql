{# A breakdown never holds more than the total of the same figure; what is unknown is in the total alone. #}
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
        split_part(ventilation, '=', 1) as dimension,
        sum(numerateur) as somme
    from lignes
    where ventilation <> ''
    group by periode, niveau, code, indicateur, split_part(ventilation, '=', 1)
)

select sommes.*
from sommes
left join lignes
    on
        sommes.periode = lignes.periode
        and sommes.niveau = lignes.niveau
        and sommes.code = lignes.code
        and sommes.indicateur = lignes.indicateur
        and lignes.ventilation = ''
where lignes.numerateur is null or sommes.somme > lignes.numerateur
{% endtest %}
