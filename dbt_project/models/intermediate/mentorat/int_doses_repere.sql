-- Sessions each pair had received when it reached the long landmark, one row a pair still running that day. Only whole
-- months count, observed, covered by what the association sent, and over before the landmark: what came later is no
-- dose received by then.
with reperes as (
    select
        exposes.association,
        exposes.id_binome,
        {{ plus_mois(debut_mois(plus_jours('exposes.debut_observation', -1)), 1) }} as debut_dose,
        {{ plus_jours(debut_mois(plus_jours('exposes.date_debut', 'parametres.repere_long_jours')), -1) }} as fin_dose
    from {{ ref('int_exposition') }} as exposes
    cross join {{ ref('int_parametres') }} as parametres
    where
        exposes.source = 'binomes'
        and exposes.fin_exposition >= {{ plus_jours('exposes.date_debut', 'parametres.repere_long_jours') }}
),

couverts as (
    select
        reperes.association,
        reperes.id_binome,
        sum(
            {{ mois_touches(
                'greatest(reperes.debut_dose, couvertures.debut)', 'least(reperes.fin_dose, couvertures.fin)'
            ) }}
        ) as mois_couverts_nb
    from reperes
    inner join {{ ref('int_seances_couvertures') }} as couvertures
        on
            reperes.association = couvertures.association
            and reperes.debut_dose <= least(reperes.fin_dose, couvertures.fin)
            and reperes.fin_dose >= couvertures.debut
    group by reperes.association, reperes.id_binome
),

seances as (
    select
        reperes.association,
        reperes.id_binome,
        sum(mois.seances_nb) as seances_nb,
        count_if(mois.seances_nb > 0) as mois_avec_seance_nb
    from reperes
    inner join {{ ref('int_seances_mois') }} as mois
        on
            reperes.association = mois.association
            and reperes.id_binome = mois.id_binome
            and mois.mois between reperes.debut_dose and reperes.fin_dose
    inner join {{ ref('int_seances_couvertures') }} as couvertures
        on reperes.association = couvertures.association and mois.mois between couvertures.debut and couvertures.fin
    group by reperes.association, reperes.id_binome
)

select
    couverts.association,
    couverts.id_binome,
    cast(couverts.mois_couverts_nb as bigint) as mois_couverts_nb,
    -- A covered month without a session is a month without session.
    cast(coalesce(seances.mois_avec_seance_nb, 0) as bigint) as mois_avec_seance_nb,
    cast(coalesce(seances.seances_nb, 0) as bigint) as seances_nb
from couverts
left join seances on couverts.association = seances.association and couverts.id_binome = seances.id_binome
