{# Last known value of a column: the one of the highest `ordre` among rows where it is filled and not a code of unknown. #}
{% macro dernier_connu(colonne, ordre, inconnus=[], si=none) -%}
    max_by(
        {{ colonne }},
        case
            when
                {{ colonne }} is not null
                {%- if inconnus %} and cast({{ colonne }} as {{ texte() }}) not in ('{{ inconnus | join("', '") }}'){% endif %}
                {%- if si %} and {{ si }}{% endif %}
                then {{ ordre }}
        end
    )
{%- endmacro %}

{# Age bands of the tables of figures. `adultes` adds the band of young adults. #}
{% macro tranche_age(age) -%}
    case
        when {{ age }} is null then 'inconnu'
        when {{ age }} < 11 then 'moins_de_11'
        when {{ age }} <= 13 then '11-13'
        when {{ age }} <= 15 then '14-15'
        when {{ age }} <= 17 then '16-17'
        else '18_et_plus'
    end
{%- endmacro %}

{# True where a list written a|b|c holds every one of `valeurs`; a list that was not sent holds everything. #}
{% macro contient(liste, valeurs) -%}
    (
        {{ liste }} is null
        {%- for valeur in valeurs %}
        {{ 'or (' if loop.first else 'and ' }}'|' || {{ liste }} || '|' like '%|{{ valeur }}|%'
        {%- endfor %}
        )
    )
{%- endmacro %}

{#
  Rows of a raw table up to the campagne, one a key: the row of the latest campagne wins.
  `cle` is a list of columns; missing key values count as equal.

  Where several senders may tell the same key, `proprietaire` is the sender the key belongs to (the collectivité in
  charge for its files and checks, the association itself for its pairs and mentors): its row wins, then that of the
  latest campagne, then the first sender by slug. `est_redite` says that another sender told the key too.
#}
{% macro derniere_campagne(relation, cle, proprietaire=none) -%}
    select *
    from (
        select
            *,
            {% if proprietaire -%}
            min(depose_par) over (partition by {{ cle | join(', ') }})
            <> max(depose_par) over (partition by {{ cle | join(', ') }}) as est_redite,
            {% endif -%}
            row_number() over (
                partition by {{ cle | join(', ') }}
                order by
                    {% if proprietaire -%}
                    case when depose_par = {{ proprietaire }} then 0 else 1 end asc,
                    {% endif -%}
                    campagne desc, depose_par asc
            ) as rang_campagne
        from {{ relation }}
        where campagne <= {{ var('campagne') }}
    ) as lignes
    where rang_campagne = 1
{%- endmacro %}

{#
  Over a group of rows, whether a statement with three answers holds for one of them: true as soon as one is true,
  unknown when none is true and one is unknown, else false.
#}
{% macro au_moins_un(condition) -%}
    case
        when max(case when {{ condition }} then 1 else 0 end) = 1 then true
        when max(case when {{ condition }} is null then 1 else 0 end) = 1 then null
        else false
    end
{%- endmacro %}

{#
  Class of a breakdown, as the catalogue lists them.
#}
{% macro classe_ventilation(dimension) -%}
    {%- if dimension == 'tranche_age' -%}
    case when tranche_age in ('moins_de_11', '11-13') then '13_et_moins' else tranche_age end
    {%- else -%}
    {{ dimension }}
    {%- endif -%}
{%- endmacro %}

{# Free words made comparable: lower case, no accents, words joined by _ (« Famille d'accueil » is famille_d_accueil). #}
{% macro mot_simple(texte) -%}
    translate(lower(trim({{ texte }})), 'àâäéèêëîïôöùûüç ''’-/', 'aaaeeeeiioouuuc_____')
{%- endmacro %}

{#
  Last known code of a group, as a number: the one of the highest `ordre` among rows where it is filled and is not
  `inconnu`. For codes of one digit and orders that never tie: a maximum of numbers costs half of what `dernier_connu` does.
#}
{% macro dernier_code(colonne, ordre, inconnu) -%}
    mod(max(case when {{ colonne }} <> '{{ inconnu }}' then {{ ordre }} * 10 + cast({{ colonne }} as bigint) end), 10)
{%- endmacro %}
