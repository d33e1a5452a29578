-- Mentors of an association at 31 December (begun, not gone), with their training and their check. A mentor whom a file
-- of an earlier campagne left open, and whom none of this one tells of, is not known to be there.
with formations as (
    select distinct emetteur
    from {{ ref('stg_journal__colonnes') }}
    where source = 'mentors' and colonne = 'date_formation'
),

mentors as (
    select
        mentors.association,
        mentors.id_mentor,
        coalesce(personnes.id_personne, mentors.id_mentor) as id_mentor_personne,
        mentors.date_formation,
        mentors.heures_formation,
        mentors.formation_ase,
        -- A date says that a mentor was trained, and so do hours where the date is missing. Nothing says it where the
        -- column was not sent.
        case
            when mentors.date_formation <= {{ jour('12-31') }} then true
            when mentors.date_formation is not null then false
            when mentors.heures_formation > 0 or mentors.formation_ase then true
            when formations.emetteur is not null then false
        end as est_forme
    from {{ ref('stg_mentors__mentors') }} as mentors
    left join {{ ref('stg_identites_mentors__personnes') }} as personnes on mentors.id_mentor = personnes.id_mentor
    left join formations on mentors.depose_par = formations.emetteur
    where
        mentors.campagne = {{ var('campagne') }}
        and coalesce(mentors.date_recrutement, date '1900-01-01') <= {{ jour('12-31') }}
        and (mentors.date_sortie is null or mentors.date_sortie >= {{ jour('12-31') }})
),

-- The rows of one person under two pseudonyms of the same association are one mentor.
personnes as (
    select
        association,
        id_mentor_personne,
        {{ au_moins_un('est_forme') }} as est_forme,
        min(date_formation) as date_formation,
        max(heures_formation) as heures_formation,
        max(case when formation_ase then 1 when not formation_ase then 0 end) = 1 as est_forme_ase
    from mentors
    group by association, id_mentor_personne
)

select
    personnes.association,
    personnes.id_mentor_personne,
    personnes.est_forme,
    personnes.date_formation,
    personnes.heures_formation,
    personnes.est_forme_ase,
    honorabilite.id_mentor_personne is not null as est_controle_a_jour,
    honorabilite.echeance
from personnes
left join {{ ref('int_honorabilite') }} as honorabilite
    on
        personnes.id_mentor_personne = honorabilite.id_mentor_personne
        and {{ jour('12-31') }} between honorabilite.debut and honorabilite.fin
