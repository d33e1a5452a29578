-- S4, one row a session. A campagne holds the sessions of its own year, so a key comes back only from another sender:
-- the association's own row is kept, and the rows of others are few enough to be compared with it.
with seances as (
    select
        association,
        id_binome,
        date_seance,
        coalesce(rang, 1) as rang,
        duree_minutes,
        modalite,
        theme,
        presence,
        collectif,
        campagne,
        depose_par,
        depose_par = 'association-' || association as est_proprietaire
    from {{ source('brut', 'seances') }}
    where campagne <= {{ var('campagne') }}
),

proprietaires as (
    select *
    from seances
    where est_proprietaire
),

autres as (
    select
        *,
        row_number() over (
            partition by association, id_binome, date_seance, rang
            order by campagne desc, depose_par asc
        ) as rang_emetteur,
        count(*) over (partition by association, id_binome, date_seance, rang) as emetteurs_nb
    from seances
    where not est_proprietaire
),

redites as (
    select
        autres.association,
        autres.id_binome,
        autres.date_seance,
        autres.rang
    from autres
    inner join proprietaires
        on
            autres.association = proprietaires.association
            and autres.id_binome = proprietaires.id_binome
            and autres.date_seance = proprietaires.date_seance
            and autres.rang = proprietaires.rang
    where autres.rang_emetteur = 1
)

select
    proprietaires.association,
    proprietaires.id_binome,
    proprietaires.date_seance,
    proprietaires.rang,
    proprietaires.duree_minutes,
    proprietaires.modalite,
    proprietaires.theme,
    proprietaires.presence,
    proprietaires.collectif,
    proprietaires.campagne,
    proprietaires.depose_par,
    redites.id_binome is not null as est_redite
from proprietaires
left join redites
    on
        proprietaires.association = redites.association
        and proprietaires.id_binome = redites.id_binome
        and proprietaires.date_seance = redites.date_seance
        and proprietaires.rang = redites.rang
union all
select
    autres.association,
    autres.id_binome,
    autres.date_seance,
    autres.rang,
    autres.duree_minutes,
    autres.modalite,
    autres.theme,
    autres.presence,
    autres.collectif,
    autres.campagne,
    autres.depose_par,
    autres.emetteurs_nb > 1 as est_redite
from autres
left join redites
    on
        autres.association = redites.association
        and autres.id_binome = redites.id_binome
        and autres.date_seance = redites.date_seance
        and autres.rang = redites.rang
where autres.rang_emetteur = 1 and redites.id_binome is null
