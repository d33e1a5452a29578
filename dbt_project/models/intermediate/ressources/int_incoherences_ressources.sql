-- Rows that intake accepts and that contradict themselves or one another, by rule and territory (FR: the registry is
-- the country's). Each is counted here; the rule says what is done of it.
with libelles as (
    select
        regle,
        source,
        libelle
    from (
        values
        (
            'convention_sans_objectif',
            'conventions',
            'Convention de mentorat de l''année sans objectif de binômes.'
        ),
        (
            'convention_sans_montant',
            'conventions',
            'Convention de mentorat de l''année sans aucun montant.'
        ),
        (
            'convention_montants_differents',
            'conventions',
            'Convention transmise des deux côtés, montants différents : la collectivité l''emporte.'
        ),
        (
            'convention_objectifs_differents',
            'conventions',
            'Convention transmise des deux côtés, objectifs différents : la collectivité l''emporte.'
        ),
        (
            'antenne_ouverte_apres',
            'conventions',
            'Antenne dite ouverte après l''année de la convention : son ancienneté est inconnue.'
        ),
        (
            'mentores_plus_que_jeunes',
            'questionnaire_acteurs',
            'Structure qui compte plus de mentorés que de jeunes : effectifs non repris.'
        ),
        (
            'demande_attribuee_sans_envoi',
            'demandes_1j1m',
            'Demande attribuée sans date d''envoi à l''association.'
        ),
        (
            'demande_binome_sans_date',
            'demandes_1j1m',
            'Demande suivie d''un binôme sans date de binôme.'
        ),
        (
            'evenement_hors_fenetre',
            'devenir',
            'Événement hors des fenêtres d''observation de son fichier.'
        ),
        (
            'demande_attribuee_incompatible',
            'demandes_1j1m',
            'Demande attribuée à une association qui n''est pas parmi les compatibles.'
        ),
        (
            'compatible_fermee',
            'demandes_1j1m',
            'Demande dont une association compatible était fermée ce jour-là selon le registre.'
        ),
        (
            'compatible_hors_registre',
            'demandes_1j1m',
            'Demande dont une association compatible n''était pas au registre ce jour-là.'
        ),
        (
            'registre_lignes_chevauchantes',
            'associations',
            'Association dont deux lignes du registre valent le même jour : la plus récente compte.'
        )
    ) as liste (regle, source, libelle)
),

compatibles as (
    select
        demandes.id_demande,
        demandes.territoire,
        max(case when candidatures.est_attribuee then 1 else 0 end) as attribuees_nb,
        max(case when not candidatures.ouverte_demandes then 1 else 0 end) as fermees_nb,
        max(case when candidatures.est_au_registre then 0 else 1 end) as hors_registre_nb
    from {{ ref('int_candidatures') }} as candidatures
    inner join {{ ref('int_demandes') }} as demandes on candidatures.id_demande = demandes.id_demande
    group by demandes.id_demande, demandes.territoire
),

registre as (
    select
        association,
        valable_au,
        lead(valable_du) over (partition by association order by valable_du) as suivante_du
    from {{ ref('stg_associations__registre') }}
    where campagne = {{ var('campagne') }}
),

cas as (
    select
        'convention_sans_objectif' as regle,
        territoire
    from {{ ref('int_conventions') }}
    where
        annee = {{ var('campagne') }}
        and type_convention = 'convention_mentorat'
        and objectif_binomes is null
    union all
    select
        'convention_sans_montant' as regle,
        territoire
    from {{ ref('int_conventions') }}
    where
        annee = {{ var('campagne') }}
        and type_convention = 'convention_mentorat'
        and cout_cents is null
    union all
    select
        'convention_montants_differents' as regle,
        territoire
    from {{ ref('int_conventions') }}
    where
        annee = {{ var('campagne') }}
        and est_double
        and cout_cents is distinct from cout_operateur_cents
    union all
    select
        'convention_objectifs_differents' as regle,
        territoire
    from {{ ref('int_conventions') }}
    where
        annee = {{ var('campagne') }}
        and est_double
        and objectif_binomes is distinct from objectif_operateur
    union all
    select
        'antenne_ouverte_apres' as regle,
        territoire
    from {{ ref('int_conventions') }}
    where
        annee = {{ var('campagne') }}
        and est_antenne_future
    union all
    select
        'mentores_plus_que_jeunes' as regle,
        territoire
    from {{ ref('int_etats_des_lieux') }}
    where est_effectif_contraire
    union all
    select
        'demande_attribuee_sans_envoi' as regle,
        territoire
    from {{ ref('int_demandes') }}
    where
        est_attribuee
        and date_envoi is null
    union all
    select
        'demande_binome_sans_date' as regle,
        territoire
    from {{ ref('int_demandes') }}
    where
        suite = 'binome'
        and date_binome is null
    union all
    select
        'evenement_hors_fenetre' as regle,
        territoire
    from {{ ref('int_devenir') }}
    where
        campagne = {{ var('campagne') }}
        and not est_observable
    union all
    select
        'demande_attribuee_incompatible' as regle,
        demandes.territoire
    from {{ ref('int_demandes') }} as demandes
    inner join compatibles on demandes.id_demande = compatibles.id_demande
    where demandes.est_attribuee and compatibles.attribuees_nb = 0
    union all
    select
        'compatible_fermee' as regle,
        territoire
    from compatibles
    where fermees_nb = 1
    union all
    select
        'compatible_hors_registre' as regle,
        territoire
    from compatibles
    where hors_registre_nb = 1
    union all
    select
        'registre_lignes_chevauchantes' as regle,
        'FR' as territoire
    from registre
    where suivante_du is not null and (valable_au is null or valable_au >= suivante_du)
)

select
    libelles.regle,
    libelles.libelle,
    libelles.source,
    cas.territoire,
    cast(count(*) as bigint) as lignes_nb
from cas
inner join libelles on cas.regle = libelles.regle
group by libelles.regle, libelles.libelle, libelles.source, cas.territoire
