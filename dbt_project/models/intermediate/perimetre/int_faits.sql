-- What is known of each entity, as facts that indicators need (catalogue, `exige`): one row a fact that is true.
-- A fact is a perimeter (stock, evaluations…), a source with rows (`conventions`), or a column that was sent
-- (`dossiers_mentorat.reponse_jeune`). What is not here was not sent, or not exhaustively.
{% set perimetres = {
    'recu': 'a_transmis',
    'stock': 'est_eligibles',
    'confies': 'est_confies',
    'jeunes_majeurs': 'est_jeunes_majeurs',
    'passage': 'a_passage',
    'dossiers': 'a_dossiers and not est_indivis',
    'evaluations': 'est_evaluations',
    'propositions': 'est_propositions',
    'binomes': 'est_binomes',
    's3': 'a_binomes and not est_indivis',
} -%}
{# Sources whose rows name a territory (or a whole collectivité), whoever sends them. #}
{% set situees = [
    'controles_honorabilite', 'conventions', 'questionnaire_acteurs', 'feuille_route', 'actions', 'devenir',
    'accompagnement', 'parcours_ase'
] -%}
{# Sources of the country: received, they tell of everyone, and who is not in them is nil. #}
{% set nationales = ['associations', 'demandes_1j1m', 'label_qualite'] -%}
with places as (
    select
        'departement' as niveau,
        territoire as code,
        emetteur
    from {{ ref('int_territoires') }}
    union all
    select distinct
        'collectivite' as niveau,
        collectivite as code,
        emetteur
    from {{ ref('int_territoires') }}
    where territoires_nb > 1
),

associations as (
    select
        emetteur,
        code
    from {{ ref('emetteurs') }}
    where type = 'association'
),

situes as (
    {% for source_situee in situees -%}
    select distinct
        departement as code,
        '{{ source_situee }}' as fait
    from {{ source('brut', source_situee) }}
    where campagne = {{ var('campagne') }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

nationales as (
    {% for nationale in nationales -%}
    select distinct '{{ nationale }}' as fait
    from {{ source('brut', nationale) }}
    where campagne = {{ var('campagne') }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

-- Sessions and columns of S3 belong to the territories of the pairs.
binomes as (
    select distinct
        association,
        id_binome,
        territoire,
        depose_par
    from {{ ref('stg_binomes__binomes') }}
    where campagne = {{ var('campagne') }}
),

seances as (
    select distinct
        association,
        id_binome
    from {{ source('brut', 'seances') }}
    where campagne = {{ var('campagne') }}
    union
    select distinct
        association,
        id_binome
    from {{ source('brut', 'seances_mois') }}
    where campagne = {{ var('campagne') }}
),

tous as (
    {% for fait, condition in perimetres.items() -%}
    select
        'departement' as niveau,
        territoire as code,
        '{{ fait }}' as fait
    from {{ ref('int_couverture') }}
    where {{ condition }}
    union all
    {% endfor -%}
    select
        places.niveau,
        places.code,
        situes.fait
    from situes
    inner join places on situes.code = places.code
    union all
    select
        entites.niveau,
        entites.code,
        nationales.fait
    from {{ ref('int_entites') }} as entites
    cross join nationales
    union all
    -- what is expected of a sender is told at its own level, once: not of each territory of a collectivité
    select
        entites.niveau,
        entites.code,
        'attendu' as fait
    from {{ ref('int_entites') }} as entites
    left join {{ ref('int_territoires') }} as territoires
        on entites.niveau = 'departement' and entites.code = territoires.territoire
    where coalesce(territoires.territoires_nb, 1) = 1
    union all
    -- a convention tells of its operator too
    select
        'association' as niveau,
        operateur as code,
        'conventions' as fait
    from {{ source('brut', 'conventions') }}
    where campagne = {{ var('campagne') }}
    union all
    select
        'departement' as niveau,
        binomes.territoire as code,
        'seances' as fait
    from seances
    inner join binomes on seances.association = binomes.association and seances.id_binome = binomes.id_binome
    union all
    select
        'association' as niveau,
        association as code,
        'seances' as fait
    from seances
    union all
    select
        'association' as niveau,
        association as code,
        'binomes' as fait
    from binomes
    union all
    -- An association's files are kept by the départements that name it.
    select distinct
        'association' as niveau,
        association as code,
        'dossiers' as fait
    from {{ ref('stg_dossiers_mentorat__dossiers') }}
    where campagne = {{ var('campagne') }}
    union all
    select
        places.niveau,
        places.code,
        colonnes.source || '.' || colonnes.colonne as fait
    from {{ ref('stg_journal__colonnes') }} as colonnes
    inner join places on colonnes.emetteur = places.emetteur
    union all
    select
        'departement' as niveau,
        binomes.territoire as code,
        colonnes.source || '.' || colonnes.colonne as fait
    from {{ ref('stg_journal__colonnes') }} as colonnes
    inner join binomes on colonnes.emetteur = binomes.depose_par
    where colonnes.source in ('binomes', 'seances', 'seances_mois')
    union all
    select
        'association' as niveau,
        associations.code,
        colonnes.source || '.' || colonnes.colonne as fait
    from {{ ref('stg_journal__colonnes') }} as colonnes
    inner join associations on colonnes.emetteur = associations.emetteur
    union all
    select
        'association' as niveau,
        associations.code,
        fichiers.source as fait
    from {{ ref('stg_journal__fichiers') }} as fichiers
    inner join associations on fichiers.emetteur = associations.emetteur
    where fichiers.statut = 'acceptee' and fichiers.lignes_acceptees > 0
),

-- What holds of each territory of a collectivité holds of the collectivité.
communs as (
    select
        'collectivite' as niveau,
        territoires.collectivite as code,
        tous.fait
    from tous
    inner join {{ ref('int_territoires') }} as territoires on tous.code = territoires.territoire
    where tous.niveau = 'departement' and territoires.territoires_nb > 1
    group by territoires.collectivite, tous.fait, territoires.territoires_nb
    having count(distinct tous.code) = territoires.territoires_nb
)

select distinct
    niveau,
    code,
    fait
from tous
where code is not null
union
select
    niveau,
    code,
    fait
from communs
