-- Time each pair was exposed to mentoring, what is known of its sessions, and how it ended. The pairs of a sender's
-- first delivery are those that were still running when its year began.
with premieres as (
    select
        source,
        depose_par,
        min(campagne) as campagne
    from {{ ref('stg_livraisons__territoires') }}
    group by source, depose_par
),

-- A pair is followed to its end or to 31 December of the last campagne that tells of it.
suivis as (
    select
        binomes.*,
        greatest(binomes.date_debut, make_date(cast(premieres.campagne as integer), 1, 1)) as debut_observation,
        case
            when binomes.est_fin_inconnue then null
            else
                least(
                    binomes.date_fin, make_date(cast(binomes.campagne_source as integer), 12, 31), {{ jour('12-31') }}
                )
        end as fin_exposition
    from {{ ref('int_binomes') }} as binomes
    left join premieres on binomes.source = premieres.source and binomes.depose_par = premieres.depose_par
),

exposes as (
    select *
    from suivis
    where date_debut <= fin_exposition
),

-- Active days and months for which the association sent its sessions.
couverts as (
    select
        exposes.association,
        exposes.id_binome,
        sum(
            {{ jours_entre(
                'greatest(exposes.date_debut, couvertures.debut)', 'least(exposes.fin_exposition, couvertures.fin)'
            ) }} + 1
        ) as jours_couverts_nb,
        sum(
            {{ mois_touches(
                'greatest(exposes.date_debut, couvertures.debut)', 'least(exposes.fin_exposition, couvertures.fin)'
            ) }}
        ) as mois_couverts_nb,
        min(couvertures.debut) as debut_couverture,
        max(couvertures.fin) as fin_couverture
    from exposes
    inner join {{ ref('int_seances_couvertures') }} as couvertures
        on
            exposes.association = couvertures.association
            and exposes.date_debut <= couvertures.fin
            and exposes.fin_exposition >= couvertures.debut
    where exposes.source = 'binomes'
    group by exposes.association, exposes.id_binome
),

seances as (
    select
        association,
        id_binome,
        sum(seances_nb) as seances_nb,
        sum(absences_excusees_nb) as absences_excusees_nb,
        sum(absences_nb) as absences_nb,
        sum(seances_collectives_nb) as seances_collectives_nb,
        sum(minutes) as minutes,
        count_if(seances_nb > 0) as mois_avec_seance_nb,
        max(dernier_contact) as dernier_contact
    from {{ ref('int_seances_mois') }}
    where mois <= {{ jour('12-31') }}
    group by association, id_binome
)

select
    suivis.source,
    suivis.association,
    suivis.id_binome,
    suivis.id_personne,
    suivis.territoire,
    suivis.nature,
    suivis.date_debut,
    suivis.date_fin_prevue,
    suivis.date_fin,
    suivis.motif_fin,
    suivis.debut_observation,
    suivis.fin_exposition,
    suivis.est_suivi and suivis.date_fin is not null and suivis.date_fin <= {{ jour('12-31') }} as est_fin_observee,
    {{ est_arret_anticipe(
        'suivis.date_fin', 'suivis.date_fin_prevue', 'suivis.motif_fin', 'suivis.statut_dossier'
    ) }} as est_arret_anticipe,
    {{ plus_mois('suivis.date_debut', 'parametres.duree_minimale_mois') }} as date_duree_minimale,
    -- Unknown until the pair is old enough, and where no one knows when it ended.
    case
        when suivis.fin_exposition >= {{ plus_mois('suivis.date_debut', 'parametres.duree_minimale_mois') }} then true
        when suivis.date_fin < {{ plus_mois('suivis.date_debut', 'parametres.duree_minimale_mois') }} then false
    end as est_duree_minimale,
    case
        when suivis.date_debut <= suivis.fin_exposition
            then {{ jours_entre('suivis.date_debut', 'suivis.fin_exposition') }} + 1
        else 0
    end as jours_exposition_nb,
    case
        when suivis.date_debut <= suivis.fin_exposition
            then {{ mois_touches('suivis.date_debut', 'suivis.fin_exposition') }}
        else 0
    end as mois_exposition_nb,
    cast(coalesce(couverts.jours_couverts_nb, 0) as bigint) as jours_couverts_nb,
    cast(coalesce(couverts.mois_couverts_nb, 0) as bigint) as mois_couverts_nb,
    -- No session counted where none was sent: unknown, not zero.
    cast(
        case when couverts.id_binome is not null then coalesce(seances.seances_nb, 0) else seances.seances_nb end
        as bigint
    ) as seances_nb,
    cast(seances.absences_excusees_nb as bigint) as absences_excusees_nb,
    cast(seances.absences_nb as bigint) as absences_nb,
    cast(seances.seances_collectives_nb as bigint) as seances_collectives_nb,
    cast(
        case
            when couverts.id_binome is not null and seances.id_binome is null then 0
            else seances.minutes
        end
        as bigint
    ) as minutes,
    cast(
        case
            when couverts.id_binome is not null then coalesce(seances.mois_avec_seance_nb, 0)
            else seances.mois_avec_seance_nb
        end as bigint
    ) as mois_avec_seance_nb,
    seances.dernier_contact,
    -- Known where the sessions sent reach the day the pair is followed to; counted from the first day they cover.
    case
        when couverts.fin_couverture >= suivis.fin_exposition
            then
                {{ jours_entre(
                    'least(
                        greatest(suivis.date_debut, couverts.debut_couverture, seances.dernier_contact),
                        suivis.fin_exposition
                    )',
                    'suivis.fin_exposition'
                ) }}
    end as jours_sans_contact_nb,
    intervalles.intervalle_jours
from suivis
cross join {{ ref('int_parametres') }} as parametres
left join couverts on suivis.association = couverts.association and suivis.id_binome = couverts.id_binome
left join seances on suivis.association = seances.association and suivis.id_binome = seances.id_binome
left join {{ ref('int_intervalles_seances') }} as intervalles
    on suivis.association = intervalles.association and suivis.id_binome = intervalles.id_binome
