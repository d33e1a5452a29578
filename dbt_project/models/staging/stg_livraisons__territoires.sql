-- Campagnes in which the measures (S1), the mentoring files (S2) or the pairs (S3) of a territory came, one row a
-- source, territory, sender and campagne. Read from the raw rows: a row sent again later counts in every campagne that
-- sent it.
{% set territoires = {'mesures_ase': 'numdep', 'dossiers_mentorat': 'departement', 'binomes': 'departement'} -%}
{% for livree, territoire in territoires.items() -%}
select distinct
    '{{ livree }}' as source,
    {{ territoire }} as territoire,
    depose_par,
    campagne
from {{ source('brut', livree) }}
where campagne <= {{ var('campagne') }}
{{ 'union all' if not loop.last }}
{% endfor %}
