-- What the files of each sender of S2 hold, one row a sender, one boolean a column: an article whose column is nowhere
-- is « non transmis », never « manquant ».
{% set colonnes = dates_dossier().split(', ') + [
    'conclusion_evaluation', 'statut_juridique', 'type_operateur', 'reponse_jeune', 'decision_accord', 'nb_titulaires',
    'nb_accords_recus', 'signee_jeune', 'document_mention', 'avis_jeune_recueilli',
] -%}
select
    {% for nom in colonnes -%}
    max(case when colonne = '{{ nom }}' then 1 else 0 end) = 1 as a_{{ nom }},
    {% endfor -%}
    emetteur
from {{ ref('stg_journal__colonnes') }}
where source = 'dossiers_mentorat'
group by emetteur
