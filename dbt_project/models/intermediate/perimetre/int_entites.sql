-- Who may have a figure: the territories, the collectivités of several territories (for what only they know whole), and
-- the associations that sent something or are named by a pair of the campagne.
with associations as (
    select
        emetteurs.code,
        1 as a_transmis_nb
    from {{ ref('stg_journal__fichiers') }} as fichiers
    inner join {{ ref('emetteurs') }} as emetteurs
        on fichiers.emetteur = emetteurs.emetteur and emetteurs.type = 'association'
    where
        fichiers.source <> 'perimetre'
        and fichiers.statut = 'acceptee'
        and fichiers.lignes_acceptees > 0
    union all
    select
        association as code,
        1 as a_transmis_nb
    from {{ ref('stg_binomes__binomes') }}
    where campagne = {{ var('campagne') }}
),

collectivites as (
    select
        territoires.collectivite as code,
        max(case when couverture.a_transmis then 1 else 0 end) as a_transmis_nb
    from {{ ref('int_territoires') }} as territoires
    inner join {{ ref('int_couverture') }} as couverture on territoires.territoire = couverture.territoire
    where territoires.territoires_nb > 1
    group by territoires.collectivite
)

select
    'departement' as niveau,
    territoire as code,
    a_transmis
from {{ ref('int_couverture') }}
union all
select
    'collectivite' as niveau,
    code,
    a_transmis_nb = 1 as a_transmis
from collectivites
union all
select
    'association' as niveau,
    code,
    max(a_transmis_nb) = 1 as a_transmis
from associations
group by code
