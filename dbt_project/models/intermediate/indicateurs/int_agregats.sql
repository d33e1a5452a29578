-- S16: yearly counts of a collectivité, as it sent them. They stand in for a figure where its individual files do not
-- measure it, and are compared with it where they do. Parrainage is taken out of the pairs, young adults out of those
-- set against the base of 11 to 17.
with lignes as (
    select
        remontees.*,
        case when territoires.territoire is null then 'collectivite' else 'departement' end as niveau,
        row_number() over (
            partition by remontees.departement
            order by remontees.campagne desc, remontees.depose_par asc
        ) as rang
    from {{ source('brut', 'remontee_agregee') }} as remontees
    left join {{ ref('int_territoires') }} as territoires on remontees.departement = territoires.territoire
    where remontees.annee = {{ var('campagne') }} and remontees.campagne <= {{ var('campagne') }}
),

remontees as (
    select
        *,
        binomes_31_12 - coalesce(dont_parrainage, 0) as actifs_nb,
        binomes_31_12 - coalesce(dont_parrainage, 0) - coalesce(dont_jeunes_majeurs, 0) as actifs_mineurs_nb
    from lignes
    where rang = 1
),

comptes as (
    {% for indicateur, colonne in [
        ('A3', 'propositions'), ('A5', 'adhesions'), ('A6', 'accords'), ('O1', 'binomes_lances'), ('O2', 'actifs_nb')
    ] -%}
    select
        niveau,
        departement as code,
        '{{ indicateur }}' as indicateur,
        '' as ventilation,
        'nombre' as mesure,
        cast({{ colonne }} as bigint) as numerateur,
        cast(null as bigint) as denominateur
    from remontees
    where {{ colonne }} >= 0
    union all
    {% endfor -%}
    -- more pairs than young people: the two figures are not of one population
    select
        niveau,
        departement as code,
        'O3' as indicateur,
        'base=confies_11_17' as ventilation,
        'part' as mesure,
        cast(actifs_mineurs_nb as bigint) as numerateur,
        cast(confies_11_17 as bigint) as denominateur
    from remontees
    where actifs_mineurs_nb between 0 and confies_11_17
)

select
    niveau,
    code,
    '{{ var("campagne") }}' as periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur
from comptes
