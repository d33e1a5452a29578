-- Costs of the year by operator and place, beside the reference range of a pair-year. Break-even: the smallest number
-- of pairs running all year whose cost each is at most the upper reference.
with bornes as (
    select
        cout_binome_reference_min as reference_min,
        cout_binome_reference_max as reference_max
    from {{ ref('int_parametres') }}
),

couts as (
    select
        couts.*,
        bornes.reference_min,
        bornes.reference_max,
        -- a day is 1/365.25 pair-year: cents x 365.25 / days / 100
        case
            when couts.cout_cents is not null
                then {{ arrondi('cast(couts.cout_cents as double) * 3.6525 / nullif(couts.jours_nb, 0)') }}
        end as cout_par_binome_an_eur,
        cast(ceil(cast(couts.cout_cents as double) / (bornes.reference_max * 100)) as bigint) as seuil_binomes,
        -- whole numbers on both sides: a cost at the reference is under it
        couts.cout_cents * 36525 > bornes.reference_max * 10000 * couts.jours_nb as est_sous_le_seuil
    from {{ ref('int_couts') }} as couts
    cross join bornes
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    niveau,
    code,
    operateur,
    cout_cents,
    annee_antenne,
    anciennete_antenne,
    lances_nb as binomes_lances_nb,
    jours_nb as jours_binomes_nb,
    cout_par_binome_an_eur,
    {{ arrondi('cast(cout_cents as double) / 100 / nullif(lances_nb, 0)') }} as cout_par_binome_lance_eur,
    case
        when cout_par_binome_an_eur < reference_min then 'sous'
        when cout_par_binome_an_eur <= reference_max then 'dans'
        when cout_par_binome_an_eur > reference_max then 'sur'
    end as position_reference,
    seuil_binomes,
    case
        when est_sous_le_seuil then cast(greatest(ceil((seuil_binomes * 365.25 - jours_nb) / 365.25), 1) as bigint)
        when est_sous_le_seuil is not null then 0
    end as binomes_manquants_nb,
    est_sous_le_seuil,
    objectif_binomes,
    {{ arrondi('cast(objectif_binomes - lances_nb as double) / nullif(objectif_binomes, 0)') }} as manque_objectif_part
from couts
