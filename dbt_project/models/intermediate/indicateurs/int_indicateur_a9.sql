-- A9 mobilisation actions of the year, by public. Missing: actions that tell no number.
with niveaux as (
    select distinct
        code,
        niveau
    from {{ ref('int_codes_territoires') }}
),

actions as (
    select
        niveaux.niveau,
        niveaux.code,
        actions.public,
        actions.participants_nb,
        actions.structures_nb
    from {{ ref('stg_actions__actions') }} as actions
    inner join niveaux on actions.territoire = niveaux.code
    where actions.campagne = {{ var('campagne') }}
),

base as (
    select
        niveau,
        code,
        '' as ventilation,
        count(*) as actions_nb,
        sum(participants_nb) as participants_nb,
        sum(case when participants_nb is null then 1 else 0 end) as sans_participants_nb,
        sum(structures_nb) as structures_nb,
        sum(case when structures_nb is null then 1 else 0 end) as sans_structures_nb
    from actions
    group by niveau, code
    union all
    select
        niveau,
        code,
        'public=' || public as ventilation,
        count(*) as actions_nb,
        sum(participants_nb) as participants_nb,
        sum(case when participants_nb is null then 1 else 0 end) as sans_participants_nb,
        sum(structures_nb) as structures_nb,
        sum(case when structures_nb is null then 1 else 0 end) as sans_structures_nb
    from actions
    group by niveau, code, public
)

{{ compte('A9a', 'actions_nb', niveau='niveau', code='code', ventilation='ventilation') }}
union all
{{ compte(
    'A9b', 'participants_nb', niveau='niveau', code='code', ventilation='ventilation', manquants='sans_participants_nb'
) }}
union all
{{ compte(
    'A9c', 'structures_nb', niveau='niveau', code='code', ventilation='ventilation', manquants='sans_structures_nb'
) }}
