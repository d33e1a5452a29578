-- Did the first S1 delivery of a territory hold its stock? A flow alone has few openings dated before its year.
-- Without the stock, S1 gives no denominator for the first three campagnes (macro `campagnes_sans_stock`).
with premieres as (
    select
        territoire,
        min(campagne) as premiere_campagne
    from {{ ref('stg_mesures_ase__livraisons') }}
    group by territoire
),

parts as (
    select
        livraisons.territoire,
        livraisons.campagne as premiere_campagne,
        livraisons.ouvertures_nb,
        livraisons.ouvertures_anterieures_nb
    from {{ ref('stg_mesures_ase__livraisons') }} as livraisons
    inner join premieres
        on
            livraisons.territoire = premieres.territoire
            and livraisons.campagne = premieres.premiere_campagne
)

select
    territoire,
    premiere_campagne,
    ouvertures_nb,
    ouvertures_anterieures_nb,
    ouvertures_anterieures_nb < ouvertures_nb * {{ var('part_minimale_initialisation') }} as est_flux_seul,
    ouvertures_anterieures_nb < ouvertures_nb * {{ var('part_minimale_initialisation') }}
    and {{ var('campagne') }} - premiere_campagne < {{ campagnes_sans_stock() }} as est_stock_incomplet
from parts
