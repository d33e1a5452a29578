-- Every code of the breakdowns published. They are coarse on purpose: a rare class in a territory is a handful of young
-- people, and each hidden cell hides others. Pairs are not broken down by place: beside the two bases of O3, which tell
-- how many are followed at home, four cells in five were secret. What no code holds (unknown, or 18 and over) is the
-- rest of the total.
with codes as (
    select *
    from (
        values
        ('sexe', 'F', true, true),
        ('sexe', 'G', true, true),
        ('tranche_age', '13_et_moins', true, true),
        ('tranche_age', '14-15', true, true),
        ('tranche_age', '16-17', true, true),
        ('modalite', 'presentiel', false, true),
        ('modalite', 'distanciel', false, true),
        ('modalite', 'mixte', false, true)
    ) as liste (dimension, code, est_a1, est_o2)
    union all
    select distinct
        'accueil' as dimension,
        accueil as code,
        true as est_a1,
        false as est_o2
    from {{ ref('types_accueil') }}
)

select
    dimension,
    dimension || '=' || code as ventilation,
    est_a1,
    est_o2
from codes
