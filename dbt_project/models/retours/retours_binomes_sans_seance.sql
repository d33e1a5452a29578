-- Running pairs of a sender without a session for 60 days at 31 December, in its own references. Only for senders whose
-- sessions were sent: elsewhere nobody knows.
with seances as (
    select
        depose_par,
        association,
        id_binome,
        date_seance as jour_seance
    from {{ source('pilotage', 'seances') }}
    where campagne <= {{ var('campagne') }} and presence = 'present' and date_seance <= {{ jour('12-31') }}
    union all
    -- A month without the day of its last session: its last day, so that no pair is said silent for longer than it was.
    select
        depose_par,
        association,
        id_binome,
        least(
            coalesce(dernier_contact, {{ plus_jours(plus_mois(premier_du_mois('mois'), 1), -1) }}), {{ jour('12-31') }}
        ) as jour_seance
    from {{ source('pilotage', 'seances_mois') }}
    where campagne <= {{ var('campagne') }} and nb_seances > 0
),

dernieres as (
    select
        depose_par,
        association,
        id_binome,
        max(jour_seance) as derniere_seance
    from seances
    group by depose_par, association, id_binome
),

transmissions as (
    select depose_par
    from {{ source('pilotage', 'seances') }}
    where campagne = {{ var('campagne') }}
    union
    select depose_par
    from {{ source('pilotage', 'seances_mois') }}
    where campagne = {{ var('campagne') }}
),

silences as (
    select
        binomes.depose_par as emetteur,
        binomes.departement,
        binomes.association,
        binomes.id_binome,
        binomes.date_debut,
        dernieres.derniere_seance,
        {{ jours_entre('coalesce(dernieres.derniere_seance, binomes.date_debut)', jour('12-31')) }} as depuis_jours
    from {{ source('pilotage', 'binomes') }} as binomes
    inner join transmissions on binomes.depose_par = transmissions.depose_par
    left join dernieres
        on
            binomes.depose_par = dernieres.depose_par
            and binomes.association = dernieres.association
            and binomes.id_binome = dernieres.id_binome
    where
        binomes.campagne = {{ var('campagne') }}
        and binomes.nature = 'mentorat'
        and {{ couvre('binomes.date_debut', 'binomes.date_fin', jour('12-31')) }}
)

select
    emetteur,
    departement,
    association,
    id_binome,
    date_debut,
    derniere_seance,
    depuis_jours
from silences
where depuis_jours >= {{ sans_seance_jours() }}
