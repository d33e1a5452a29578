-- Demands of the platform made in the year. A demand of a future mentor (profil) is not a demand for a mentor: it is
-- received, and never waits for a pair.
select
    id_demande,
    territoire,
    date_demande,
    profil,
    profil <> 'mentor' as est_pour_jeune,
    age,
    ase,
    besoin,
    modalite_souhaitee,
    associations_compatibles,
    association_attribuee,
    mode_attribution,
    date_envoi,
    date_binome,
    suite,
    association_attribuee is not null as est_attribuee,
    case when association_attribuee is not null then {{ jours_entre('date_demande', 'date_envoi') }} end as envoi_jours,
    {{ jours_entre('date_demande', 'date_binome') }} as binome_jours
from {{ ref('stg_demandes_1j1m__demandes') }}
where campagne = {{ var('campagne') }}
