-- Conventions of the year. Where both sides tell one, the collectivité's row is kept and the gap is shown.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    territoire,
    operateur,
    type_convention,
    date_signature,
    date_fin,
    cote,
    objectif_binomes,
    montant_departement_cents,
    montant_etat_cents,
    montant_prive_cents,
    cout_cents,
    part_rh,
    etp_centiemes,
    est_valide_fin_campagne,
    est_double,
    cout_operateur_cents,
    cout_cents - cout_operateur_cents as ecart_cout_cents,
    objectif_operateur,
    objectif_binomes - objectif_operateur as ecart_objectif
from {{ ref('int_conventions') }}
where annee = {{ var('campagne') }}
