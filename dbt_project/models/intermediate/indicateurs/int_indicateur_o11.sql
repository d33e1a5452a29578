-- O11 demands of 1jeune1mentor.fr made in the year. O11a received; O11b allocated, over those made for a young person
-- (for an association: over those it could take); O11c days to the sending, O11d days to the pair among demands that
-- have one: quantiles, given at each level.
with demandes as (
    select *
    from {{ ref('int_demandes') }}
),

recues as (
    select
        territoire,
        '' as ventilation,
        count(*) as demandes_nb
    from demandes
    group by territoire
    {% for dimension in ['profil', 'ase'] -%}
    union all
    select
        territoire,
        '{{ dimension }}=' || {{ dimension }} as ventilation,
        count(*) as demandes_nb
    from demandes
    where {{ dimension }} is not null
    group by territoire, {{ dimension }}
    {% endfor -%}
),

-- Every demand that could be allocated, at the level of its territory and of each association that could take it.
attribuables as (
    select
        'departement' as niveau,
        territoire as code,
        est_attribuee,
        mode_attribution
    from demandes
    where est_pour_jeune
    union all
    select
        'association' as niveau,
        candidatures.association as code,
        candidatures.est_attribuee,
        demandes.mode_attribution
    from {{ ref('int_candidatures') }} as candidatures
    inner join demandes on candidatures.id_demande = demandes.id_demande
    where demandes.est_pour_jeune
),

attribuees as (
    select
        niveau,
        code,
        count(*) as demandes_nb,
        sum(case when est_attribuee then 1 else 0 end) as attribuees_nb,
        {% for mode in ['arbre', 'arm', 'manuel'] -%}
        sum(case when est_attribuee and mode_attribution = '{{ mode }}' then 1 else 0 end) as {{ mode }}_nb,
        {% endfor -%}
        sum(case when est_attribuee and mode_attribution is null then 1 else 0 end) as sans_mode_nb
    from attribuables
    group by niveau, code
),

-- Delays at the levels of the catalogue: the country and the association the demand went to.
delais as (
    select
        'national' as niveau,
        'FR' as code,
        envoi_jours,
        binome_jours
    from demandes
    where est_pour_jeune and est_attribuee
    union all
    select
        'association' as niveau,
        association_attribuee as code,
        envoi_jours,
        binome_jours
    from demandes
    where est_pour_jeune and est_attribuee
),

quantiles as (
    select
        niveau,
        code,
        {% for delai in ['envoi', 'binome'] -%}
        {{ quantile(delai ~ '_jours', 0.25) }} as {{ delai }}_q1,
        {{ quantile(delai ~ '_jours', 0.5) }} as {{ delai }}_mediane,
        {{ quantile(delai ~ '_jours', 0.75) }} as {{ delai }}_q3,
        count({{ delai }}_jours) as {{ delai }}_nb,
        {% endfor -%}
        count(*) as attribuees_nb
    from delais
    group by niveau, code
)

{{ compte('O11a', 'demandes_nb', base='recues', ventilation='ventilation') }}
union all
{{ compte(
    'O11b', 'attribuees_nb', base='attribuees', denominateur='demandes_nb', niveau='niveau', code='code',
    manquants='sans_mode_nb'
) }}
{% for mode in ['arbre', 'arm', 'manuel'] -%}
union all
{{ compte(
    'O11b', mode ~ '_nb', base='attribuees', denominateur='demandes_nb', niveau='niveau', code='code',
    ventilation="'mode=" ~ mode ~ "'", manquants='sans_mode_nb'
) }}
{% endfor -%}
{% for indicateur, delai in [('O11c', 'envoi'), ('O11d', 'binome')] -%}
{% for mesure in ['q1', 'mediane', 'q3'] -%}
union all
select
    niveau,
    code,
    '{{ var("campagne") }}' as periode,
    '{{ indicateur }}' as indicateur,
    '' as ventilation,
    '{{ mesure }}' as mesure,
    cast(null as bigint) as numerateur,
    cast({{ delai }}_nb as bigint) as denominateur,
    cast({{ delai }}_{{ mesure }} as double) as valeur,
    cast(attribuees_nb - {{ delai }}_nb as bigint) as n_manquants
from quantiles
where {{ delai }}_nb > 0
{% endfor -%}
{% endfor -%}
