{# The runs of a young person follow one another, each in another state, to December of the campagne. #}
{% test mois_sans_trou(model) %}
with suites as (
    select
        *,
        lead(mois_debut) over (partition by id_population order by rang) as mois_suivant,
        lead(etat) over (partition by id_population order by rang) as etat_suivant
    from {{ model }}
)

select *
from suites
where
    mois_nb < 1
    or mois_debut < debut_observation
    or coalesce(mois_suivant, {{ jour('01-01', 1) }}) <> {{ plus_mois('mois_fin', 1) }}
    or etat_suivant = etat
{% endtest %}
