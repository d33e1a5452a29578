-- Pairs, each once: S3, and S2 where there is no S3. S3's start counts. A file of S2 is the pair of S3 that names it,
-- or that of the same young person, of the same nature, running at the same time.
with s3 as (
    select
        binomes.id_binome,
        binomes.association,
        binomes.territoire,
        binomes.id_dossier,
        binomes.nature,
        coalesce(binomes.modalite, 'inconnu') as modalite,
        coalesce(binomes.voie, dossiers.voie) as voie,
        binomes.date_debut,
        binomes.date_fin,
        binomes.motif_fin,
        binomes.campagne,
        dossiers.type_accueil,
        coalesce(personnes.id_personne, binomes.id_jeune) as id_personne,
        coalesce(binomes.sexe, dossiers.sexe) as sexe,
        coalesce({{ naissance('binomes.naissance') }}, dossiers.date_naissance) as date_naissance
    from {{ ref('stg_binomes__binomes') }} as binomes
    left join {{ ref('stg_identites__personnes') }} as personnes on binomes.id_jeune = personnes.id_jeune
    left join {{ ref('int_dossiers') }} as dossiers
        on binomes.id_dossier = dossiers.id_dossier and binomes.territoire = dossiers.territoire
),

s2 as (
    select *
    from {{ ref('int_dossiers') }}
    where
        date_lancement is not null
        or statut in ('lance', 'en_cours', 'suspendu', 'termine', 'arret_anticipe')
),

-- Two anti-joins rather than one with « or », which no engine can hash.
s2_sans_reference as (
    select s2.*
    from s2
    where
        not exists (
            select 1
            from s3
            where s3.id_dossier = s2.id_dossier and s3.territoire = s2.territoire
        )
),

s2_seuls as (
    select s2.*
    from s2_sans_reference as s2
    where
        not exists (
            select 1
            from s3
            where
                s3.id_personne = s2.id_personne
                and s3.nature = s2.nature
                and s3.date_debut <= coalesce(s2.date_fin, date '2999-12-31')
                and coalesce(s3.date_fin, date '2999-12-31') >= coalesce(s2.date_lancement, date '1900-01-01')
        )
),

reunis as (
    select
        'binomes' as source,
        id_binome,
        association,
        territoire,
        id_personne,
        sexe,
        date_naissance,
        type_accueil,
        nature,
        modalite,
        voie,
        date_debut,
        date_fin,
        motif_fin,
        campagne,
        false as est_fin_inconnue
    from s3
    union all
    select
        'dossiers_mentorat' as source,
        'dossier:' || territoire || ':' || id_dossier as id_binome,
        association,
        territoire,
        id_personne,
        sexe,
        date_naissance,
        type_accueil,
        nature,
        'inconnu' as modalite,
        voie,
        date_lancement as date_debut,
        date_fin,
        motif_fin,
        campagne,
        date_fin is null and coalesce(statut in ('termine', 'arret_anticipe'), false) as est_fin_inconnue
    from s2_seuls
),

-- A pair left open by the file of an earlier campagne and not sent again is not known to be running.
ouverts as (
    select
        *,
        not est_fin_inconnue and (date_fin is not null or campagne = {{ var('campagne') }}) as est_suivi
    from reunis
)

select
    ouverts.source,
    ouverts.association,
    ouverts.id_binome,
    ouverts.id_personne,
    ouverts.territoire,
    ouverts.nature,
    ouverts.modalite,
    ouverts.voie,
    ouverts.date_debut,
    ouverts.date_fin,
    ouverts.motif_fin,
    ouverts.campagne as campagne_source,
    coalesce(nullif(ase.sexe, 'inconnu'), ouverts.sexe, 'inconnu') as sexe,
    {{ tranche_age(age_au('coalesce(ase.date_naissance, ouverts.date_naissance)', jour('12-31'))) }} as tranche_age,
    coalesce(situations.type_accueil_regroupe, types.type_accueil_regroupe, 'inconnu') as type_accueil_regroupe,
    coalesce(ase.date_naissance, ouverts.date_naissance) as date_naissance,
    coalesce(ouverts.date_debut between {{ jour('01-01') }} and {{ jour('12-31') }}, false) as est_lance_campagne,
    coalesce(ouverts.date_debut between {{ jour('09-01', -1) }} and {{ jour('08-31') }}, false)
        as est_lance_annee_scolaire,
    -- Where a launched file has no date of launch, its status says that it is running at the date of the file.
    ouverts.est_suivi
    and {{ couvre("coalesce(ouverts.date_debut, date '1900-01-01')", 'ouverts.date_fin', jour('12-31')) }}
        as est_actif_fin_campagne,
    ouverts.est_suivi
    and coalesce({{ couvre('ouverts.date_debut', 'ouverts.date_fin', jour('08-31')) }}, false)
        as est_actif_fin_annee_scolaire
from ouverts
left join {{ ref('int_personnes_ase') }} as ase on ouverts.id_personne = ase.id_population
left join {{ ref('int_situations') }} as situations
    on ouverts.id_personne = situations.id_population and situations.repere = 'fin_campagne'
left join {{ ref('types_accueil') }} as types on ouverts.type_accueil = types.type_accueil
