-- The S2 file of each pair: the one the association names, the one the pair was read from, else that of the same young
-- person, of the same nature, open at the same time and named by no other pair. At most one file a pair.
with binomes as (
    select
        coalesce(binomes.association, '') || ':' || binomes.id_binome as cle_binome,
        binomes.association,
        binomes.id_binome,
        binomes.territoire,
        binomes.id_personne,
        binomes.nature,
        binomes.date_naissance,
        binomes.date_debut,
        binomes.date_fin,
        binomes.motif_fin,
        s3.id_dossier,
        s3.id_mentor
    from {{ ref('int_binomes') }} as binomes
    left join {{ ref('stg_binomes__binomes') }} as s3
        on binomes.source = 'binomes' and binomes.association = s3.association and binomes.id_binome = s3.id_binome
    -- Pairs of the campagne: running at some day of it. One left open by the file of an earlier campagne and not sent
    -- again is not known to be running.
    where
        (binomes.date_debut is null or binomes.date_debut <= {{ jour('12-31') }})
        and (binomes.date_fin is null or binomes.date_fin >= {{ jour('01-01') }})
        and (binomes.date_fin is not null or binomes.campagne_source = {{ var('campagne') }})
),

nommes as (
    select
        binomes.cle_binome,
        dossiers.territoire,
        dossiers.id_dossier
    from binomes
    inner join {{ ref('int_chaine_dossiers') }} as dossiers
        on
            binomes.territoire = dossiers.territoire
            and coalesce('dossier:' || binomes.territoire || ':' || binomes.id_dossier, binomes.id_binome)
            = 'dossier:' || dossiers.territoire || ':' || dossiers.id_dossier
),

du_meme_jeune as (
    select
        binomes.cle_binome,
        dossiers.id_dossier,
        row_number() over (
            partition by binomes.cle_binome
            order by
                abs({{ jours_entre('binomes.date_debut', 'dossiers.date_lancement') }}) asc nulls last,
                dossiers.territoire asc,
                dossiers.id_dossier asc
        ) as rang
    from binomes
    inner join {{ ref('int_chaine_dossiers') }} as dossiers
        on
            binomes.id_personne = dossiers.id_personne
            and binomes.territoire = dossiers.territoire
            and binomes.nature = dossiers.nature
    left join nommes as pris on dossiers.territoire = pris.territoire and dossiers.id_dossier = pris.id_dossier
    left join nommes as deja on binomes.cle_binome = deja.cle_binome
    where
        pris.id_dossier is null
        and deja.cle_binome is null
        and binomes.date_debut <= coalesce(dossiers.date_fin, date '2999-12-31')
        and coalesce(binomes.date_fin, date '2999-12-31') >= coalesce(dossiers.date_lancement, date '1900-01-01')
),

liens as (
    select
        cle_binome,
        id_dossier
    from nommes
    union all
    select
        cle_binome,
        id_dossier
    from du_meme_jeune
    where rang = 1
)

select
    binomes.cle_binome,
    binomes.association,
    binomes.id_binome,
    binomes.territoire,
    binomes.nature,
    binomes.date_naissance,
    binomes.date_debut,
    binomes.date_fin,
    binomes.motif_fin,
    binomes.id_mentor,
    liens.id_dossier
from binomes
left join liens on binomes.cle_binome = liens.cle_binome
