-- R1 amounts of the year's conventions, in cents, and by who pays. Missing: conventions of mentoring without any
-- amount (an habilitation holds none). An amount nobody gave is unknown (null), never zero.
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
    where conventions.annee = {{ var('campagne') }}
    union all
    select
        'association' as niveau,
        operateur as code,
        conventions.*
    from {{ ref('int_conventions') }} as conventions
    where annee = {{ var('campagne') }}
),

base as (
    select
        niveau,
        code,
        sum(cout_cents) as cout_cents,
        sum(montant_departement_cents) as departement_cents,
        sum(montant_etat_cents) as etat_cents,
        sum(montant_prive_cents) as prive_cents,
        sum(case when cout_cents is null and type_convention = 'convention_mentorat' then 1 else 0 end) as manquants_nb
    from lignes
    group by niveau, code
)

{{ compte('R1', 'cout_cents', niveau='niveau', code='code', manquants='manquants_nb') }}
{% for financeur in ['departement', 'etat', 'prive'] -%}
union all
{{ compte(
    'R1', financeur ~ '_cents', niveau='niveau', code='code', manquants='manquants_nb',
    ventilation="'financeur=" ~ financeur ~ "'"
) }}
{% endfor -%}
