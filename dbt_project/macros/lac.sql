{# Root of the lake, the folder that holds etude/, journal/ and marts/. #}
{% macro lac() -%}
    {{ env_var('MENTORAT_LAKE', '../data/lake') }}
{%- endmacro %}

{#
  Post-hook of every mart: the table goes to the lake, sorted on all its columns. DuckDB's marts are the ones the other
  rooms read, in marts/; another engine's stand beside them and never in their place.
#}
{% macro exporter_mart() -%}{{ adapter.dispatch('exporter_mart')() }}{%- endmacro %}

{#
  marts/<campagne>/<mart>.parquet. A table and a COPY rather than dbt-duckdb's `external` materialisation, which writes
  one row of nulls for an empty model and ignores the not_null constraints of contracts.
#}
{% macro default__exporter_mart() -%}
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

{# marts-spark/<campagne>/<mart>.parquet/, a folder as Spark writes them, of one file. #}
{% macro spark__exporter_mart() -%}
    insert overwrite directory '{{ lac() }}/marts-spark/{{ var("campagne") }}/{{ this.identifier }}.parquet'
    using parquet
    select /*+ repartition(1) */ * from {{ this }} order by all
{%- endmacro %}

{#
  Before the first model: the Parquet folders of the lake as tables `brut.…` and `suivi.…`. DuckDB needs none, it reads
  `external_location` where a model names the source; Spark reads the same folders, columns merged by name.
#}
{% macro declarer_sources() -%}
    {%- if execute %}{{ adapter.dispatch('declarer_sources')() }}{% endif -%}
{%- endmacro %}
{% macro default__declarer_sources() %}{% endmacro %}
{% macro spark__declarer_sources() -%}
    {%- set lues = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- do lues.extend(node.depends_on.nodes) -%}
    {%- endfor -%}
    {%- for table in graph.sources.values() if table.unique_id in lues -%}
        {%- set emplacement = table.config.meta.external_location or table.source_meta.external_location -%}
        {#- read_parquet('<folder>/*.parquet', …): the folder, said once in _sources.yml -#}
        {%- set dossier = emplacement.split("'")[1].rpartition('/')[0] | replace('{name}', table.name) -%}
        {%- do run_query('create schema if not exists ' ~ table.schema) -%}
        {%- do run_query('drop table if exists ' ~ table.schema ~ '.' ~ table.identifier) -%}
        {%- do run_query(
            'create table ' ~ table.schema ~ '.' ~ table.identifier
            ~ " using parquet options (mergeSchema 'true') location '" ~ dossier ~ "'"
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{#
  Seeds on Spark, where dbt-spark's own wording will not do: it knows no `varchar` without a length, and sends each value
  between quotes as it stands, so that an apostrophe breaks it and a missing value becomes the word None.
#}
{% macro type_de_reference(type) -%}{{ 'string' if type == 'varchar' else type }}{%- endmacro %}

{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model.config.column_types -%}
    {%- set colonnes = [] -%}
    {%- for colonne in agate_table.column_names -%}
        {%- do colonnes.append(colonne ~ ' ' ~ type_de_reference(types[colonne])) -%}
    {%- endfor -%}
    {%- do run_query('create table ' ~ this ~ ' (' ~ colonnes | join(', ') ~ ')') -%}
    {{ return('') }}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model.config.column_types -%}
    {%- set lignes = [] -%}
    {%- for ligne in agate_table.rows -%}
        {%- set valeurs = [] -%}
        {%- for colonne in agate_table.column_names -%}
            {%- set valeur = ligne[colonne] -%}
            {%- if valeur is none -%}
                {%- do valeurs.append('null') -%}
            {%- else -%}
                {%- set ecrite = valeur | string | replace('\\', '\\\\') | replace("'", "\\'") -%}
                {%- do valeurs.append("cast('" ~ ecrite ~ "' as " ~ type_de_reference(types[colonne]) ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do lignes.append('(' ~ valeurs | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- if lignes -%}
        {%- do run_query('insert into ' ~ this ~ ' values ' ~ lignes | join(', ')) -%}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}
