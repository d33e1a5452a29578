{#
  What DuckDB and Spark say differently, said once. Each macro is dispatched: `default__` is DuckDB's wording, `spark__`
  Spark's. Everything else in the models is SQL that both read alike (docs/engines.md lists what is not).
#}

{# Text type. #}
{% macro texte() -%}{{ adapter.dispatch('texte')() }}{%- endmacro %}
{% macro default__texte() -%}varchar{%- endmacro %}
{% macro spark__texte() -%}string{%- endmacro %}

{# Whole days from one date to another (negative when the second comes first). #}
{% macro jours_entre(debut, fin) -%}{{ adapter.dispatch('jours_entre')(debut, fin) }}{%- endmacro %}
{% macro default__jours_entre(debut, fin) -%}cast(date_diff('day', {{ debut }}, {{ fin }}) as bigint){%- endmacro %}
{% macro spark__jours_entre(debut, fin) -%}cast(datediff({{ fin }}, {{ debut }}) as bigint){%- endmacro %}

{# A date some days later (earlier when negative). `jours` is a number or an integer expression. #}
{% macro plus_jours(jour, jours) -%}{{ adapter.dispatch('plus_jours')(jour, jours) }}{%- endmacro %}
{% macro default__plus_jours(jour, jours) -%}({{ jour }} + cast({{ jours }} as integer)){%- endmacro %}
{% macro spark__plus_jours(jour, jours) -%}date_add({{ jour }}, cast({{ jours }} as int)){%- endmacro %}

{# A date some months later: the same day, or the last of a shorter month. #}
{% macro plus_mois(jour, mois) -%}{{ adapter.dispatch('plus_mois')(jour, mois) }}{%- endmacro %}
{% macro default__plus_mois(jour, mois) -%}
cast({{ jour }} + to_months(cast({{ mois }} as integer)) as date)
{%- endmacro %}
{% macro spark__plus_mois(jour, mois) -%}add_months({{ jour }}, cast({{ mois }} as int)){%- endmacro %}

{# First day of a date's month. #}
{% macro debut_mois(jour) -%}cast(date_trunc('month', {{ jour }}) as date){%- endmacro %}

{# Quantile of a group by linear interpolation (type 7), `p` between 0 and 1. #}
{% macro quantile(valeur, p) -%}{{ adapter.dispatch('quantile')(valeur, p) }}{%- endmacro %}
{% macro default__quantile(valeur, p) -%}quantile_cont({{ valeur }}, {{ p }}){%- endmacro %}
{% macro spark__quantile(valeur, p) -%}percentile({{ valeur }}, {{ p }}){%- endmacro %}

{# One row an element of a list written a|b|c; to be used alone in a select list beside columns. #}
{% macro eclate(liste) -%}{{ adapter.dispatch('eclate')(liste) }}{%- endmacro %}
{% macro default__eclate(liste) -%}unnest(string_split({{ liste }}, '|')){%- endmacro %}
{% macro spark__eclate(liste) -%}explode(split({{ liste }}, '[|]')){%- endmacro %}

{# Rounded half away from zero, the same digits on both: DuckDB multiplies and rounds, Spark rounds the decimal writing. #}
{% macro arrondi(valeur, decimales=6) -%}{{ adapter.dispatch('arrondi')(valeur, decimales) }}{%- endmacro %}
{% macro default__arrondi(valeur, decimales) -%}round({{ valeur }}, {{ decimales }}){%- endmacro %}
{% macro spark__arrondi(valeur, decimales) -%}
(round(({{ valeur }}) * 1e{{ decimales }}) / 1e{{ decimales }})
{%- endmacro %}

{# Campagne of a raw row that does not say it: the name of its Parquet file, <campagne>.parquet. #}
{% macro campagne_du_fichier() -%}{{ adapter.dispatch('campagne_du_fichier')() }}{%- endmacro %}
{% macro default__campagne_du_fichier() -%}
cast(right(replace(filename, '.parquet', ''), 4) as integer)
{%- endmacro %}
{% macro spark__campagne_du_fichier() -%}cast(left(_metadata.file_name, 4) as int){%- endmacro %}

{# A 64-bit number of some expressions, to compare many rows cheaply: equal for equal values, seldom for others. Engines
   give other numbers: never a result. #}
{% macro empreinte(expressions) -%}{{ adapter.dispatch('empreinte')(expressions) }}{%- endmacro %}
{% macro default__empreinte(expressions) -%}hash({{ expressions | join(', ') }}){%- endmacro %}
{% macro spark__empreinte(expressions) -%}xxhash64({{ expressions | join(', ') }}){%- endmacro %}

{# A pseudonym in 12 characters (72 bits): the study's pseudonyms have 64, and every window, join and table of the
   warehouse carries them. Two of a million share one with a probability of 10 to the power of -10; a test says so. #}
{% macro identifiant_court(pseudonyme) -%}{{ adapter.dispatch('identifiant_court')(pseudonyme) }}{%- endmacro %}
{% macro default__identifiant_court(pseudonyme) -%}to_base64(unhex(left(md5({{ pseudonyme }}), 18))){%- endmacro %}
{% macro spark__identifiant_court(pseudonyme) -%}base64(unhex(left(md5({{ pseudonyme }}), 18))){%- endmacro %}
