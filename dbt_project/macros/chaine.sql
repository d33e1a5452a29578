{# Every date of an S2 file, in the order of the chain, written after `prefixe` and separated by a comma and a space. #}
{% macro dates_dossier(prefixe='') -%}
{% for date in [
    'date_evaluation', 'date_derniere_evaluation', 'date_proposition', 'date_information_jeune', 'date_reponse_jeune',
    'date_candidature', 'date_information_titulaires', 'date_avis_jeune', 'date_demande_accord', 'date_accord',
    'date_accord_conseil_famille', 'date_transmission', 'date_validation', 'date_convention_individuelle',
    'date_decision', 'date_lancement', 'date_dernier_bilan', 'date_evaluation_fin_concertee', 'date_fin',
] -%}
{{ prefixe }}{{ date }}{{ ', ' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{#
  State of one piece of an article: `fait` when the condition holds; `manquant` when the columns it needs were sent and
  it does not; `non_transmis` when one of them is nowhere in the sender's files. A value in the row proves its column.
  `si` says for whom the piece is asked (`sans_objet` for the others); `une_suffit` when any of the columns will do.
  Reads `dossiers` (the row) and `transmises` (the columns its sender's files hold).
#}
{% macro etat_piece(condition, colonnes, si=none, une_suffit=false) -%}
    case
        {%- if si %}
        when not ({{ si }}) then 'sans_objet'
        {%- endif %}
        when {{ condition }} then 'fait'
        when
            {%- for colonne in colonnes %}
            (dossiers.{{ colonne }} is not null or transmises.a_{{ colonne }})
            {%- if not loop.last %} {{ 'or' if une_suffit else 'and' }}{% endif %}
            {%- endfor %}
            then 'manquant'
        else 'non_transmis'
    end
{%- endmacro %}

{#
  Files that wait for someone, and for how long: `dossiers` is a relation of S2 rows (étude or pilotage store alike) with
  `emetteur`. Movement is the latest date of the row; it is looked at from the day the sender says it extracted the
  file, else 31 December. Without any date, how long is unknown.
#}
{% macro dossiers_sans_mouvement(dossiers) -%}
    select
        lignes.*,
        statuts.acteur,
        statuts.prochaine_action,
        {{ jours_depuis_le_dernier_mouvement('lignes', "coalesce(perimetres.date_extraction, " ~ jour('12-31') ~ ")") }}
            as depuis_jours
    from {{ dossiers }} as lignes
    inner join {{ ref('statuts_dossiers') }} as statuts on lignes.statut = statuts.statut
    left join {{ ref('stg_perimetre__perimetres') }} as perimetres
        on lignes.emetteur = perimetres.emetteur and perimetres.source = 'dossiers_mentorat'
    where statuts.acteur is not null
{%- endmacro %}

{% macro jours_depuis_le_dernier_mouvement(lignes, repere) -%}
    greatest(
        {{ jours_entre('greatest(' ~ dates_dossier(lignes ~ '.') ~ ')', repere) }},
        case when coalesce({{ dates_dossier(lignes ~ '.') }}) is not null then 0 end
    )
{%- endmacro %}

{# Days without movement from which a file is « bloqué », one indicator each. #}
{% macro seuils_blocage() -%}30, 60, 90{%- endmacro %}

{# The pieces of an article in one state, each followed by a bar. #}
{% macro pieces_en_etat(pieces, etat) -%}
    {% for piece in pieces -%}
    case when {{ piece }} = '{{ etat }}' then '{{ piece }}|' else '' end{{ ' || ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
