{#
  What makes a territory's files countable, said once for the campagne (`int_couverture`) and for the years before it
  (`int_observation`). `perimetre` is the alias of the sender's perimeter for the source, missing where none was sent.
#}

{# S1 tells who is in care: exhaustive as far as its sender says, and with its stock. #}
{% macro est_denominateur_s1(perimetre, est_stock_incomplet) -%}
    coalesce({{ perimetre }}.exhaustif, 'partiel') <> 'non' and not coalesce({{ est_stock_incomplet }}, false)
{%- endmacro %}

{# S1 or S2 covers eligible minors. #}
{% macro sont_mineurs_couverts(perimetre) -%}
    {{ contient(perimetre ~ '.publics_inclus', ['confies', 'aed', 'aemo']) }}
{%- endmacro %}

{# S2 follows pairs: some of the files are not the pairs. #}
{% macro est_suivi_s2(perimetre) -%}
    coalesce({{ perimetre }}.exhaustif, 'partiel') <> 'non'
{%- endmacro %}

{# First campagnes after a delivery without its stock that give no denominator. #}
{% macro campagnes_sans_stock() -%}3{%- endmacro %}
