-- Rows of pairs, sessions, mentors and checks that passed intake and that something contradicts: each rule with its
-- count, by territory. None is dropped in silence: the sentence says what the figures make of it.
{% set regles = {
    'deux_binomes_en_cours': (
        'binomes',
        "Jeune ayant plusieurs binômes de même nature en cours le 31 décembre : chaque binôme est compté, le " ~
        "jeune une seule fois (ici, les binômes au-delà du premier)."
    ),
    'binome_avant_naissance': (
        'binomes',
        "Binôme commencé avant la naissance du jeune selon les mesures ASE ou le dossier : compté parmi les " ~
        "binômes, écarté des cohortes."
    ),
    'binome_avant_age_minimum': (
        'binomes',
        "Binôme de mentorat commencé avant l'âge minimum : compté parmi les binômes, groupe à part dans les " ~
        "cohortes."
    ),
    'fin_avant_debut': (
        'binomes',
        "Binôme dont la fin précède le début : compté comme lancé, jamais comme actif."
    ),
    'binome_sans_debut': (
        'dossiers_mentorat',
        "Dossier lancé sans date de lancement : compté parmi les binômes actifs, pas parmi les lancements."
    ),
    'fin_sans_date': (
        'dossiers_mentorat',
        "Dossier terminé ou arrêté sans date de fin : ni actif, ni daté."
    ),
    'binome_non_redonne': (
        'binomes',
        "Binôme laissé ouvert par le fichier d'une campagne antérieure et absent de celle-ci : il n'est plus " ~
        "compté comme actif."
    ),
    'statut_en_cours_avec_fin': (
        'dossiers_mentorat',
        "Dossier au statut lancé, en cours ou suspendu dont la date de fin est passée : la date l'emporte."
    ),
    'dossier_introuvable': (
        'binomes',
        "Binôme qui cite un dossier absent du fichier de la collectivité : rapproché par le jeune s'il peut " ~
        "l'être."
    ),
    'dossier_d_un_autre_jeune': (
        'binomes',
        "Binôme qui cite le dossier d'un autre jeune : le jeune du binôme est retenu."
    ),
    'ecart_entre_sources': (
        'binomes',
        "Binôme dont l'association et la collectivité donnent une date, un motif, une nature ou un état " ~
        "différents : l'association l'emporte, les deux valeurs sont gardées."
    ),
    'dossier_redit': (
        'dossiers_mentorat',
        "Dossier donné par deux émetteurs : celui de la collectivité en charge est retenu."
    ),
    'binome_redit': (
        'binomes',
        "Binôme donné par deux émetteurs : celui de son association est retenu."
    ),
    'seance_redite': (
        'seances',
        "Séance donnée par deux émetteurs : celle de l'association du binôme est retenue."
    ),
    'mois_redit': (
        'seances_mois',
        "Mois de séances donné par deux émetteurs : celui de l'association du binôme est retenu."
    ),
    'mentor_redit': (
        'mentors',
        "Mentor donné par deux émetteurs pour la même association : la ligne de l'association est retenue."
    ),
    'controle_redit': (
        'controles_honorabilite',
        "Contrôle donné par deux émetteurs : celui de la collectivité en charge est retenu."
    ),
    'seance_hors_dates': (
        'seances',
        "Séance en dehors des dates du binôme : elle ne compte pas dans l'intensité."
    ),
    'mois_hors_dates': (
        'seances_mois',
        "Séances d'un mois en dehors des dates du binôme : elles ne comptent pas dans l'intensité."
    ),
    'seance_sans_binome': (
        'seances',
        "Séance d'un binôme inconnu : elle ne compte pas."
    ),
    'mois_sans_binome': (
        'seances_mois',
        "Mois de séances d'un binôme inconnu : il ne compte pas."
    ),
    'mois_contraire_aux_seances': (
        'seances_mois',
        "Mois dont le nombre de séances diffère des séances datées du même mois : les séances datées l'emportent."
    ),
} -%}
with binomes as (
    select
        binomes.*,
        row_number() over (
            partition by binomes.id_personne, binomes.nature, binomes.est_actif_fin_campagne
            order by binomes.date_debut asc nulls last, binomes.id_binome asc
        ) as rang_jeune,
        dossiers.id_personne as id_personne_dossier,
        parametres.age_minimum
    from {{ ref('int_binomes') }} as binomes
    cross join {{ ref('int_parametres') }} as parametres
    left join {{ ref('int_dossiers') }} as dossiers
        on
            binomes.id_dossier = dossiers.id_dossier
            and binomes.territoire_dossier = dossiers.territoire
            and binomes.source = 'binomes'
),

-- A file can only be missing where the collectivité sent files.
territoires_a_dossiers as (
    select distinct territoire
    from {{ ref('int_dossiers') }}
),

