-- A12a, A12c associations whose label is valid at 31 December, in the country and each. A12b running mentoring pairs
-- in such associations, over those whose association is known; the others are missing.
with labellisees as (
    select
        association as code,
        1 as labellisees_nb
    from {{ ref('int_labels') }}
),

binomes as (
    select
        binomes.territoire,
        binomes.association,
        labels.association is not null as est_labellisee
    from {{ ref('int_binomes') }} as binomes
    left join {{ ref('int_labels') }} as labels on binomes.association = labels.association
    where binomes.nature = 'mentorat' and binomes.est_actif_fin_campagne
),

base as (
    select
        'departement' as niveau,
        territoire as code,
        sum(case when est_labellisee then 1 else 0 end) as labellises_nb,
        count(association) as binomes_nb,
        count(*) - count(association) as manquants_nb
    from binomes
    group by territoire
    union all
    select
        'association' as niveau,
        association as code,
        sum(case when est_labellisee then 1 else 0 end) as labellises_nb,
        count(*) as binomes_nb,
        0 as manquants_nb
    from binomes
    where association is not null
    group by association
)

{{ compte('A12c', 'labellisees_nb', base='labellisees', niveau="'association'", code='code') }}
union all
-- the country counts every label, of associations that sent nothing too
{{ compte('A12a', 'count(*)', base='labellisees', niveau="'national'", code="'FR'", mesure='nombre') }}
union all
{{ compte(
    'A12b', 'labellises_nb', denominateur='binomes_nb', niveau='niveau', code='code', manquants='manquants_nb'
) }}
