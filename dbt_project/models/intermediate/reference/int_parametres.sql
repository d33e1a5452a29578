-- The legal parameters and reference points in force at the end of the campagne, one row in all. A campagne older than
-- the first value is measured by that first value: the rule is read back, not left blank.
with valables as (
    select
        parametre,
        valeur,
        row_number() over (
            partition by parametre
            order by
                case when valable_du <= {{ jour('12-31') }} then 0 else 1 end,
                case when valable_du <= {{ jour('12-31') }} then valable_du end desc nulls last,
                valable_du asc
        ) as rang
    from {{ ref('parametres') }}
)

select
    {% for nom in [
        'age_minimum', 'age_majorite', 'age_maximum', 'duree_minimale_mois', 'evaluation_validite_mois',
        'validite_controle_mois', 'base_jeunes_suivis', 'objectif_jeunes', 'cout_binome_reference_min',
        'cout_binome_reference_max', 'sous_etapes_feuille_route', 'repere_court_jours', 'repere_long_jours'
    ] -%}
    max(case when parametre = '{{ nom }}' then cast(valeur as bigint) end) as {{ nom }},
    {% endfor -%}
    max(case when parametre = 'entree_en_vigueur' then cast(valeur as date) end) as entree_en_vigueur
from valables
where rang = 1
