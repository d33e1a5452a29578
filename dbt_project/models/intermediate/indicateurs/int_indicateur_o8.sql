-- O8 how and where mentoring pairs running at 31 December meet: each code over the pairs whose modality, or place, is
-- known. Every code is told where there is a pair, so that shares add up over territories.
{% set codes = {
    'modalite': ['presentiel', 'distanciel', 'mixte'],
    'lieu': ['antenne', 'lieu_de_vie', 'sorties', 'visio', 'telephone'],
} -%}
with binomes as (
    select
        territoire,
        association,
        nullif(modalite, 'inconnu') as modalite,
        lieu_principal as lieu
    from {{ ref('int_binomes') }}
    where nature = 'mentorat' and est_actif_fin_campagne
),

lignes as (
    {% for dimension, valeurs in codes.items() -%}
    {% set derniere = loop.last -%}
    {% for valeur in valeurs -%}
    select
        territoire,
        association,
        '{{ var("campagne") }}' as periode,
        'O8' as indicateur,
        '{{ dimension }}={{ valeur }}' as ventilation,
        case when {{ dimension }} = '{{ valeur }}' then 1 else 0 end as numerateur,
        case when {{ dimension }} is null then 0 else 1 end as denominateur,
        case when {{ dimension }} is null then 1 else 0 end as n_manquants
    from binomes
    {{ 'union all' if not (loop.last and derniere) }}
    {% endfor -%}
    {% endfor %}
)

{{ sommes_des_lignes('lignes') }}
