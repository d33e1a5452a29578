-- O15 territories that no association of the registry covers at 31 December (1 or 0 over 1, so that the country adds
-- them up). Where no association says it takes a public, but one there says nothing of its publics, nobody knows
-- (null).
{% set dimensions = {
    'public': ['confies', 'aed', 'aemo', 'mna', 'jeunes_majeurs'],
    'modalite': ['presentiel', 'distanciel', 'mixte'],
} -%}
with couvertures as (
    select
        territoires.territoire,
        {% for dimension, codes in dimensions.items() -%}
        {% for code in codes -%}
        max(
            case when '|' || registre.{{ dimension }}s || '|' like '%|{{ code }}|%' then 1 else 0 end
        ) as {{ code }}_nb,
        {% endfor -%}
        max(case when registre.association is not null and registre.{{ dimension }}s is null then 1 else 0 end)
            as {{ dimension }}_inconnu_nb,
        {% endfor -%}
        count(registre.association) as associations_nb
    from {{ ref('int_territoires') }} as territoires
    left join {{ ref('int_registre') }} as registre on territoires.territoire = registre.territoire
    group by territoires.territoire
),

base as (
    select
        territoire,
        '' as ventilation,
        case when associations_nb = 0 then 1 else 0 end as sans_couverture_nb,
        1 as connus_nb
    from couvertures
    {% for dimension, codes in dimensions.items() -%}
    {% for code in codes -%}
    union all
    select
        territoire,
        '{{ dimension }}={{ code }}' as ventilation,
        case when {{ code }}_nb = 1 then 0 when {{ dimension }}_inconnu_nb = 0 then 1 end as sans_couverture_nb,
        case when {{ code }}_nb = 1 or {{ dimension }}_inconnu_nb = 0 then 1 else 0 end as connus_nb
    from couvertures
    {% endfor -%}
    {% endfor -%}
)

{{ compte(
    'O15', 'sans_couverture_nb', denominateur='connus_nb', ventilation='ventilation', manquants='1 - connus_nb'
) }}
