-- What each collectivité and association was expected to send (reference list of senders), and what it sent. A file
-- withdrawn counts no more; an answer « déjà reçu » has counts of zero.
with attendues as (
    select
        emetteur,
        type,
        code,
        {{ eclate('sources_attendues') }} as source
    from {{ ref('emetteurs') }}
    where type in ('collectivite', 'association') and sources_attendues is not null
),

fichiers as (
    select
        fichiers.emetteur,
        emetteurs.type,
        emetteurs.code,
        fichiers.source,
        count(*) as fichiers_nb,
        sum(case when fichiers.statut = 'refusee' then 1 else 0 end) as fichiers_refuses_nb,
        sum(fichiers.lignes_recues) as lignes_recues,
        sum(fichiers.lignes_acceptees) as lignes_acceptees,
        sum(fichiers.lignes_ecartees) as lignes_ecartees,
        sum(fichiers.doublons_exacts) as doublons_exacts
    from {{ ref('stg_journal__fichiers') }} as fichiers
    inner join {{ ref('emetteurs') }} as emetteurs on fichiers.emetteur = emetteurs.emetteur
    where emetteurs.type in ('collectivite', 'association') and fichiers.source is not null
    group by fichiers.emetteur, emetteurs.type, emetteurs.code, fichiers.source
),

-- An association is asked for nothing until it is known of this year: it sent a file, or a pair names it.
presentes as (
    select emetteur
    from fichiers
    union
    select emetteurs.emetteur
    from {{ ref('int_binomes') }} as binomes
    inner join {{ ref('emetteurs') }} as emetteurs
        on binomes.association = emetteurs.code and emetteurs.type = 'association'
    where binomes.campagne_source = {{ var('campagne') }}
),

couples as (
    select
        attendues.emetteur,
        attendues.type,
        attendues.code,
        attendues.source
    from attendues
    left join presentes on attendues.emetteur = presentes.emetteur
    where attendues.type = 'collectivite' or presentes.emetteur is not null
    union
    select
        emetteur,
        type,
        code,
        source
    from fichiers
),

-- S4 comes as dated sessions or as months: the one answers for the other.
recues as (
    select
        emetteur,
        case source when 'seances_mois' then 'seances' else source end as source
    from fichiers
    where lignes_acceptees > 0
    union
    select
        emetteur,
        source
    from fichiers
    where lignes_acceptees > 0
)

select
    couples.emetteur,
    couples.type as type_emetteur,
    couples.code,
    couples.source,
    attendues.emetteur is not null as est_attendue,
    recues.emetteur is not null as est_recue,
    cast(coalesce(fichiers.fichiers_nb, 0) as bigint) as fichiers_nb,
    cast(coalesce(fichiers.fichiers_refuses_nb, 0) as bigint) as fichiers_refuses_nb,
    cast(fichiers.lignes_recues as bigint) as lignes_recues,
    cast(fichiers.lignes_acceptees as bigint) as lignes_acceptees,
    cast(fichiers.lignes_ecartees as bigint) as lignes_ecartees,
    cast(fichiers.doublons_exacts as bigint) as doublons_exacts,
    remplissages.cellules_nb,
    remplissages.cellules_remplies_nb,
    perimetres.exhaustif,
    perimetres.statut_validation
from couples
left join attendues on couples.emetteur = attendues.emetteur and couples.source = attendues.source
left join fichiers on couples.emetteur = fichiers.emetteur and couples.source = fichiers.source
left join recues on couples.emetteur = recues.emetteur and couples.source = recues.source
left join {{ ref('int_remplissages') }} as remplissages
    on couples.emetteur = remplissages.emetteur and couples.source = remplissages.source
left join {{ ref('stg_perimetre__perimetres') }} as perimetres
    on couples.emetteur = perimetres.emetteur and couples.source = perimetres.source
