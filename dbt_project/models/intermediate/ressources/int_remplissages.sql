-- Cells of the columns that must be filled, by sender and source, in the rows accepted this year.
{% for nom, colonnes in colonnes_attendues().items() -%}
{{ 'union all' if not loop.first }}
select
    depose_par as emetteur,
    '{{ nom }}' as source,
    cast(count(*) * {{ colonnes | length }} as bigint) as cellules_nb,
    cast(
        {% for colonne in colonnes -%}
        {{ '+ ' if not loop.first }}count({{ colonne }})
        {% endfor -%}
        as bigint
    ) as cellules_remplies_nb
from {{ source('brut', nom) }}
where campagne = {{ var('campagne') }}
group by depose_par
{% endfor -%}
