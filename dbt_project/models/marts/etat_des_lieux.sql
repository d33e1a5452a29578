-- What structures say, counts only: `indicateurs` (A11) divides.
with reponses as (
    select
        *,
        'departement' as niveau,
        territoire as code
    from {{ ref('int_etats_des_lieux') }}
    union all
    select
        *,
        'national' as niveau,
        'FR' as code
    from {{ ref('int_etats_des_lieux') }}
),

structures as (
    select
        niveau,
        code,
        'ensemble' as dimension,
        '' as modalite,
        count(*) as structures_nb,
        sum(case when connait_mentorat then 1 else 0 end) as connaissent_nb,
        sum(case when est_effectif_coherent then jeunes_11_20_nb else 0 end) as jeunes_nb,
        sum(case when est_effectif_coherent then jeunes_mentores_nb else 0 end) as mentores_nb
    from reponses
    group by niveau, code
    union all
    select
        niveau,
        code,
        'type_structure' as dimension,
        coalesce(type_structure, 'inconnu') as modalite,
        count(*) as structures_nb,
        sum(case when connait_mentorat then 1 else 0 end) as connaissent_nb,
        sum(case when est_effectif_coherent then jeunes_11_20_nb else 0 end) as jeunes_nb,
        sum(case when est_effectif_coherent then jeunes_mentores_nb else 0 end) as mentores_nb
    from reponses
    group by niveau, code, coalesce(type_structure, 'inconnu')
),

citations as (
    select
        reponses.niveau,
        reponses.code,
        freins.frein,
        freins.id_reponse
    from {{ ref('int_freins') }} as freins
    inner join reponses on freins.id_reponse = reponses.id_reponse
),

citants as (
    select
        niveau,
        code,
        count(distinct id_reponse) as structures_nb
    from citations
    group by niveau, code
),

freins as (
    select
        niveau,
        code,
        frein,
        count(*) as citations_nb
    from citations
    group by niveau, code, frein
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    niveau,
    code,
    dimension,
    modalite,
    cast(structures_nb as bigint) as structures_nb,
    cast(connaissent_nb as bigint) as connaissent_nb,
    cast(jeunes_nb as bigint) as jeunes_nb,
    cast(mentores_nb as bigint) as mentores_nb,
    cast(null as bigint) as citations_nb,
    cast(null as bigint) as rang
from structures
union all
select
    cast({{ var('campagne') }} as bigint) as campagne,
    freins.niveau,
    freins.code,
    'frein' as dimension,
    freins.frein as modalite,
    cast(citants.structures_nb as bigint) as structures_nb,
    cast(null as bigint) as connaissent_nb,
    cast(null as bigint) as jeunes_nb,
    cast(null as bigint) as mentores_nb,
    cast(freins.citations_nb as bigint) as citations_nb,
    cast(rank() over (partition by freins.niveau, freins.code order by freins.citations_nb desc) as bigint) as rang
from freins
inner join citants on freins.niveau = citants.niveau and freins.code = citants.code
