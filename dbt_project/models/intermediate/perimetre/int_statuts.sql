-- Whether a figure can be measured for an entity: « calcule » when every fact the catalogue asks for is there,
-- « non_mesurable » when something was sent but not that, « non_recu » when nothing was.
with demandes as (
    select
        indicateur,
        ventilation,
        niveau,
        fait
    from {{ ref('exigences_indicateurs') }}
    union all
    -- a collectivité of several territories is asked what a territory is
    select
        indicateur,
        ventilation,
        'collectivite' as niveau,
        fait
    from {{ ref('exigences_indicateurs') }}
    where niveau = 'departement'
),

manques as (
    select
        entites.niveau,
        entites.code,
        entites.a_transmis,
        demandes.indicateur,
        coalesce(demandes.ventilation, '') as ventilation,
        count(*) as demandes_nb,
        count(faits.fait) as faits_nb
    from {{ ref('int_entites') }} as entites
    inner join demandes on entites.niveau = demandes.niveau
    left join {{ ref('int_faits') }} as faits
        on entites.niveau = faits.niveau and entites.code = faits.code and demandes.fait = faits.fait
    group by
        entites.niveau, entites.code, entites.a_transmis, demandes.indicateur, coalesce(demandes.ventilation, '')
)

select
    niveau,
    code,
    indicateur,
    ventilation,
    {{ statut('faits_nb = demandes_nb') }} as statut
from manques
