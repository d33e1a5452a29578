-- O1 mentoring pairs launched, by civil year and school year. Missing: launched pairs whose start is unknown.
with comptes as (
    select
        territoire,
        sum(case when est_lance_campagne then 1 else 0 end) as campagne_nb,
        sum(case when est_lance_annee_scolaire then 1 else 0 end) as annee_scolaire_nb,
        sum(case when date_debut is null then 1 else 0 end) as manquants_nb
    from {{ ref('int_binomes') }}
    where nature = 'mentorat'
    group by territoire
),

base as (
    select
        couverture.territoire,
        couverture.statut_binomes,
        coalesce(comptes.campagne_nb, 0) as campagne_nb,
        coalesce(comptes.annee_scolaire_nb, 0) as annee_scolaire_nb,
        coalesce(comptes.manquants_nb, 0) as manquants_nb
    from {{ ref('int_couverture') }} as couverture
    left join comptes on couverture.territoire = comptes.territoire
)

{{ ligne_indicateur('O1', 'statut_binomes', 'campagne_nb', unite='binomes', manquants='manquants_nb') }}
union all
{{ ligne_indicateur(
    'O1', 'statut_binomes', 'annee_scolaire_nb', unite='binomes', manquants='manquants_nb', periode=annee_scolaire()
) }}
