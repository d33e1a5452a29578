{#
  Codes of a source are those of its contract: intake sets the others aside, so that one found here is a fault of the
  platform. One row a column at fault, with how many rows. `codes` and `listes` give the right codes by column (of the
  cell, of each element of a|b|c); `territoires` what a territory column takes beside the codes of the reference table.
  Missing is always right. The arguments are generated from the contracts.
#}
{% test codes_connus(model, codes={}, listes={}, territoires={}) %}
with lignes as (
    select *
    from {{ model }}
    where campagne <= {{ var('campagne') }}
),

{% if codes -%}
comptes as (
    select
        {% for colonne, connus in codes.items() -%}
        count_if({{ colonne }} not in ({{ litteraux(connus) }})) as {{ colonne }}{{ ',' if not loop.last }}
        {% endfor %}
    from lignes
),

{% endif -%}
fautes as (
    select
        '' as colonne,
        0 as lignes_nb
{% for colonne in codes %}
    union all
    select
        '{{ colonne }}' as colonne,
        {{ colonne }} as lignes_nb
    from comptes
{% endfor %}
{% for colonne, connus in listes.items() %}
    union all
    select
        '{{ colonne }}' as colonne,
        count(*) as lignes_nb
    from (select {{ eclate(colonne) }} as element from lignes) as elements
    where element not in ({{ litteraux(connus) }})
{% endfor %}
{% for colonne, autres in territoires.items() %}
    union all
    select
        '{{ colonne }}' as colonne,
        count(*) as lignes_nb
    from lignes
    left join {{ ref('territoires') }} as territoires on lignes.{{ colonne }} = territoires.territoire
    where
        lignes.{{ colonne }} is not null
        and territoires.territoire is null
        {% if autres %}and lignes.{{ colonne }} not in ({{ litteraux(autres) }}){% endif %}
{% endfor %}
)

select *
from fautes
where lignes_nb > 0
{% endtest %}
