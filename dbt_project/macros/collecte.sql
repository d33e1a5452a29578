{#
  Columns that a source of a collectivité or an association must hold beside its key (`obligatoire` in the contracts:
  a test holds this list to them). A source that is not here has none.
#}
{% macro colonnes_attendues() -%}
{{ return({
    'binomes': ['departement', 'id_jeune', 'id_mentor', 'nature', 'modalite', 'date_debut'],
    'conventions': ['date_fin'],
    'devenir': ['departement'],
    'dossiers_mentorat': ['id_jeune', 'naissance', 'statut'],
    'fenetres': ['fin'],
    'feuille_route': ['statut'],
    'mentors': ['profil', 'tranche_age', 'date_recrutement'],
    'passage': ['id_jeune'],
    'perimetre': ['date_extraction', 'exhaustif'],
    'seances': ['duree_minutes', 'presence'],
    'seances_mois': ['nb_seances'],
}) }}
{%- endmacro %}
