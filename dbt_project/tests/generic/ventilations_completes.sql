{# Each breakdown is a partition: its rows add up to the total of the same figure. #}
{% test ventilations_completes(model) %}
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
        {{ dbt.split_part('ventilation', "'='", 1) }} as dimension,
        sum(numerateur) as somme
    from lignes
    where ventilation <> ''
    group by periode, niveau, code, indicateur, {{ dbt.split_part('ventilation', "'='", 1) }}
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
where sommes.somme is distinct from lignes.numerateur
{% endtest %}
