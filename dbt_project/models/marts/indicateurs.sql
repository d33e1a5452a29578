-- The indicators of the catalogue: the 102 territories, the collectivités that hold several, and the country.
-- A sum takes the territories that are « calcule » and says how many are not; counts are integers and divided last.
with par_territoire as (
    select * from {{ ref('int_indicateur_a1') }}
    union all
    select * from {{ ref('int_indicateur_a2') }}
    union all
    select * from {{ ref('int_indicateur_a3') }}
    union all
    select * from {{ ref('int_indicateur_o1') }}
    union all
    select * from {{ ref('int_indicateur_o2') }}
    union all
    select * from {{ ref('int_indicateur_o3') }}
),

-- Breakdown rows exist for counted territories only: the missing ones are read from the total of the same figure.
ensembles as (
    select
        lignes.*,
        'national' as niveau,
        'FR' as code
    from par_territoire as lignes
    union all
    select
        lignes.*,
        'collectivite' as niveau,
        territoires.collectivite as code
    from par_territoire as lignes
    inner join {{ ref('int_territoires') }} as territoires on lignes.territoire = territoires.territoire
    where territoires.territoires_nb > 1
),

sommes as (
    select
        niveau,
        code,
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        cast(sum(numerateur) as bigint) as numerateur,
        cast(sum(denominateur) as bigint) as denominateur,
        count(case when statut = 'calcule' then 1 end) as calcules_nb,
        count(case when statut = 'non_mesurable' then 1 end) as non_mesurables_nb,
        cast(sum(n_manquants) as bigint) as jeunes_manquants_nb
    from ensembles
    group by niveau, code, periode, indicateur, ventilation, mesure, unite
),

tailles as (
    select
        'FR' as code,
        count(*) as territoires_nb
    from {{ ref('int_territoires') }}
    union all
    select
        collectivite as code,
        count(*) as territoires_nb
    from {{ ref('int_territoires') }}
    group by collectivite
    having count(*) > 1
),

-- The country adds the territories it can; a collectivité has a figure when each of its territories has one.
regroupes as (
    select
        sommes.niveau,
        sommes.code,
        sommes.periode,
        sommes.indicateur,
        sommes.ventilation,
        sommes.mesure,
        sommes.unite,
        sommes.numerateur,
        sommes.denominateur,
        case
            when sommes.niveau = 'national' then tailles.territoires_nb - sommes.calcules_nb
            else sommes.jeunes_manquants_nb
        end as n_manquants,
        case
            when sommes.niveau = 'national' and sommes.calcules_nb > 0 then 'calcule'
            when sommes.calcules_nb = tailles.territoires_nb then 'calcule'
            when sommes.calcules_nb + sommes.non_mesurables_nb > 0 then 'non_mesurable'
            else 'non_recu'
        end as statut
    from sommes
    inner join tailles on sommes.code = tailles.code
),

lignes as (
    select
        'departement' as niveau,
        territoire as code,
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        numerateur,
        denominateur,
        n_manquants,
        statut
    from par_territoire
    union all
    select
        niveau,
        code,
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        numerateur,
        denominateur,
        n_manquants,
        statut
    from regroupes
    union all
    select
        'national' as niveau,
        territoire as code,
        periode,
        indicateur,
        ventilation,
        mesure,
        unite,
        numerateur,
        denominateur,
        n_manquants,
        statut
    from {{ ref('int_indicateur_o3_national') }}
),

-- A share of nobody is not a share.
finales as (
    select
        *,
        case when statut = 'calcule' and mesure = 'part' and denominateur = 0 then 'non_mesurable' else statut end
            as statut_final
    from lignes
)

select
    cast({{ var('campagne') }} as bigint) as campagne,
    periode,
    niveau,
    code,
    indicateur,
    ventilation,
    mesure,
    case when statut_final = 'calcule' then numerateur end as numerateur,
    case when statut_final = 'calcule' then denominateur end as denominateur,
    case
        when statut_final <> 'calcule' then null
        when mesure = 'part' then round(cast(numerateur as double) / denominateur, 6)
        when mesure = 'ecart' then cast(numerateur - denominateur as double)
        else cast(numerateur as double)
    end as valeur,
    cast(null as double) as ic_bas,
    cast(null as double) as ic_haut,
    unite,
    case when statut_final = 'calcule' or niveau = 'national' then n_manquants end as n_manquants,
    statut_final as statut
from finales
