-- P of each campagne up to this one: what each sender says its files cover that year.
-- The sender named in the row counts when it is one of the reference list, else the one whose folder held the file.
with perimetres as (
    select
        brut.campagne,
        coalesce(emetteurs.emetteur, brut.depose_par) as emetteur,
        brut.source,
        brut.premiere_etape_exhaustive,
        brut.publics_inclus,
        brut.date_extraction,
        brut.exhaustif,
        brut.statut_validation,
        row_number() over (
            partition by brut.campagne, coalesce(emetteurs.emetteur, brut.depose_par), brut.source
            order by brut.date_extraction desc nulls last, brut.depose_par asc
        ) as rang
    from {{ source('brut', 'perimetre') }} as brut
    left join {{ ref('emetteurs') }} as emetteurs on brut.emetteur = emetteurs.emetteur
    where brut.campagne <= {{ var('campagne') }}
)

select
    campagne,
    emetteur,
    source,
    coalesce(premiere_etape_exhaustive, 'lancement') as premiere_etape_exhaustive,
    publics_inclus,
    date_extraction,
    coalesce(exhaustif, 'partiel') as exhaustif,
    statut_validation
from perimetres
where rang = 1
