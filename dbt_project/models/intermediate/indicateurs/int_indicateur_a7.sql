-- A7 mentors present at 31 December: trained (A7a), among them trained to child protection (A7c), hours of training
-- (A7b, quantiles); R4 trained with a check in force. The country adds the associations: a mentor of two counts in
-- each. The quantiles, which no sum gives, take each mentor once there, with the longest training.
with observes as (
    -- mentors whose checks were sent, or would have been: see int_binomes_controles
    select distinct id_mentor_personne
    from {{ ref('int_binomes_controles') }}
    where est_controle_transmis
    union
    select distinct id_mentor_personne
    from {{ ref('int_honorabilite') }}
),

mentors as (
    select
        cast(null as {{ texte() }}) as territoire,
        mentors.association,
        mentors.est_forme,
        mentors.est_forme_ase,
        case when observes.id_mentor_personne is not null then mentors.est_controle_a_jour end as est_controle
    from {{ ref('int_mentors') }} as mentors
    left join observes on mentors.id_mentor_personne = observes.id_mentor_personne
),

parts as (
    {{ ligne_part('A7a', 'est_forme', 'mentors', compte=true) }}
    union all
    {{ ligne_part('A7c', 'est_forme_ase', 'mentors', 'est_forme', compte=true) }}
    union all
    {{ ligne_part('R4', 'est_controle', 'mentors', 'est_forme', compte=true) }}
),

formations as (
    select
        'association' as niveau,
        association as code,
        heures_formation
    from {{ ref('int_mentors') }}
    where est_forme
    union all
    select
        'national' as niveau,
        'FR' as code,
        max(heures_formation) as heures_formation
    from {{ ref('int_mentors') }}
    where est_forme
    group by id_mentor_personne
),

heures as (
    select
        niveau,
        code,
        {% for mesure, part in [('q1', 0.25), ('mediane', 0.5), ('q3', 0.75)] -%}
        {{ quantile('heures_formation', part) }} as {{ mesure }},
        {% endfor -%}
        count(heures_formation) as connus_nb,
        count(*) - count(heures_formation) as manquants_nb
    from formations
    group by niveau, code
)

{{ sommes_des_lignes('parts', {'association': 'association'}) }}
{% for mesure in ['q1', 'mediane', 'q3'] -%}
union all
select
    niveau,
    code,
    '{{ var("campagne") }}' as periode,
    'A7b' as indicateur,
    '' as ventilation,
    '{{ mesure }}' as mesure,
    cast(null as bigint) as numerateur,
    cast(connus_nb as bigint) as denominateur,
    cast({{ mesure }} as double) as valeur,
    cast(manquants_nb as bigint) as n_manquants
from heures
{% endfor %}
