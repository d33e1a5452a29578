-- Spells in care, one row a measure. The département's own software (S11) tells them where it was sent: it wins over S1
-- for the young people it holds in that territory; S1 stays for the others.
with parcours as (
    select distinct
        id_population,
        territoire
    from {{ ref('int_mesures_parcours') }}
)

select
    olinpe.id_population,
    olinpe.mesure,
    'mesures_ase' as source,
    olinpe.territoire,
    olinpe.decision,
    olinpe.nature,
    olinpe.intervention,
    olinpe.est_jeune_majeur,
    olinpe.est_placement_direct,
    olinpe.debut,
    olinpe.fin,
    olinpe.fin_presumee,
    olinpe.motif_fin,
    olinpe.type_accueil
from {{ ref('int_mesures_olinpe') }} as olinpe
left join parcours on olinpe.id_population = parcours.id_population and olinpe.territoire = parcours.territoire
where parcours.id_population is null
union all
select
    id_population,
    mesure,
    'parcours_ase' as source,
    territoire,
    decision,
    nature,
    cast(null as {{ texte() }}) as intervention,
    est_jeune_majeur,
    est_placement_direct,
    debut,
    fin,
    fin_presumee,
    motif_fin,
    type_accueil
from {{ ref('int_mesures_parcours') }}
