-- Delays of a sender's own files, step by step: those that are behind, those that are open. Medians are those of the
-- steps already behind, which a year of waiting files makes look short: the open ones are told beside. Leaving care
-- comes from S1, which is for statistics alone: it is not known here.
with dossiers as (
    select
        *,
        departement as territoire,
        depose_par as emetteur,
        cast(null as date) as date_sortie
    from {{ source('pilotage', 'dossiers_mentorat') }}
    where campagne = {{ var('campagne') }} and coalesce(nature_proposition, 'mentorat') = 'mentorat'
),

{{ delais_des_etapes('dossiers') }}

select
    emetteur,
    etape,
    rang_etape,
    cast(sum(case when issue = 'franchie' then 1 else 0 end) as bigint) as franchies_nb,
    {{ quantile("case when issue = 'franchie' then duree_jours end", 0.25) }} as q1_jours,
    {{ quantile("case when issue = 'franchie' then duree_jours end", 0.5) }} as mediane_jours,
    {{ quantile("case when issue = 'franchie' then duree_jours end", 0.75) }} as q3_jours,
    cast(sum(case when issue = 'en_cours' then 1 else 0 end) as bigint) as en_cours_nb,
    max(case when issue = 'en_cours' then duree_jours end) as plus_ancienne_jours,
    cast(sum(case when issue in ('refus', 'arret', 'sortie_ase') then 1 else 0 end) as bigint) as autres_issues_nb,
    cast(sum(case when issue = 'inconnue' then 1 else 0 end) as bigint) as sans_date_nb
from durees
group by emetteur, etape, rang_etape
