-- What the département (S2) and the association (S3) say differently of the same pair: one row a pair and column. Both
-- values stay; the one that counts is the association's (`int_binomes` says why and where). A side that says nothing
-- does not contradict the other, but a pair that runs for one and has ended for the other is told (`etat`), and so is a
-- pair that the département does not know to be launched (`lancement`).
with paires as (
    select
        binomes.id_binome,
        binomes.territoire,
        binomes.association,
        s3.date_debut as date_debut_association,
        dossiers.date_lancement as date_debut_departement,
        s3.date_fin as date_fin_association,
        dossiers.date_fin as date_fin_departement,
        s3.motif_fin as motif_fin_association,
        dossiers.motif_fin as motif_fin_departement,
        s3.nature as nature_association,
        dossiers.nature_proposition as nature_departement,
        s3.association as association_association,
        dossiers.association as association_departement,
        case when s3.date_fin is null then 'en_cours' else 'fini' end as etat_association,
        case
            when dossiers.date_fin is not null or dossiers.statut in ('termine', 'arret_anticipe') then 'fini'
            when {{ est_lance('dossiers.date_lancement', 'dossiers.statut') }} then 'en_cours'
        end as etat_departement,
        'lance' as lancement_association,
        case
            when {{ est_lance('dossiers.date_lancement', 'dossiers.statut') }} then 'lance'
            else dossiers.statut
        end as lancement_departement
    from {{ ref('int_binomes') }} as binomes
    inner join {{ ref('stg_binomes__binomes') }} as s3
        on binomes.association = s3.association and binomes.id_binome = s3.id_binome
    inner join {{ ref('stg_dossiers_mentorat__dossiers') }} as dossiers
        on binomes.id_dossier = dossiers.id_dossier and binomes.territoire_dossier = dossiers.territoire
    -- two files of different years do not contradict each other: one is older
    where binomes.source = 'binomes' and s3.campagne = dossiers.campagne
),

ecarts as (
    {% for colonne in ['date_debut', 'date_fin', 'etat', 'lancement', 'motif_fin', 'nature', 'association'] -%}
    select
        id_binome,
        territoire,
        association,
        '{{ colonne }}' as colonne,
        cast({{ colonne }}_departement as {{ texte() }}) as valeur_departement,
        cast({{ colonne }}_association as {{ texte() }}) as valeur_association,
        {% if colonne in ['date_debut', 'date_fin'] -%}
        {{ jours_entre(colonne ~ '_departement', colonne ~ '_association') }} as ecart_jours
        {%- else -%}
        cast(null as bigint) as ecart_jours
        {%- endif %}
    from paires
    where {{ colonne }}_departement <> {{ colonne }}_association
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    id_binome,
    territoire,
    association,
    colonne,
    valeur_departement,
    valeur_association,
    ecart_jours,
    'association' as retenue
from ecarts
