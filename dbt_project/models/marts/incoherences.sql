-- What passed intake and cannot be right, by rule and territory: each rule is written where it is applied, and nothing
-- is dropped for it without being counted here.
with lignes as (
    {% for sujet in ['ase', 'binomes', 'chaine', 'ressources'] -%}
    select
        regle,
        libelle,
        source,
        territoire,
        lignes_nb
    from {{ ref('int_incoherences_' ~ sujet) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    source,
    regle,
    libelle,
    coalesce(territoire, 'inconnu') as territoire,
    cast(sum(lignes_nb) as bigint) as lignes_nb
from lignes
group by source, regle, libelle, coalesce(territoire, 'inconnu')
