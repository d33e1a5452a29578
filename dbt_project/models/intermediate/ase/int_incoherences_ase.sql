-- Rows of S1 and S11 that intake accepts and that can't be right, one row a rule and territory with at least one case.
-- Nothing is left out for it: each rule says what the models do with the case.
with mesures as (
    select
        olinpe.*,
        personnes.date_naissance,
        parametres.age_majorite,
        parametres.age_maximum,
        -- Without a month, the year alone can tell.
        case
            when personnes.mois_naissance is not null then {{ debut_mois('personnes.date_naissance') }}
            else make_date(cast(personnes.annee_naissance as integer), 1, 1)
        end as premiere_naissance_possible
    from {{ ref('int_mesures_olinpe') }} as olinpe
    inner join {{ ref('int_personnes_ase') }} as personnes on olinpe.id_population = personnes.id_population
    cross join {{ ref('int_parametres') }} as parametres
),

cas as (
    -- Kept, for one day.
    select
        'fin_avant_debut' as regle,
        territoire
    from mesures
    where fin_connue < debut
    union all
    -- Kept from the start told by the end.
    select
        'fin_sans_debut' as regle,
        territoire
    from mesures
    where ouvertures_nb = 0
    union all
    -- Closed on 1 January of the campagne that tells it.
    select
        'fin_sans_date' as regle,
        territoire
    from {{ ref('int_evenements') }}
    where typev = '3' and datfin is null
    union all
    -- An opening does not end: the date is not read.
    select
        'ouverture_avec_fin' as regle,
        territoire
    from {{ ref('int_evenements') }}
    where typev <> '3' and datfin is not null
    union all
    -- No date at all: the event opens nothing.
    select
        'evenement_sans_date' as regle,
        territoire
    from {{ ref('int_evenements') }}
    where date_evenement is null
    union all
    -- Kept: an unborn child may be followed, a wrong birth date as well.
    select
        'debut_avant_naissance' as regle,
        territoire
    from mesures
    where debut < premiere_naissance_possible
    union all
    -- A minor's measure begun at majority or later, still running: kept, for one day.
    select
        'debut_apres_majorite' as regle,
        territoire
    from mesures
    where fin_connue is null and debut > fin_legale
    union all
    -- Longer than a childhood, or than young-adult care can be. Kept.
    select
        'duree_excessive' as regle,
        territoire
    from mesures
    where
        coalesce(fin, {{ jour('12-31') }}) > {{ plus_mois(
            'debut',
            '12 * (case when est_jeune_majeur then age_maximum - age_majorite else age_majorite end)'
        ) }}
    union all
    -- The place is « autre » unless another event of the measure tells it.
    select
        'lieu_inconnu' as regle,
        territoire
    from {{ ref('int_evenements') }}
    where est_lieu_inconnu
    union all
    -- Placed, without a place: read as help at home, as the contract of S1 says.
    select
        'placement_sans_lieu' as regle,
        territoire
    from mesures
    where
        type_accueil in ('aed', 'aemo')
        and (
            (decision = '2' and nature in ('17', '18', '22', '23'))
            or (decision = '1' and nature in ('12', '13', '14', '15', '21'))
        )
    union all
    -- The young person counts once, where the latest measure began.
    select
        'deux_territoires' as regle,
        territoire
    from (
        select distinct
            id_population,
            territoire
        from {{ ref('int_etats') }}
        where est_double_territoire
    ) as jeunes
    union all
    -- In care, never eligible: no age can be told.
    select
        'naissance_inconnue' as regle,
        territoire
    from (
        select distinct
            mesures.id_population,
            mesures.territoire
        from {{ ref('int_mesures') }} as mesures
        inner join {{ ref('int_personnes_ase') }} as personnes on mesures.id_population = personnes.id_population
        where personnes.date_naissance is null
    ) as jeunes
    union all
    -- S11: words the project does not know. A measure then opens nothing, a place reads « autre ».
    select
        'nature_inconnue' as regle,
        territoire
    from {{ ref('int_parcours') }}
    where not est_nature_connue
    union all
    -- S11: a place no measure covers makes a spell of its own, of unknown legal basis.
    select
        'accueil_sans_mesure' as regle,
        territoire
    from {{ ref('int_mesures_parcours') }}
    where est_accueil_seul
    union all
    -- S11 beside S1 without S0: young people would count twice, S1 speaks alone.
    select
        'parcours_sans_passage' as regle,
        territoire
    from {{ ref('int_parcours') }}
    where not est_comptable
),

libelles as (
    {%- for regle, source, libelle in [
        ('fin_avant_debut', 'mesures_ase', "Mesure dont la fin précède le début : comptée un jour."),
        ('fin_sans_debut', 'mesures_ase', "Fin de mesure sans ouverture connue."),
        ('fin_sans_date', 'mesures_ase', "Fin de mesure sans date : close au 1er janvier de la campagne."),
        ('ouverture_avec_fin', 'mesures_ase', "Ouverture ou renouvellement qui porte une date de fin : date non lue."),
        ('evenement_sans_date', 'mesures_ase', "Événement sans aucune date : il n’ouvre aucune mesure."),
        ('debut_avant_naissance', 'mesures_ase', "Mesure commencée avant la naissance."),
        ('debut_apres_majorite', 'mesures_ase', "Mesure de mineur commencée après la majorité : comptée un jour."),
        ('duree_excessive', 'mesures_ase', "Mesure plus longue que la loi ne le permet."),
        ('lieu_inconnu', 'mesures_ase', "Lieu d’accueil dit inconnu (code 99)."),
        ('placement_sans_lieu', 'mesures_ase', "Accueil ou placement sans lieu : lu comme une aide à domicile."),
        ('deux_territoires', 'mesures_ase', "Jeune suivi le même jour dans deux territoires : compté une fois."),
        ('naissance_inconnue', 'mesures_ase', "Jeune dont l’année de naissance est inconnue : jamais éligible."),
        ('nature_inconnue', 'parcours_ase', "Nature de mesure ou d’accueil que le projet ne connaît pas."),
        ('accueil_sans_mesure', 'parcours_ase', "Accueil qu’aucune mesure ne couvre : base légale inconnue."),
        ('parcours_sans_passage', 'parcours_ase', "Ligne de parcours non lue : sans table de passage, le jeune compterait deux fois."),
    ] %}
    select
        '{{ regle }}' as regle,
        '{{ source }}' as source,
        '{{ libelle }}' as libelle
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cas.regle,
    libelles.libelle,
    libelles.source,
    cas.territoire,
    cast(count(*) as bigint) as lignes_nb
from cas
inner join libelles on cas.regle = libelles.regle
group by cas.regle, libelles.libelle, libelles.source, cas.territoire