seances as (
    select
        association,
        id_binome,
        sum(lignes_nb) as lignes_nb,
        sum(redites_nb) as redites_nb
    from {{ ref('int_seances_datees') }}
    group by association, id_binome
),

mois as (
    select
        association,
        id_binome,
        count(*) as lignes_nb,
        count_if(est_redite) as redites_nb
    from {{ ref('stg_seances_mois__mois') }}
    group by association, id_binome
),

cas as (
    {% for regle, condition in [
        ('deux_binomes_en_cours', 'est_actif_fin_campagne and rang_jeune > 1'),
        ('binome_avant_naissance', 'date_debut < date_naissance'),
        (
            'binome_avant_age_minimum',
            "nature = 'mentorat' and date_debut >= date_naissance and "
            ~ age_au('date_naissance', 'date_debut') ~ ' < age_minimum'
        ),
        ('fin_avant_debut', 'date_fin < date_debut'),
        ('binome_sans_debut', 'date_debut is null'),
        ('fin_sans_date', 'est_fin_inconnue'),
        ('binome_non_redonne', 'not est_suivi and not est_fin_inconnue'),
        ('dossier_d_un_autre_jeune', "lien_dossier = 'reference' and id_personne_dossier <> id_personne"),
    ] -%}
    select
        '{{ regle }}' as regle,
        territoire,
        1 as lignes_nb
    from binomes
    where {{ condition }}
    union all
    {% endfor -%}
    select
        'statut_en_cours_avec_fin' as regle,
        territoire,
        1 as lignes_nb
    from {{ ref('int_dossiers') }}
    where statut in ('lance', 'en_cours', 'suspendu') and date_fin <= {{ jour('12-31') }}
    union all
    select
        'dossier_introuvable' as regle,
        s3.territoire,
        1 as lignes_nb
    from {{ ref('stg_binomes__binomes') }} as s3
    inner join territoires_a_dossiers on s3.territoire = territoires_a_dossiers.territoire
    left join {{ ref('int_dossiers') }} as dossiers
        on s3.id_dossier = dossiers.id_dossier and s3.territoire = dossiers.territoire
    where s3.id_dossier is not null and dossiers.id_dossier is null
    union all
    select
        'ecart_entre_sources' as regle,
        territoire,
        1 as lignes_nb
    from {{ ref('int_ecarts_sources') }}
    union all
    {% for regle, relation, territoire in [
        ('dossier_redit', 'stg_dossiers_mentorat__dossiers', 'territoire'),
        ('binome_redit', 'stg_binomes__binomes', 'territoire'),
        ('mentor_redit', 'stg_mentors__mentors', "'inconnu'"),
        ('controle_redit', 'stg_controles_honorabilite__controles', 'territoire'),
    ] -%}
    select
        '{{ regle }}' as regle,
        {{ territoire }} as territoire,
        1 as lignes_nb
    from {{ ref(relation) }}
    where est_redite
    union all
    {% endfor -%}
    {% for suffixe, relation in [('seance', 'seances'), ('mois', 'mois')] -%}
    select
        '{{ suffixe }}_{{ "redite" if suffixe == "seance" else "redit" }}' as regle,
        coalesce(binomes.territoire, 'inconnu') as territoire,
        {{ relation }}.redites_nb as lignes_nb
    from {{ relation }}
    left join binomes
        on {{ relation }}.association = binomes.association and {{ relation }}.id_binome = binomes.id_binome
    where {{ relation }}.redites_nb > 0
    union all
    select
        '{{ suffixe }}_sans_binome' as regle,
        'inconnu' as territoire,
        {{ relation }}.lignes_nb
    from {{ relation }}
    left join binomes
        on {{ relation }}.association = binomes.association and {{ relation }}.id_binome = binomes.id_binome
    where binomes.id_binome is null
    union all
    {% endfor -%}
    select
        case when source = 'seances' then 'seance_hors_dates' else 'mois_hors_dates' end as regle,
        territoire,
        hors_dates_nb as lignes_nb
    from {{ ref('int_seances_mois') }}
    where hors_dates_nb > 0
    union all
    select
        'mois_contraire_aux_seances' as regle,
        territoire,
        1 as lignes_nb
    from {{ ref('int_seances_mois') }}
    where source = 'seances' and seances_mensuelles_nb <> seances_nb
),

libelles as (
    {% for regle, (source_regle, libelle) in regles.items() -%}
    select
        '{{ regle }}' as regle,
        '{{ source_regle }}' as source,
        '{{ libelle | replace("'", "''") }}' as libelle
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    cas.regle,
    libelles.libelle,
    libelles.source,
    cas.territoire,
    cast(sum(cas.lignes_nb) as bigint) as lignes_nb
from cas
inner join libelles on cas.regle = libelles.regle
group by cas.regle, libelles.libelle, libelles.source, cas.territoire
