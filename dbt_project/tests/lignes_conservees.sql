{#
  Each layer keeps every row of the one before it: a key read that is not kept is lost, and fails here. A row may only
  be replaced, by a later row of the same key. One line a passage: what is read (and which rows), its key, what keeps
  it, the key there where it bears other names.
#}
{% set jusqu_ici = "campagne <= " ~ var('campagne') %}
{% set cette_annee = "campagne = " ~ var('campagne') %}
{% set passages = [
    (source('brut', 'perimetre'), cette_annee, ['source'], ref('stg_perimetre__perimetres'), none),
    (source('brut', 'passage'), jusqu_ici, ['departement', 'numanonym'],
        ref('stg_passage__correspondances'), ['territoire', 'numanonym']),
    (source('brut', 'mesures_ase'), jusqu_ici, ['numdep', 'numanonym', 'typev', 'datdeb', 'datfin'],
        ref('stg_mesures_ase__evenements'), ['territoire', 'numanonym', 'typev', 'datdeb', 'datfin']),
    (source('brut', 'dossiers_mentorat'), jusqu_ici, ['departement', 'id_dossier'],
        ref('stg_dossiers_mentorat__dossiers'), ['territoire', 'id_dossier']),
    (source('brut', 'binomes'), jusqu_ici, ['association', 'id_binome'], ref('stg_binomes__binomes'), none),
    (source('brut', 'seances'), jusqu_ici, ['association', 'id_binome', 'date_seance', 'coalesce(rang, 1)'],
        ref('stg_seances__seances'), ['association', 'id_binome', 'date_seance', 'rang']),
    (source('brut', 'seances_mois'), jusqu_ici, ['association', 'id_binome'], ref('stg_seances_mois__mois'), none),
    (source('brut', 'mentors'), jusqu_ici, ['association', 'id_mentor'], ref('stg_mentors__mentors'), none),
    (source('brut', 'controles_honorabilite'), jusqu_ici, ['departement', 'id_mentor', 'type', 'date_controle'],
        ref('stg_controles_honorabilite__controles'), ['territoire', 'id_mentor', 'type', 'date_controle']),
    (source('brut', 'conventions'), jusqu_ici, ['departement', 'operateur', 'type', 'date_signature', 'annee'],
        ref('stg_conventions__conventions'),
        ['territoire', 'operateur', 'type_convention', 'date_signature', 'annee']),
    (source('brut', 'demandes_1j1m'), jusqu_ici, ['id_demande'], ref('stg_demandes_1j1m__demandes'), none),
    (source('brut', 'questionnaire_acteurs'), jusqu_ici, ['id_reponse'],
        ref('stg_questionnaire_acteurs__reponses'), none),
    (source('brut', 'label_qualite'), jusqu_ici, ['association', 'date_label'],
        ref('stg_label_qualite__labels'), none),
    (source('brut', 'parcours_ase'), cette_annee, ['departement', 'id_jeune', 'type_ligne', 'date_debut', 'nature'],
        ref('stg_parcours_ase__lignes'), ['territoire', 'id_jeune', 'type_ligne', 'date_debut', 'nature']),
    (source('brut', 'feuille_route'), jusqu_ici, ['departement', 'annee', 'sous_etape'],
        ref('stg_feuille_route__sous_etapes'), ['territoire', 'annee', 'sous_etape']),
    (source('brut', 'associations'), jusqu_ici, ['association', 'valable_du'],
        ref('stg_associations__registre'), none),
    (source('brut', 'actions'), jusqu_ici, ['departement', 'date', 'public'],
        ref('stg_actions__actions'), ['territoire', 'date_action', 'public']),
    (source('brut', 'devenir'), jusqu_ici, ['id_jeune', 'source', 'evenement', 'date_debut'],
        ref('stg_devenir__evenements'), none),
    (source('brut', 'fenetres'), jusqu_ici, ['source', 'departement', 'debut'],
        ref('stg_fenetres__fenetres'), ['source', 'territoire', 'debut']),
    (source('brut', 'remontee_agregee'), jusqu_ici, ['departement', 'annee'],
        ref('stg_remontee_agregee__remontees'), ['territoire', 'annee']),
    (source('brut', 'accompagnement'), jusqu_ici, ['departement', 'date_debut'],
        ref('stg_accompagnement__departements'), ['territoire', 'date_debut']),
    (source('brut', 'enquete_echantillon'), jusqu_ici, ['vague', 'id_repondant'],
        ref('stg_enquete__echantillon'), none),
    (ref('stg_mesures_ase__evenements'), 'true', ['numanonym'], ref('int_identites_ase'), none),
    (ref('stg_dossiers_mentorat__dossiers'), 'true', ['territoire', 'id_dossier'], ref('int_dossiers'), none),
    (ref('stg_binomes__binomes'), 'true', ['association', 'id_binome'], ref('int_binomes'), none),
    (ref('int_binomes'), 'true', ['id_binome'], ref('binomes_retenus'), none),
    (ref('int_mesures'), "fin is null or fin >= " ~ jour('01-01'), ['id_population'], ref('population'), none),
    (ref('population'), 'true', ['id_population'], ref('int_personnes_ase'), none),
] %}
with pertes as (
    {% for lue, lignes, cle, gardee, cle_gardee in passages -%}
    select
        '{{ lue.identifier }} > {{ gardee.identifier }}' as passage,
        count(*) as lignes_perdues_nb
    from (
        select {{ cle | join(', ') }}
        from {{ lue }}
        where {{ lignes }}
        except
        select {{ (cle_gardee or cle) | join(', ') }}
        from {{ gardee }}
    ) as perdues
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select *
from pertes
where lignes_perdues_nb > 0
