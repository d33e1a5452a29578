-- Every code of the breakdowns published. They are coarse on purpose: a rare class in a territory is a handful of young
-- people, and each hidden cell hides others. What no code holds (unknown, or 18 and over) is the rest of the total.
with codes as (
    select *
    from (
        values
        ('sexe', 'F', true),
        ('sexe', 'G', true),
        ('tranche_age', '13_et_moins', true),
        ('tranche_age', '14-15', true),
        ('tranche_age', '16-17', true),
        ('modalite', 'presentiel', false),
        ('modalite', 'distanciel', false),
        ('modalite', 'mixte', false)
    ) as liste (dimension, code, est_a1)
    union all
    select distinct
        'accueil' as dimension,
        accueil as code,
        true as est_a1
    from {{ ref('types_accueil') }}
)

select
    dimension,
    dimension || '=' || code as ventilation,
    est_a1,
    true as est_o2
from codes
