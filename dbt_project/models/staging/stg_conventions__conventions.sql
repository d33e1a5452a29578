-- S6, one row a convention, year and side that tells it: the collectivité, or the operator. Which one wins is said in
-- int_conventions, so that neither row is lost here. Amounts in cents, full-time equivalents in hundredths.
with conventions as (
    select
        lignes.*,
        case when emetteurs.type = 'association' then 'operateur' else 'collectivite' end as cote
    from {{ source('brut', 'conventions') }} as lignes
    left join {{ ref('emetteurs') }} as emetteurs on lignes.depose_par = emetteurs.emetteur
    where lignes.campagne <= {{ var('campagne') }}
),

rangees as (
    select
        *,
        row_number() over (
            partition by departement, operateur, type, date_signature, annee, cote
            order by campagne desc, depose_par asc
        ) as rang
    from conventions
)

select
    departement as territoire,
    operateur,
    type as type_convention,
    date_signature,
    date_fin,
    annee,
    cote,
    objectif_binomes,
    cast(round(montant_departement * 100) as bigint) as montant_departement_cents,
    cast(round(montant_etat * 100) as bigint) as montant_etat_cents,
    cast(round(montant_prive * 100) as bigint) as montant_prive_cents,
    part_rh,
    cast(round(etp * 100) as bigint) as etp_centiemes,
    cast(round(etp_departement * 100) as bigint) as etp_departement_centiemes,
    imputation,
    mode_selection,
    publics,
    territoires,
    date_verification_capacite,
    antenne_locale,
    annee_antenne,
    campagne,
    depose_par
from rangees
where rang = 1
