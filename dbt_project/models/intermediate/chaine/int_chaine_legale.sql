-- Pair × article: fait, manquant, non_transmis or hors_champ, with the reason. One piece sent empty or contrary is
-- enough to say « manquant »; « fait » needs them all; « non transmis » is what neither can be said of.
-- Articles are never added up into one rate.
{% set avant = "nature = 'mentorat' and est_apres_entree_en_vigueur" -%}
{% set pendant = "nature = 'mentorat' and est_en_cours_apres_entree_en_vigueur" -%}
{% set articles = [
    {'article': 'D221-34', 'pieces': ['evaluation', 'conclusion', 'proposition', 'reponse_jeune'], 'champ': avant},
    {'article': 'D221-35', 'champ': avant, 'pieces': [
        'information_jeune', 'avis_jeune', 'accord_jeune_majeur', 'information_titulaires', 'accord', 'date_accord',
        'tous_titulaires', 'conseil_famille',
    ]},
    {'article': 'D221-36', 'pieces': ['operateur'], 'champ': avant},
    {'article': 'D221-37', 'pieces': ['capacite'], 'champ': avant,
     'hors': "type_operateur <> 'association'", 'hors_motif': 'operateur_non_associatif'},
    {'article': 'D221-38', 'pieces': ['convention', 'signature_jeune', 'mention'], 'champ': avant},
    {'article': 'D221-39-1', 'pieces': ['controle_avant_decision'], 'champ': avant},
    {'article': 'D221-39-2', 'pieces': ['controle_annuel'], 'champ': pendant,
     'hors': "controle_annuel in ('pas_encore_du', 'hors_champ')", 'hors_motif': 'premiere_echeance_non_atteinte'},
    {'article': 'D221-40', 'pieces': ['bilan', 'avis_bilan', 'fin_concertee'], 'champ': pendant},
] -%}
with lignes as (
    {% for ligne in articles -%}
    select
        cle_binome,
        association,
        id_binome,
        territoire,
        '{{ ligne.article }}' as article,
        case
            when nature <> 'mentorat' then 'hors_champ'
            when date_debut is null then 'non_transmis'
            when not ({{ ligne.champ }}) then 'hors_champ'
            {%- if ligne.hors %}
            when {{ ligne.hors }} then 'hors_champ'
            {%- endif %}
            when 'manquant' in ({{ ligne.pieces | join(', ') }}) then 'manquant'
            when 'non_transmis' in ({{ ligne.pieces | join(', ') }}) then 'non_transmis'
            else 'fait'
        end as statut,
        case
            when nature <> 'mentorat' then 'parrainage'
            when date_debut is null then 'debut_inconnu'
            when not ({{ ligne.champ }}) then 'avant_entree_en_vigueur'
            {%- if ligne.hors %}
            when {{ ligne.hors }} then '{{ ligne.hors_motif }}'
            {%- endif %}
        end as motif_champ,
        a_dossier,
        {{ pieces_en_etat(ligne.pieces, 'manquant') }} as pieces_manquant,
        {{ pieces_en_etat(ligne.pieces, 'non_transmis') }} as pieces_non_transmis
    from {{ ref('int_chaine_pieces') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    cle_binome,
    association,
    id_binome,
    territoire,
    article,
    statut,
    case
        when motif_champ is not null then motif_champ
        when statut = 'manquant' then left(pieces_manquant, length(pieces_manquant) - 1)
        when statut = 'non_transmis' and not a_dossier and article not in ('D221-37', 'D221-39-1', 'D221-39-2')
            then 'dossier_absent'
        when statut = 'non_transmis' then left(pieces_non_transmis, length(pieces_non_transmis) - 1)
    end as motif
from lignes
