-- S1, one row an event of OLINPE. The same event sent again in a later campagne counts once: the latest one wins. Few
-- events come twice: only those that may are compared on their whole key.
with comparables as (
    select
        lignes.*,
        row_number() over (
            partition by
                lignes.numdep, lignes.numanonym, lignes.typev, lignes.decision, lignes.natpdecadm, lignes.natdecassed,
                lignes.typinterdom, lignes.typdecjud, lignes.datdeb, lignes.datfin
            order by lignes.campagne desc, lignes.depose_par asc
        ) as rang_campagne
    from {{ source('brut', 'mesures_ase') }} as lignes
    inner join {{ ref('stg_mesures_ase__repetitions') }} as repetes
        on
            lignes.numanonym = repetes.numanonym
            and lignes.typev = repetes.typev
            and {{ jour_olinpe('lignes') }} = repetes.jour
    where lignes.campagne <= {{ var('campagne') }}
),

evenements as (
    select
        lignes.*,
        1 as rang_campagne
    from {{ source('brut', 'mesures_ase') }} as lignes
    left join {{ ref('stg_mesures_ase__repetitions') }} as repetes
        on
            lignes.numanonym = repetes.numanonym
            and lignes.typev = repetes.typev
            and {{ jour_olinpe('lignes') }} = repetes.jour
    where lignes.campagne <= {{ var('campagne') }} and repetes.numanonym is null
    union all
    select *
    from comparables
    where rang_campagne = 1
)

select
    numdep as territoire,
    numanonym as numanonym,
    numanonymant as numanonymant,
    typev as typev,
    sexe as sexe,
    scodtcom as scodtcom,
    nivsco as nivsco,
    freqsco as freqsco,
    handicap as handicap,
    mina as mina,
    interant as interant,
    decision as decision,
    natpdecadm as natpdecadm,
    natdecassed as natdecassed,
    typinterdom as typinterdom,
    typdecjud as typdecjud,
    lieuacc as lieuacc,
    lieuplac as lieuplac,
    chglieu as chglieu,
    datdecpe as datdecpe,
    datdeb as datdeb,
    datfin as datfin,
    motfinint as motfinint,
    motifml as motifml,
    diplome as diplome,
    campagne,
    depose_par,
    case when nbchglieu between 0 and 98 then nbchglieu end as nbchglieu,
    case when anais between 1900 and 2100 then anais end as annee_naissance,
    case when mnais between 1 and 12 then mnais end as mois_naissance
from evenements
