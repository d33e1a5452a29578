-- A7 mentors present at 31 December: trained (A7a), among them trained to child protection (A7c), hours of training
-- (A7b, quantiles); R4 trained with a check in force. A mentor of two associations is one for the country, trained as
-- soon as one says so.
with observes as (
    -- mentors whose checks were sent, or would have been: see int_binomes_controles
    select distinct id_mentor_personne
    from {{ ref('int_binomes_controles') }}
    where est_controle_transmis
    union
    select distinct id_mentor_personne
    from {{ ref('int_honorabilite') }}
),

nationaux as (
    select
        id_mentor_personne,
        {{ au_moins_un('est_forme') }} as est_forme,
        max(heures_formation) as heures_formation,
        {{ au_moins_un('est_forme_ase') }} as est_forme_ase,
        max(case when est_controle_a_jour then 1 else 0 end) = 1 as est_controle_a_jour
    from {{ ref('int_mentors') }}
    group by id_mentor_personne
),

presents as (
    select
        'association' as niveau,
        association as code,
        id_mentor_personne,
        est_forme,
        heures_formation,
        est_forme_ase,
        est_controle_a_jour
    from {{ ref('int_mentors') }}
    union all
    select
        'national' as niveau,
        'FR' as code,
        id_mentor_personne,
        est_forme,
        heures_formation,
        est_forme_ase,
        est_controle_a_jour
    from nationaux
),

mentors as (
    select
        presents.*,
        case when observes.id_mentor_personne is not null then presents.est_controle_a_jour end as est_controle
    from presents
    left join observes on presents.id_mentor_personne = observes.id_mentor_personne
),

parts as (
    {% for indicateur, reponse, condition in [
        ('A7a', 'est_forme', 'true'), ('A7c', 'est_forme_ase', 'est_forme'), ('R4', 'est_controle', 'est_forme')
    ] -%}
    select
        niveau,
        code,
        '{{ indicateur }}' as indicateur,
        sum(case when {{ reponse }} then 1 else 0 end) as numerateur,
        sum(case when {{ reponse }} is null then 0 else 1 end) as denominateur,
        sum(case when {{ reponse }} is null then 1 else 0 end) as n_manquants
    from mentors
    where {{ condition }}
    group by niveau, code
    {{ 'union all' if not loop.last }}
    {% endfor %}
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
    from mentors
    where est_forme
    group by niveau, code
)

select
    niveau,
    code,
    '{{ var("campagne") }}' as periode,
    indicateur,
    '' as ventilation,
    '' as mesure,
    cast(numerateur as bigint) as numerateur,
    cast(denominateur as bigint) as denominateur,
    cast(null as double) as valeur,
    cast(n_manquants as bigint) as n_manquants
from parts
where niveau = 'association'
-- no sum gives the country: each of its measures is given whole
{% for mesure in ['nombre', 'part'] -%}
union all
select
    niveau,
    code,
    '{{ var("campagne") }}' as periode,
    indicateur,
    '' as ventilation,
    '{{ mesure }}' as mesure,
    cast(numerateur as bigint) as numerateur,
    cast({{ 'denominateur' if mesure == 'part' else 'null' }} as bigint) as denominateur,
    cast(null as double) as valeur,
    cast(n_manquants as bigint) as n_manquants
from parts
where niveau = 'national'
{% endfor -%}
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
