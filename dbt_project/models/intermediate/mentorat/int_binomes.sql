-- Pairs, each once: S3, and S2 where there is no S3. A file of S2 is the pair of S3 that names it, or that of the same
-- young person, of the same nature, running at the same time.
-- Precedence, the only place where it is written: what the association says of a pair (start, end, reason, nature, who
-- runs it) counts, what the département says fills what the association left empty. Mart `ecarts_sources` keeps both.
with s3 as (
    select
        binomes.*,
        coalesce(personnes.id_personne, binomes.id_jeune) as id_personne,
        coalesce(mentors.id_personne, binomes.id_mentor) as id_mentor_personne
    from {{ ref('stg_binomes__binomes') }} as binomes
    left join {{ ref('stg_identites__personnes') }} as personnes on binomes.id_jeune = personnes.id_jeune
    left join {{ ref('stg_identites_mentors__personnes') }} as mentors on binomes.id_mentor = mentors.id_mentor
),

s2 as (
    select *
    from {{ ref('int_dossiers') }}
    where {{ est_lance('date_lancement', 'statut') }}
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

rencontres as (
    select
        s3.association,
        s3.id_binome,
        s2.territoire as territoire_dossier,
        s2.id_dossier,
        s3.id_dossier is null or nommes.id_dossier is null as est_sans_dossier_nomme,
        abs({{ jours_entre('s2.date_lancement', 's3.date_debut') }}) as ecart_jours
    from s2_sans_reference as s2
    inner join s3
        on
            s2.id_personne = s3.id_personne
            and s2.nature = s3.nature
            and s3.date_debut <= coalesce(s2.date_fin, date '2999-12-31')
            and coalesce(s3.date_fin, date '2999-12-31') >= coalesce(s2.date_lancement, date '1900-01-01')
    left join {{ ref('int_dossiers') }} as nommes
        on s3.id_dossier = nommes.id_dossier and s3.territoire = nommes.territoire
),

-- The file of a pair that names none: the one whose start is nearest, each being the nearest of the other.
proches as (
    select
        association,
        id_binome,
        territoire_dossier,
        id_dossier,
        row_number() over (
            partition by association, id_binome
            order by ecart_jours asc nulls last, territoire_dossier asc, id_dossier asc
        ) as rang_binome,
        row_number() over (
            partition by territoire_dossier, id_dossier
            order by ecart_jours asc nulls last, association asc, id_binome asc
        ) as rang_dossier
    from rencontres
    where est_sans_dossier_nomme
),

liens as (
    select
        s3.association,
        s3.id_binome,
        dossiers.territoire as territoire_dossier,
        dossiers.id_dossier,
        'reference' as lien_dossier
    from s3
    inner join {{ ref('int_dossiers') }} as dossiers
        on s3.id_dossier = dossiers.id_dossier and s3.territoire = dossiers.territoire
    union all
    select
        association,
        id_binome,
        territoire_dossier,
        id_dossier,
        'personne' as lien_dossier
    from proches
    where rang_binome = 1 and rang_dossier = 1
),

s2_seuls as (
    select s2.*
    from s2_sans_reference as s2
    where
        not exists (
            select 1
            from rencontres
            where
                s2.id_dossier = rencontres.id_dossier
                and s2.territoire = rencontres.territoire_dossier
        )
),

reunis as (
    select
        'binomes' as source,
        s3.id_binome,
        s3.association,
        s3.territoire,
        s3.id_personne,
        s3.id_mentor,
        s3.id_mentor_personne,
        liens.id_dossier,
        liens.territoire_dossier,
        liens.lien_dossier,
        dossiers.statut as statut_dossier,
        s3.id_demande,
        coalesce(s3.sexe, dossiers.sexe) as sexe,
        coalesce({{ naissance('s3.naissance') }}, dossiers.date_naissance) as date_naissance,
        dossiers.type_accueil,
        s3.nature,
        coalesce(s3.modalite, 'inconnu') as modalite,
        s3.lieu_principal,
        s3.objectif_principal,
        coalesce(s3.voie, dossiers.voie) as voie,
        s3.seances_prevues_mois,
        s3.date_debut,
        s3.date_fin_prevue,
        s3.date_fin,
        coalesce(s3.motif_fin, case when s3.date_fin is not null then dossiers.motif_fin end) as motif_fin,
        s3.campagne,
        s3.depose_par,
        false as est_fin_inconnue
    from s3
    left join liens on s3.association = liens.association and s3.id_binome = liens.id_binome
    left join {{ ref('int_dossiers') }} as dossiers
        on liens.id_dossier = dossiers.id_dossier and liens.territoire_dossier = dossiers.territoire
    union all
    select
        'dossiers_mentorat' as source,
        'dossier:' || territoire || ':' || id_dossier as id_binome,
        association,
        territoire,
        id_personne,
        cast(null as {{ texte() }}) as id_mentor,
        cast(null as {{ texte() }}) as id_mentor_personne,
        id_dossier,
        territoire as territoire_dossier,
        'dossier' as lien_dossier,
        statut as statut_dossier,
        cast(null as {{ texte() }}) as id_demande,
        sexe,
        date_naissance,
        type_accueil,
        nature,
        'inconnu' as modalite,
        cast(null as {{ texte() }}) as lieu_principal,
        cast(null as {{ texte() }}) as objectif_principal,
        voie,
        cast(null as double) as seances_prevues_mois,
        date_lancement as date_debut,
        cast(null as date) as date_fin_prevue,
        date_fin,
        motif_fin,
        campagne,
        depose_par,
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
    ouverts.id_mentor,
    ouverts.id_mentor_personne,
    ouverts.id_dossier,
    ouverts.territoire_dossier,
    ouverts.lien_dossier,
    ouverts.statut_dossier,
    ouverts.id_demande,
    ouverts.nature,
    ouverts.modalite,
    ouverts.lieu_principal,
    ouverts.objectif_principal,
    ouverts.voie,
    ouverts.seances_prevues_mois,
    ouverts.date_debut,
    ouverts.date_fin_prevue,
    ouverts.date_fin,
    ouverts.motif_fin,
    ouverts.campagne as campagne_source,
    ouverts.depose_par,
    coalesce(nullif(ase.sexe, 'inconnu'), ouverts.sexe, 'inconnu') as sexe,
    {{ tranche_age(age_au('coalesce(ase.date_naissance, ouverts.date_naissance)', jour('12-31'))) }} as tranche_age,
    coalesce(situations.type_accueil_regroupe, types.type_accueil_regroupe, 'inconnu') as type_accueil_regroupe,
    coalesce(ase.date_naissance, ouverts.date_naissance) as date_naissance,
    ouverts.est_fin_inconnue,
    ouverts.est_suivi,
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
