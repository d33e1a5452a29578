-- Territory × article: how many pairs of each status. A territory without pairs has no row.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    territoire,
    article,
    cast(sum(case when statut = 'fait' then 1 else 0 end) as bigint) as fait,
    cast(sum(case when statut = 'manquant' then 1 else 0 end) as bigint) as manquant,
    cast(sum(case when statut = 'non_transmis' then 1 else 0 end) as bigint) as non_transmis,
    cast(sum(case when statut = 'hors_champ' then 1 else 0 end) as bigint) as hors_champ
from {{ ref('int_chaine_legale') }}
group by territoire, article
