-- Demands of the platform, one row each. No reference of the platform is here, only its hash.
with compatibles as (
    select
        id_demande,
        count(*) as compatibles_nb
    from {{ ref('int_candidatures') }}
    group by id_demande
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    demandes.id_demande,
    demandes.territoire,
    demandes.date_demande,
    demandes.profil,
    demandes.est_pour_jeune,
    demandes.age,
    demandes.ase,
    demandes.besoin,
    demandes.modalite_souhaitee,
    cast(coalesce(compatibles.compatibles_nb, 0) as bigint) as compatibles_nb,
    demandes.association_attribuee,
    demandes.mode_attribution,
    demandes.est_attribuee,
    demandes.date_envoi,
    demandes.envoi_jours,
    demandes.date_binome,
    demandes.binome_jours,
    demandes.suite
from {{ ref('int_demandes') }} as demandes
left join compatibles on demandes.id_demande = compatibles.id_demande
