-- O7 intensity of mentoring pairs, by civil and school year, over the days of a pair for which its association sent
-- sessions. O7a sessions and O7b time a month (30.4375 active days); O7c presence over dated sessions, held or not; O7d
-- pairs running on the last day without a session for 60 days, since they began at most. A pair none of whose days is
-- covered is missing.
with periodes as (
    {{ periodes() }}
),

binomes as (
    select
        exposition.source,
        exposition.association,
        exposition.id_binome,
        exposition.territoire,
        periodes.periode,
        periodes.fin_periode,
        greatest(exposition.date_debut, periodes.debut_periode) as debut,
        least(exposition.fin_exposition, periodes.fin_periode) as fin,
        exposition.date_debut,
        -- followed on the last day of the period, and not ended before it
        exposition.fin_exposition >= periodes.fin_periode as est_actif_fin
    from {{ ref('int_exposition') }} as exposition
    inner join periodes
        on exposition.date_debut <= periodes.fin_periode and exposition.fin_exposition >= periodes.debut_periode
    where exposition.nature = 'mentorat'
),

couverts as (
    select
        binomes.id_binome,
        binomes.periode,
        sum(
            {{ jours_entre('greatest(binomes.debut, couvertures.debut)', 'least(binomes.fin, couvertures.fin)') }} + 1
        ) as jours_nb,
        min(couvertures.debut) as debut_couverture,
        max(case when binomes.fin_periode <= couvertures.fin then 1 else 0 end) = 1 as est_couvert_fin
    from binomes
    inner join {{ ref('int_seances_couvertures') }} as couvertures
        on
            binomes.association = couvertures.association
            and binomes.debut <= couvertures.fin
            and binomes.fin >= couvertures.debut
    where binomes.source = 'binomes'
    group by binomes.id_binome, binomes.periode
),

seances as (
    select
        mois.id_binome,
        periodes.periode,
        sum(case when mois.mois >= periodes.debut_periode then mois.seances_nb else 0 end) as seances_nb,
        sum(case when mois.mois >= periodes.debut_periode then mois.minutes else 0 end) as minutes,
        max(
            case
                when mois.mois >= periodes.debut_periode and mois.seances_nb > 0 and mois.minutes is null then 1
                else 0
            end
        ) = 1 as est_duree_inconnue,
        sum(
            case when mois.source = 'seances' and mois.mois >= periodes.debut_periode then mois.seances_nb else 0 end
        ) as presences_nb,
        sum(
            case
                when mois.source = 'seances' and mois.mois >= periodes.debut_periode
                    then mois.absences_nb + mois.absences_excusees_nb
                else 0
            end
        ) as absences_nb,
        max(mois.dernier_contact) as dernier_contact
    from {{ ref('int_seances_mois') }} as mois
    inner join periodes on mois.mois <= periodes.fin_periode
    inner join {{ ref('int_seances_couvertures') }} as couvertures
        on mois.association = couvertures.association and mois.mois between couvertures.debut and couvertures.fin
    group by mois.id_binome, periodes.periode
),

mesures as (
    select
        binomes.territoire,
        binomes.association,
        binomes.periode,
        binomes.est_actif_fin,
        couverts.jours_nb,
        coalesce(seances.seances_nb, 0) as seances_nb,
        coalesce(seances.minutes, 0) as minutes,
        coalesce(seances.est_duree_inconnue, false) as est_duree_inconnue,
        coalesce(seances.presences_nb, 0) as presences_nb,
        coalesce(seances.presences_nb + seances.absences_nb, 0) as seances_datees_nb,
        case
            when couverts.est_couvert_fin
                then
                    {{ jours_entre(
                        'greatest(binomes.date_debut, couverts.debut_couverture, seances.dernier_contact)',
                        'binomes.fin_periode'
                    ) }} >= {{ sans_seance_jours() }}
        end as est_sans_seance
    from binomes
    left join couverts on binomes.id_binome = couverts.id_binome and binomes.periode = couverts.periode
    left join seances on binomes.id_binome = seances.id_binome and binomes.periode = seances.periode
),

-- Running at 31 December without a known start: nothing can be said of its sessions.
sans_debut as (
    select
        territoire,
        association,
        cast(null as boolean) as est_sans_seance
    from {{ ref('int_binomes') }}
    where nature = 'mentorat' and est_actif_fin_campagne and date_debut is null
),

lignes as (
    select
        territoire,
        association,
        periode,
        'O7a' as indicateur,
        '' as ventilation,
        case when jours_nb is null then 0 else seances_nb end as numerateur,
        coalesce(jours_nb, 0) as denominateur,
        case when jours_nb is null then 1 else 0 end as n_manquants
    from mesures
    union all
    select
        territoire,
        association,
        periode,
        'O7b' as indicateur,
        '' as ventilation,
        case when jours_nb is null or est_duree_inconnue then 0 else minutes end as numerateur,
        case when jours_nb is null or est_duree_inconnue then 0 else jours_nb end as denominateur,
        case when jours_nb is null or est_duree_inconnue then 1 else 0 end as n_manquants
    from mesures
    union all
    select
        territoire,
        association,
        periode,
        'O7c' as indicateur,
        '' as ventilation,
        presences_nb as numerateur,
        seances_datees_nb as denominateur,
        case when jours_nb is null or (seances_datees_nb = 0 and seances_nb > 0) then 1 else 0 end as n_manquants
    from mesures
    union all
    {{ ligne_part('O7d', 'est_sans_seance', 'mesures', 'est_actif_fin', periode='periode') }}
    union all
    {{ ligne_part('O7d', 'est_sans_seance', 'sans_debut') }}
)

{{ sommes_des_lignes('lignes') }}
