-- S1, one row an event of OLINPE. The same event sent again in a later campagne counts once.
-- A table: four models read it, and its window over every campagne is the longest sort of the project.
{{ config(materialized='table') }}

with evenements as (
    {{ derniere_campagne(source('brut', 'mesures_ase'), [
        'numdep', 'numanonym', 'typev', 'decision', 'natpdecadm', 'natdecassed', 'typinterdom', 'typdecjud',
        'datdeb', 'datfin'
    ]) }}
)

select
    numdep as territoire,
    numanonym as numanonym,
    numanonymant as numanonymant,
    typev as typev,
    sexe as sexe,
    scodtcom as scodtcom,
    nivsco as nivsco,
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
    campagne,
    depose_par,
    case when nbchglieu between 0 and 98 then nbchglieu end as nbchglieu,
    case when anais between 1900 and 2100 then anais end as annee_naissance,
    case when mnais between 1 and 12 then mnais end as mois_naissance
from evenements
