-- A10 sub-steps done over those whose status is told. Missing: those the collectivité says nothing of.
with niveaux as (
    select distinct
        code,
        niveau
    from {{ ref('int_codes_territoires') }}
),

base as (
    select
        niveaux.niveau,
        niveaux.code,
        sum(case when feuille.statut = 'fait' then 1 else 0 end) as faites_nb,
        count(*) as connues_nb,
        greatest(max(parametres.sous_etapes_feuille_route) - count(*), 0) as manquants_nb
    from {{ ref('int_feuille_route') }} as feuille
    inner join niveaux on feuille.code = niveaux.code
    cross join {{ ref('int_parametres') }} as parametres
    group by niveaux.niveau, niveaux.code
)

{{ compte(
    'A10', 'faites_nb', denominateur='connues_nb', niveau='niveau', code='code', manquants='manquants_nb'
) }}
