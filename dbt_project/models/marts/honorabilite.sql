-- Days on which each mentor's last honorability check is not older than the law allows: dates alone, one row a check.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    id_mentor_personne,
    type,
    debut,
    fin,
    echeance,
    controle_suivant
from {{ ref('int_honorabilite') }}
