{#
  A table of DuckDB, written under its own name. The warehouse is new at each build: dbt-duckdb's own way (another name,
  the former table set aside, two renamings, a drop) is made for one that is read meanwhile, and costs a fifth of what
  dbt spends on a model.
#}
{% materialization table, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set former = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if former is not none %}{% do adapter.drop_relation(former) %}{% endif %}
    {% call statement('main') -%}{{ create_table_as(False, relation, compiled_code, 'sql') }}{%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
