{# The day `mois_jour` (MM-DD) of the campagne, or of the year `decalage` years away. #}
{% macro jour(mois_jour, decalage=0) -%}
    cast('{{ var("campagne") | int + decalage }}-{{ mois_jour }}' as date)
{%- endmacro %}

{# Label of the school year that ends in the campagne: 2023-2024 for 2024. #}
{% macro annee_scolaire() -%}
    {{ var("campagne") | int - 1 }}-{{ var("campagne") }}
{%- endmacro %}

{# Whole years between a date of birth and a day. Null where the date of birth is. #}
{% macro age_au(naissance, jour) -%}
    (
        cast(extract(year from {{ jour }}) as integer) - cast(extract(year from {{ naissance }}) as integer)
        - case
            when
                extract(month from {{ naissance }}) * 100 + extract(day from {{ naissance }})
                > extract(month from {{ jour }}) * 100 + extract(day from {{ jour }})
                then 1
            else 0
        end
    )
{%- endmacro %}

{# A period covers a day from its first to its last day, both included; no end means still running. #}
{% macro couvre(debut, fin, jour) -%}
    {{ debut }} <= {{ jour }} and ({{ fin }} is null or {{ fin }} >= {{ jour }})
{%- endmacro %}

{# The 15th of a month written AAAA-MM; null where the month is. #}
{% macro naissance(mois) -%}
    make_date(cast(left({{ mois }}, 4) as integer), cast(right({{ mois }}, 2) as integer), 15)
{%- endmacro %}

{# The first day of a month written AAAA-MM; null where the month is. #}
{% macro premier_du_mois(mois) -%}
    make_date(cast(left({{ mois }}, 4) as integer), cast(right({{ mois }}, 2) as integer), 1)
{%- endmacro %}

{#
  Did a step of a file happen between two days? Its dates answer where there is one. Where all are missing and the
  status says the step is behind (`est_faite`), the first date of a later step answers for it; without one the answer
  is unknown (null).
#}
{% macro etape_entre(dates, est_faite, suite, debut, fin) -%}
    case
        when {% for date in dates %}{{ date }} between {{ debut }} and {{ fin }}{{ ' or ' if not loop.last }}{% endfor %}
            then true
        when coalesce({{ dates | join(', ') }}) is not null then false
        when {{ est_faite }} and {{ suite }} is null then null
        when {{ est_faite }} then {{ suite }} between {{ debut }} and {{ fin }}
        else false
    end
{%- endmacro %}
