-- Since when each territory is observed: 1 January of the first campagne from which, up to this one without a gap, S1
-- tells who is eligible and the pairs are known, by the rules of `int_couverture` applied to what came each year. Who
-- left care before the first campagne received, or whose pair ended before it, is told by nobody: nothing before
-- that day may be read as a time at risk.
with places as (
    select
        territoire,
        emetteur,
        territoire as territoire_dit,
        true as est_propre
    from {{ ref('int_territoires') }}
    union all
    select
        territoire,
        emetteur,
        collectivite as territoire_dit,
        false as est_propre
    from {{ ref('int_territoires') }}
    where territoires_nb > 1
),

-- What came of each territory in each campagne; pairs from any sender, the rest from the collectivité in charge. Rows
-- under the collectivité's own code are told by no territory of it.
recues as (
    select
        places.territoire,
        places.emetteur,
        places.est_propre,
        livraisons.campagne,
        case when places.est_propre then livraisons.source end as source
    from places
    inner join {{ ref('stg_livraisons__territoires') }} as livraisons
        on places.territoire_dit = livraisons.territoire
    where livraisons.source = 'binomes' or livraisons.depose_par = places.emetteur
),

annees as (
    select
        territoire,
        emetteur,
        campagne,
        max(case when source = 'mesures_ase' then 1 else 0 end) = 1 as a_mesures,
        max(case when source = 'dossiers_mentorat' then 1 else 0 end) = 1 as a_dossiers,
        max(case when source = 'binomes' then 1 else 0 end) = 1 as a_binomes,
        min(case when est_propre then 1 else 0 end) = 0 as est_indivis
    from recues
    group by territoire, emetteur, campagne
),

mesurables as (
    select
        annees.territoire,
        annees.campagne,
        row_number() over (partition by annees.territoire order by annees.campagne desc) as rang
    from annees
    inner join {{ ref('int_initialisations') }} as initialisations
        on annees.territoire = initialisations.territoire
    left join {{ ref('stg_perimetre__annuels') }} as p_mesures
        on
            annees.emetteur = p_mesures.emetteur
            and annees.campagne = p_mesures.campagne
            and p_mesures.source = 'mesures_ase'
    left join {{ ref('stg_perimetre__annuels') }} as p_dossiers
        on
            annees.emetteur = p_dossiers.emetteur
            and annees.campagne = p_dossiers.campagne
            and p_dossiers.source = 'dossiers_mentorat'
    where
        not annees.est_indivis
        and annees.a_mesures
        and {{ est_denominateur_s1(
            'p_mesures',
            'initialisations.est_flux_seul and annees.campagne - initialisations.premiere_campagne < '
            ~ campagnes_sans_stock()
        ) }}
        and {{ sont_mineurs_couverts('p_mesures') }}
        and ((annees.a_dossiers and {{ est_suivi_s2('p_dossiers') }}) or annees.a_binomes)
)

-- Without a gap: as many campagnes kept as years from it to this one.
select
    territoire,
    make_date(cast(min(campagne) as integer), 1, 1) as debut_observation
from mesurables
where campagne + rang = {{ var('campagne') }} + 1
group by territoire
