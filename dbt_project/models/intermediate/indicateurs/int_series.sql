-- The series of the mart: those of the catalogue, and for its free dimensions (`motif=*`) the codes that the data tell.
with grille as (
    select
        grille.*,
        case grille.type_periode when 'civile' then '{{ var("campagne") }}' else '{{ annee_scolaire() }}' end as periode
    from {{ ref('grille_indicateurs') }} as grille
),

libres as (
    select distinct
        comptes.indicateur,
        comptes.periode,
        comptes.ventilation,
        grille.ventilation as dimension
    from {{ ref('int_comptes') }} as comptes
    inner join grille
        on
            comptes.indicateur = grille.indicateur
            and comptes.periode = grille.periode
            and split_part(comptes.ventilation, '=', 1) || '=*' = grille.ventilation
),

{% set colonnes -%}
    grille.mesure,
    grille.unite,
    grille.facteur,
    grille.est_donnee,
    grille.est_detail,
    grille.socle,
    grille.a_departement,
    grille.a_collectivite,
    grille.a_national,
    grille.a_association
{%- endset -%}
series as (
    select
        grille.indicateur,
        grille.periode,
        coalesce(grille.ventilation, '') as ventilation,
        {{ colonnes }}
    from grille
    where grille.ventilation is null or grille.ventilation not like '%=*'
    union all
    select
        libres.indicateur,
        libres.periode,
        libres.ventilation,
        {{ colonnes }}
    from libres
    inner join grille
        on
            libres.indicateur = grille.indicateur
            and libres.periode = grille.periode
            and libres.dimension = grille.ventilation
)

select * from series
