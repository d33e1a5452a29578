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
