-- Territory × article: how many pairs of each status. A territory without pairs has no row.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    territoire,
    article,
    {% for statut in ['fait', 'manquant', 'non_transmis', 'hors_champ'] -%}
    cast(sum(case when statut = '{{ statut }}' then 1 else 0 end) as bigint) as {{ statut }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('int_chaine_legale') }}
group by territoire, article
