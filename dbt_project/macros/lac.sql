{# Root of the lake, the folder that holds etude/, journal/ and marts/. #}
{% macro lac() -%}
    {{ env_var('MENTORAT_LAKE', '../data/lake') }}
{%- endmacro %}

{#
  Post-hook of every mart: the table goes to lake/marts/<campagne>/<mart>.parquet, sorted on all its columns.
  A table and a COPY rather than dbt-duckdb's `external` materialisation, which writes one row of nulls for an
  empty model and ignores the not_null constraints of contracts.
#}
{% macro exporter_mart() -%}
    copy (select * from {{ this }} order by all)
    to '{{ lac() }}/marts/{{ var("campagne") }}/{{ this.identifier }}.parquet'
    (format parquet, compression zstd)
{%- endmacro %}

{# Post-hook of every model of retours/: rows in senders' own references stay in the pilotage store. #}
{% macro exporter_rendu() -%}
    copy (select * from {{ this }} order by all)
    to '{{ lac() }}/pilotage/rendus/{{ var("campagne") }}/{{ this.identifier }}.parquet'
    (format parquet, compression zstd)
{%- endmacro %}
