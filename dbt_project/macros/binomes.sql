{# A file of S2 holds a pair: it has a date of launch, or a status that comes after it. #}
{% macro est_lance(date_lancement, statut) -%}
    (
        {{ date_lancement }} is not null
        or coalesce({{ statut }} in ('lance', 'en_cours', 'suspendu', 'termine', 'arret_anticipe'), false)
    )
{%- endmacro %}

{# Calendar months that a period touches, both ends included. #}
{% macro mois_touches(debut, fin) -%}
    (
        (cast(extract(year from {{ fin }}) as bigint) - cast(extract(year from {{ debut }}) as bigint)) * 12
        + cast(extract(month from {{ fin }}) as bigint) - cast(extract(month from {{ debut }}) as bigint) + 1
    )
{%- endmacro %}

{#
  Arrêt anticipé: ended before its planned date for another reason than the aim reached or the term. Unknown (null)
  where the pair runs, where the reason is unknown, or where nobody planned an end and the département's status does not
  tell.
#}
{% macro est_arret_anticipe(date_fin, date_fin_prevue, motif_fin, statut) -%}
    case
        when {{ date_fin }} is null then null
        when {{ motif_fin }} in ('objectif_atteint', 'terme_prevu') then false
        when {{ date_fin }} >= {{ date_fin_prevue }} then false
        when coalesce({{ motif_fin }}, 'inconnu') = 'inconnu' then null
        when {{ date_fin }} < {{ date_fin_prevue }} then true
        when {{ statut }} = 'arret_anticipe' then true
        when {{ statut }} = 'termine' then false
    end
{%- endmacro %}

{# Days without a session after which a pair is told; days before a check is due in which it is told. #}
{% macro sans_seance_jours() -%}60{%- endmacro %}
{% macro echeance_proche_jours() -%}60{%- endmacro %}

{# The two periods of the catalogue, one row each: civil year and school year. #}
{% macro periodes() -%}
    select
        '{{ var("campagne") }}' as periode,
        {{ jour('01-01') }} as debut_periode,
        {{ jour('12-31') }} as fin_periode
    union all
    select
        '{{ annee_scolaire() }}' as periode,
        {{ jour('09-01', -1) }} as debut_periode,
        {{ jour('08-31') }} as fin_periode
{%- endmacro %}

{#
  Counts of an indicator, added over territories and over associations, from a relation that holds one row a pair (or a
  mentor) with the columns territoire, association, periode, indicateur, ventilation, numerateur, denominateur and
  n_manquants.
#}
{% macro sommes_des_lignes(relation, niveaux={'departement': 'territoire', 'association': 'association'}) -%}
    {% for niveau, code in niveaux.items() -%}
    select
        '{{ niveau }}' as niveau,
        {{ code }} as code,
        periode,
        indicateur,
        ventilation,
        '' as mesure,
        cast(sum(numerateur) as bigint) as numerateur,
        cast(sum(denominateur) as bigint) as denominateur,
        cast(null as double) as valeur,
        cast(sum(n_manquants) as bigint) as n_manquants
    from {{ relation }}
    where {{ code }} is not null
    group by {{ code }}, periode, indicateur, ventilation
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#
  One row a pair of a share that may be unknown: `reponse` is true, false, or null where it can't be told. A pair whose
  answer is unknown is missing, never a no; where the count is given beside the share (`compte`), and no answer is known,
  it is unknown (null), not zero.
#}
{% macro ligne_part(indicateur, reponse, relation, condition='true', periode=none, compte=false) -%}
    select
        territoire,
        association,
        {{ periode or "'" ~ var("campagne") ~ "'" }} as periode,
        '{{ indicateur }}' as indicateur,
        '' as ventilation,
        case when {{ reponse }} then 1 {{ 'when not (' ~ reponse ~ ') then' if compte else 'else' }} 0 end as numerateur,
        case when {{ reponse }} is null then 0 else 1 end as denominateur,
        case when {{ reponse }} is null then 1 else 0 end as n_manquants
    from {{ relation }}
    where {{ condition }}
{%- endmacro %}
