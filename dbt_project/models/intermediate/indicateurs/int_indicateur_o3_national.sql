-- O3 on the 350 000 young people followed, national only, and the gap to the objective of 30 000; both scaled when the
-- dépôt is simulated at another size.
with accompagnes as (
    select count(*) as accompagnes_nb
    from {{ ref('int_accompagnes') }} as accompagnes
    inner join {{ ref('int_couverture') }} as couverture on accompagnes.territoire = couverture.territoire
    where couverture.statut_binomes = 'calcule'
),

reperes as (
    select
        max(case when parametre = 'base_jeunes_suivis' then cast(valeur as bigint) end) as base_nb,
        max(case when parametre = 'objectif_jeunes' then cast(valeur as bigint) end) as objectif_nb
    from {{ ref('parametres') }}
    where parametre in ('base_jeunes_suivis', 'objectif_jeunes')
),

-- A national figure exists as soon as one territory is counted; n_manquants says how many are not.
couverture as (
    select
        sum(case when statut_binomes = 'calcule' then 0 else 1 end) as manquants_nb,
        case
            when sum(case when statut_binomes = 'calcule' then 1 else 0 end) > 0 then 'calcule'
            when sum(case when statut_binomes = 'non_mesurable' then 1 else 0 end) > 0 then 'non_mesurable'
            else 'non_recu'
        end as statut
    from {{ ref('int_couverture') }}
),

base as (
    select
        'FR' as territoire,
        couverture.statut,
        couverture.manquants_nb,
        accompagnes.accompagnes_nb,
        cast(round(reperes.base_nb * {{ var('facteur_echelle') }}) as bigint) as base_nb,
        cast(round(reperes.objectif_nb * {{ var('facteur_echelle') }}) as bigint) as objectif_nb
    from accompagnes
    cross join reperes
    cross join couverture
)

{{ ligne_indicateur(
    'O3', 'statut', 'accompagnes_nb', denominateur='base_nb', mesure='part', unite='part',
    ventilation="'base=suivis_350000'", manquants='manquants_nb'
) }}
union all
{{ ligne_indicateur(
    'O3', 'statut', 'accompagnes_nb', denominateur='objectif_nb', mesure='ecart', unite='jeunes',
    ventilation="'base=suivis_350000'", manquants='manquants_nb'
) }}
