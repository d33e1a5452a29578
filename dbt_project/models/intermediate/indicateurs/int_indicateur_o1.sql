-- O1 mentoring pairs launched, by civil year and school year. Missing: launched pairs whose start is unknown;
-- where no start is known, nobody knows how many were launched (null).
with base as (
    {% for niveau, code in [('departement', 'territoire'), ('association', 'association')] -%}
    select
        '{{ niveau }}' as niveau,
        {{ code }} as code,
        sum(case when date_debut is not null then case when est_lance_campagne then 1 else 0 end end) as campagne_nb,
        sum(case when date_debut is not null then case when est_lance_annee_scolaire then 1 else 0 end end)
            as annee_scolaire_nb,
        sum(case when date_debut is null then 1 else 0 end) as manquants_nb
    from {{ ref('int_binomes') }}
    where nature = 'mentorat' and {{ code }} is not null
    group by {{ code }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)

{{ compte('O1', 'campagne_nb', niveau='niveau', code='code', manquants='manquants_nb') }}
union all
{{ compte(
    'O1', 'annee_scolaire_nb', niveau='niveau', code='code', manquants='manquants_nb', periode=annee_scolaire()
) }}
