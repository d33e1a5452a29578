-- Cost and pairs of an operator in a territory, for the conventions of mentoring of the year. Pairs are known when the
-- operator has some there, or sent its own file: without either, no pair would be a false zero. All its pairs cannot be
-- set against some of its conventions: one without amount, or without objective, makes the sum unknown.
with conventions as (
    select
        territoire as code,
        operateur,
        cast(case when count(cout_cents) = count(*) then sum(cout_cents) end as bigint) as cout_cents,
        cast(sum(case when cout_cents is null then 1 else 0 end) as bigint) as sans_cout_nb,
        cast(case when count(objectif_binomes) = count(*) then sum(objectif_binomes) end as bigint)
            as objectif_binomes,
        cast(sum(case when objectif_binomes is null then 1 else 0 end) as bigint) as sans_objectif_nb,
        min(annee_antenne) as annee_antenne
    from {{ ref('int_conventions') }}
    where annee = {{ var('campagne') }} and type_convention = 'convention_mentorat'
    group by territoire, operateur
),

operateurs as (
    select distinct association
    from {{ ref('stg_binomes__binomes') }}
    where campagne = {{ var('campagne') }}
),

niveaux as (
    select distinct
        code,
        niveau
    from {{ ref('int_codes_territoires') }}
)

select
    conventions.code,
    niveaux.niveau,
    conventions.operateur,
    conventions.cout_cents,
    conventions.sans_cout_nb,
    conventions.objectif_binomes,
    conventions.sans_objectif_nb,
    conventions.annee_antenne,
    case
        when conventions.annee_antenne is null then 'inconnu'
        when {{ var('campagne') }} - conventions.annee_antenne >= 3 then '3+'
        else cast({{ var('campagne') }} - conventions.annee_antenne as {{ texte() }})
    end as anciennete_antenne,
    jours.association is not null or operateurs.association is not null as est_binomes_connus,
    case
        when jours.association is not null or operateurs.association is not null then coalesce(jours.lances_nb, 0)
    end as lances_nb,
    case
        when jours.association is not null or operateurs.association is not null then coalesce(jours.jours_nb, 0)
    end as jours_nb
from conventions
inner join niveaux on conventions.code = niveaux.code
left join {{ ref('int_jours_binomes') }} as jours
    on conventions.code = jours.code and conventions.operateur = jours.association
left join operateurs on conventions.operateur = operateurs.association
