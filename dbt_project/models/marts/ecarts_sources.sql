-- What the département and the association say differently of the same pair, one row a pair and column.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    id_binome,
    territoire,
    association,
    colonne,
    valeur_departement,
    valeur_association,
    ecart_jours,
    retenue
from {{ ref('int_ecarts_sources') }}
