-- O12 files without movement for 30 (O12a), 60 (O12b) and 90 days (O12c), by status and by who must act; by territory,
-- and by association for the files that name one. Missing: files without a date; where none has one, the count is
-- unknown (null).
with lieux as (
    select
        'departement' as niveau,
        territoire as code,
        statut,
        acteur,
        depuis_jours
    from {{ ref('int_dossiers_bloques') }}
    union all
    select
        'association' as niveau,
        association as code,
        statut,
        acteur,
        depuis_jours
    from {{ ref('int_dossiers_bloques') }}
    where association is not null
)

{% for seuil in seuils_blocage().split(', ') -%}
{% for ventilation in ["''", "'acteur=' || acteur", "'statut=' || statut"] -%}
select
    niveau,
    code,
    '{{ var("campagne") }}' as periode,
    'O12{{ {'30': 'a', '60': 'b', '90': 'c'}[seuil] }}' as indicateur,
    {{ ventilation }} as ventilation,
    '' as mesure,
    cast(sum(case when depuis_jours >= {{ seuil }} then 1 when depuis_jours is not null then 0 end) as bigint)
        as numerateur,
    cast(null as bigint) as denominateur,
    cast(null as double) as valeur,
    cast(sum(case when depuis_jours is null then 1 else 0 end) as bigint) as n_manquants
from lieux
group by niveau, code, {{ ventilation }}
{{ 'union all' if not loop.last }}
{% endfor -%}
{{ 'union all' if not loop.last }}
{% endfor %}
