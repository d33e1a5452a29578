-- R2a full-time equivalents of the year's conventions, in hundredths. R2b share of human resources: sum of part_rh x
-- cost over sum of cost, on the conventions that tell both; the others are missing.
with niveaux as (
    select distinct
        code,
        niveau
    from {{ ref('int_codes_territoires') }}
),

lignes as (
    select
        niveaux.niveau,
        niveaux.code,
        conventions.*
    from {{ ref('int_conventions') }} as conventions
    inner join niveaux on conventions.territoire = niveaux.code
    where conventions.annee = {{ var('campagne') }} and conventions.type_convention = 'convention_mentorat'
    union all
    select
        'association' as niveau,
        operateur as code,
        conventions.*
    from {{ ref('int_conventions') }} as conventions
    where annee = {{ var('campagne') }} and type_convention = 'convention_mentorat'
),

base as (
    select
        niveau,
        code,
        sum(etp_centiemes) as etp_centiemes,
        sum(case when etp_centiemes is null then 1 else 0 end) as sans_etp_nb,
        sum(case when part_rh is not null then cast(round(part_rh * cout_cents) as bigint) end) as rh_cents,
        sum(case when part_rh is not null then cout_cents end) as cout_cents,
        sum(case when part_rh is null or cout_cents is null then 1 else 0 end) as sans_part_nb
    from lignes
    group by niveau, code
)

{{ compte('R2a', 'etp_centiemes', niveau='niveau', code='code', manquants='sans_etp_nb') }}
union all
{{ compte('R2b', 'rh_cents', denominateur='cout_cents', niveau='niveau', code='code', manquants='sans_part_nb') }}
