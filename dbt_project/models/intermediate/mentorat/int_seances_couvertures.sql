-- What each association's sessions cover: from the first to the last month it sent, a campagne. A month of these
-- without a session of a pair is a month without session; outside them nothing is known. An association that declares
-- its sessions not exhaustive covers nothing: what it sent is some of them.
with seances as (
    select
        association,
        campagne,
        mois
    from {{ ref('int_seances_datees') }}
    union all
    select
        association,
        campagne,
        mois
    from {{ ref('stg_seances_mois__mois') }}
),

etendues as (
    select
        association,
        campagne,
        min(mois) as debut,
        max(mois) as dernier_mois
    from seances
    group by association, campagne
),

partielles as (
    select distinct
        emetteurs.code as association,
        {{ var('campagne') }} as campagne
    from {{ ref('stg_perimetre__perimetres') }} as perimetres
    inner join {{ ref('emetteurs') }} as emetteurs
        on perimetres.emetteur = emetteurs.emetteur and emetteurs.type = 'association'
    where perimetres.source in ('seances', 'seances_mois') and perimetres.exhaustif = 'non'
)

select
    etendues.association,
    etendues.campagne,
    etendues.debut,
    {{ plus_jours(plus_mois('etendues.dernier_mois', 1), -1) }} as fin
from etendues
left join partielles
    on etendues.association = partielles.association and etendues.campagne = partielles.campagne
where partielles.association is null
