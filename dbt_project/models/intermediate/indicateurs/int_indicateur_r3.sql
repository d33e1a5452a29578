-- R3 associations of a territory at 31 December, by the acts they hold. The sum over territories counts an association
-- once in each.
with base as (
    select
        territoire,
        sum(case when a_convention then 1 else 0 end) as conventionnees_nb,
        sum(case when a_habilitation then 1 else 0 end) as habilitees_nb,
        sum(case when est_sans_acte_requis and (est_au_registre or a_binome_actif) then 1 else 0 end) as sans_acte_nb,
        sum(case when est_au_registre or a_binome_actif then 1 else 0 end) as presentes_nb
    from {{ ref('int_presences') }}
    group by territoire
)

{{ compte('R3a', 'conventionnees_nb') }}
union all
{{ compte('R3b', 'habilitees_nb') }}
union all
{{ compte('R3c', 'sans_acte_nb', denominateur='presentes_nb') }}
