-- O5 legal chain: pairs of each status, article by article. Never one overall rate: articles are not added up, and the
-- total is that of the pairs looked at.
with lieux as (
    select
        'departement' as niveau,
        territoire as code,
        cle_binome,
        article,
        statut
    from {{ ref('int_chaine_legale') }}
    union all
    select
        'association' as niveau,
        association as code,
        cle_binome,
        article,
        statut
    from {{ ref('int_chaine_legale') }}
    where association is not null
),

comptes as (
    select
        niveau,
        code,
        '' as ventilation,
        count(distinct cle_binome) as binomes_nb
    from lieux
    group by niveau, code
    union all
    select
        niveau,
        code,
        'article=' || article || ';statut=' || statut as ventilation,
        count(*) as binomes_nb
    from lieux
    group by niveau, code, article, statut
)

select
    niveau,
    code,
    '{{ var("campagne") }}' as periode,
    'O5' as indicateur,
    ventilation,
    '' as mesure,
    cast(binomes_nb as bigint) as numerateur,
    cast(null as bigint) as denominateur,
    cast(null as double) as valeur,
    cast(0 as bigint) as n_manquants
from comptes
