-- Who is where, with which act: R3 and O15 count these rows.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    presences.territoire,
    presences.association,
    presences.est_au_registre,
    presences.a_binome_actif,
    presences.est_mentorat_pratique,
    presences.est_parrainage_pratique,
    presences.a_convention,
    presences.a_habilitation,
    presences.est_sans_acte_requis,
    registre.publics,
    registre.modalites
from {{ ref('int_presences') }} as presences
left join {{ ref('int_registre') }} as registre
    on presences.territoire = registre.territoire and presences.association = registre.association
