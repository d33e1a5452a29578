-- The cohorts compared, at the first day of the pair and at the landmarks of 30 days and 6 months. Long form: one row a
-- landmark, an arm and a young person, who may be a comparator before being a mentoré. `date_debut` is the first day of
-- the pair, or the day drawn for a comparator; the index day comes the landmark's days later, on which the pair still
-- runs, and the comparator is still eligible, in care and without a pair. Covariates are known strictly before
-- `date_debut`, so that what a landmark describes is not what the pair has already changed.
-- Follow-up runs to the end of the campagne; a comparator's own first pair is given, to end his or her time there.
with bras as (
    select
        repere,
        'mentores' as bras,
        id_population,
        territoire,
        etape as groupe,
        date_debut,
        date_index,
        'premier_jour' as origine_index
    from {{ ref('int_cohorte_mentores') }}
    where {{ est_compare('etape') }}
    union all
    select
        repere,
        'comparateurs' as bras,
        id_population,
        territoire,
        etape as groupe,
        date_debut,
        date_index,
        'tirage_' || niveau_tirage as origine_index
    from {{ ref('int_cohorte_comparateurs') }}
    where {{ est_compare('etape') }}
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    bras.repere,
    bras.bras,
    bras.id_population,
    bras.territoire,
    bras.groupe,
    bras.date_debut,
    bras.date_index,
    bras.origine_index,
    {{ colonnes_covariables('bras.date_index') }},
    sejours.fin_sejour as suivi_fin,
    sejours.fin_sejour < {{ jour('12-31') }} as suivi_sortie,
    case when bras.bras = 'comparateurs' then premiers.premier_mentorat end as suivi_premier_binome
from bras
inner join {{ ref('int_cohorte_eligibles') }} as sejours
    on bras.id_population = sejours.id_population and bras.date_index between sejours.debut and sejours.fin
inner join {{ ref('int_personnes_ase') }} as personnes on bras.id_population = personnes.id_population
inner join {{ ref('int_couverture') }} as couverture on bras.territoire = couverture.territoire
inner join {{ ref('int_cohorte_covariables') }} as covariables
    on bras.id_population = covariables.id_population and bras.date_debut = covariables.date_reference
left join {{ ref('int_cohorte_premiers_binomes') }} as premiers on personnes.id_personne = premiers.id_personne
