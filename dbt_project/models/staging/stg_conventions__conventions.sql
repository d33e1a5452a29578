-- S6, one row a convention and year. Where both sides send it, the département's row wins.
with conventions as (
    select
        *,
        row_number() over (
            partition by departement, operateur, type, date_signature, annee
            order by
                campagne desc,
                case when depose_par like 'association-%' then 2 else 1 end,
                depose_par asc
        ) as rang
    from {{ source('brut', 'conventions') }}
    where campagne <= {{ var('campagne') }}
)

select
    departement as territoire,
    operateur,
    type as type_convention,
    date_signature,
    date_fin,
    annee,
    objectif_binomes,
    montant_departement as montant_departement_eur,
    montant_etat as montant_etat_eur,
    montant_prive as montant_prive_eur,
    part_rh,
    etp,
    date_verification_capacite,
    campagne,
    depose_par
from conventions
where rang = 1
