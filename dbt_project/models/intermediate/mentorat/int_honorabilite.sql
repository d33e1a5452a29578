-- Honorability of a mentor, from dates alone: one row a day of check, with the days on which it is the last and is not
-- older than the law allows. A mentor is up to date on a day when one of these rows covers it; they never overlap.
-- A check of either kind counts, whichever département made it: it concerns the person, not the territory of a pair.
-- The age of the check is the law's; a nearer due date told by the sender is the sender's own.
with controles as (
    select
        coalesce(personnes.id_personne, controles.id_mentor) as id_mentor_personne,
        controles.date_controle,
        -- the fuller check names the day on which both were made
        max(controles.type) as type
    from {{ ref('stg_controles_honorabilite__controles') }} as controles
    left join {{ ref('stg_identites_mentors__personnes') }} as personnes
        on controles.id_mentor = personnes.id_mentor
    group by coalesce(personnes.id_personne, controles.id_mentor), controles.date_controle
),

suivis as (
    select
        controles.id_mentor_personne,
        controles.type,
        controles.date_controle,
        {{ plus_mois('controles.date_controle', 'parametres.validite_controle_mois') }} as echeance,
        lead(controles.date_controle) over (
            partition by controles.id_mentor_personne order by controles.date_controle asc nulls last
        ) as controle_suivant
    from controles
    cross join {{ ref('int_parametres') }} as parametres
)

select
    id_mentor_personne,
    type,
    date_controle as debut,
    least(echeance, {{ plus_jours('controle_suivant', -1) }}) as fin,
    echeance,
    controle_suivant
from suivis
