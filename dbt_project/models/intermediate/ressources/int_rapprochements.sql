-- Linkage seen from each side, by territory, unaccompanied minors (MNA) apart: young people of S2 and S3 found in S1,
-- and young people of S1 whose number the correspondence table (S0) or S11 ties to the programme's pseudonym. Each
-- side tells who is an MNA by itself (S1: MINA; S2: the place of care): told by the other side, only those linked
-- would be known.
with s1 as (
    select distinct
        mesures.territoire,
        mesures.id_population
    from {{ ref('int_mesures') }} as mesures
    where
        mesures.debut <= {{ jour('12-31') }}
        and (mesures.fin is null or mesures.fin >= {{ jour('01-01') }})
),

accompagnes as (
    select
        territoire,
        id_personne,
        max(case when type_accueil = 'dispositif_mna' then 1 when type_accueil is not null then 0 end) as mna_nb
    from {{ ref('int_dossiers') }}
    where campagne = {{ var('campagne') }} and id_personne is not null
    group by territoire, id_personne
    union all
    select distinct
        territoire,
        id_personne,
        cast(null as integer) as mna_nb
    from {{ ref('int_binomes') }}
    where source = 'binomes' and campagne_source = {{ var('campagne') }} and id_personne is not null
),

jeunes as (
    select
        territoire,
        id_personne,
        max(mna_nb) as mna_nb
    from accompagnes
    group by territoire, id_personne
),

lignes as (
    select
        'mesures_ase' as source,
        s1.territoire,
        s1.id_population not like 'numanonym:%' as est_rapproche,
        personnes.mna
    from s1
    left join {{ ref('int_personnes_ase') }} as personnes on s1.id_population = personnes.id_population
    union all
    select
        'mentorat' as source,
        jeunes.territoire,
        personnes.id_population is not null as est_rapproche,
        jeunes.mna_nb = 1 as mna
    from jeunes
    left join {{ ref('int_personnes_ase') }} as personnes on jeunes.id_personne = personnes.id_population
)

select
    source,
    territoire,
    case when mna then 'oui' when not mna then 'non' else 'inconnu' end as mna,
    cast(count(*) as bigint) as jeunes_nb,
    cast(sum(case when est_rapproche then 1 else 0 end) as bigint) as rapproches_nb
from lignes
where territoire is not null
group by source, territoire, case when mna then 'oui' when not mna then 'non' else 'inconnu' end
