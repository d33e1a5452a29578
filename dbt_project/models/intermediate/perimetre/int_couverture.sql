-- What can be counted in each territory, and why not: one status a family of indicators, read by every indicator.
-- « non_recu »: the collectivité in charge sent nothing usable. « non_mesurable »: it sent something, but not what the
-- indicator needs, or outside the perimeter it declared (without one: first exhaustive step lancement).
with transmissions as (
    select distinct emetteur
    from {{ ref('stg_journal__fichiers') }}
    where
        source <> 'perimetre'
        and statut = 'acceptee'
        and lignes_acceptees > 0
),

lignes as (
    select
        territoire,
        max(case when source = 'mesures_ase' then 1 else 0 end) = 1 as a_mesures,
        max(case when source = 'passage' then 1 else 0 end) = 1 as a_passage,
        max(case when source = 'dossiers_mentorat' then 1 else 0 end) = 1 as a_dossiers,
        max(case when source = 'binomes' then 1 else 0 end) = 1 as a_binomes
    from {{ ref('int_lignes_recues') }}
    group by territoire
),

-- A collectivité that places young people in no territory of its own (20, Corsica as a whole) can't be counted by
-- territory: none of its figures is measurable. A convention is signed by the collectivité, and says nothing of it.
indivis as (
    select distinct lignes.territoire as collectivite
    from {{ ref('int_lignes_recues') }} as lignes
    left join {{ ref('int_territoires') }} as territoires on lignes.territoire = territoires.territoire
    where territoires.territoire is null and lignes.source <> 'conventions'
),

-- The steps of the chain are in order: exhaustive from evaluation on includes every later step.
faits as (
    select
        territoires.territoire,
        transmissions.emetteur is not null as a_transmis,
        indivis.collectivite is not null as est_indivis,
        coalesce(lignes.a_mesures, false) as a_mesures,
        coalesce(lignes.a_passage, false) as a_passage,
        coalesce(lignes.a_dossiers, false) as a_dossiers,
        coalesce(lignes.a_binomes, false) as a_binomes,
        coalesce(initialisations.est_stock_incomplet, false) as est_stock_incomplet,
        {{ est_denominateur_s1('p_mesures', 'initialisations.est_stock_incomplet') }} as est_denominateur_s1,
        {{ contient('p_mesures.publics_inclus', ['confies']) }} as est_confies_s1,
        {{ sont_mineurs_couverts('p_mesures') }} as est_mineurs_s1,
        {{ contient('p_mesures.publics_inclus', ['jeunes_majeurs']) }} as est_majeurs_s1,
        {{ est_suivi_s2('p_dossiers') }} as est_suivi_s2,
        {{ est_suivi_s2('p_dossiers') }} and {{ sont_mineurs_couverts('p_dossiers') }} as est_mineurs_s2,
        coalesce(p_dossiers.premiere_etape_exhaustive, 'lancement') as premiere_etape_exhaustive
    from {{ ref('int_territoires') }} as territoires
    left join transmissions on territoires.emetteur = transmissions.emetteur
    left join lignes on territoires.territoire = lignes.territoire
    left join indivis on territoires.collectivite = indivis.collectivite
    left join {{ ref('int_initialisations') }} as initialisations
        on territoires.territoire = initialisations.territoire
    left join {{ ref('stg_perimetre__perimetres') }} as p_mesures
        on territoires.emetteur = p_mesures.emetteur and p_mesures.source = 'mesures_ase'
    left join {{ ref('stg_perimetre__perimetres') }} as p_dossiers
        on territoires.emetteur = p_dossiers.emetteur and p_dossiers.source = 'dossiers_mentorat'
),

mesurables as (
    select
        *,
        a_mesures and est_denominateur_s1 and est_mineurs_s1 and not est_indivis as est_eligibles,
        a_mesures and est_denominateur_s1 and est_confies_s1 and not est_indivis as est_confies,
        a_mesures and est_denominateur_s1 and est_majeurs_s1 and not est_indivis as est_jeunes_majeurs,
        a_dossiers and est_mineurs_s2 and premiere_etape_exhaustive = 'evaluation' and not est_indivis
            as est_evaluations,
        a_dossiers
        and est_mineurs_s2
        and premiere_etape_exhaustive in ('evaluation', 'proposition')
        and not est_indivis as est_propositions,
        ((a_dossiers and est_suivi_s2) or a_binomes) and not est_indivis as est_binomes
    from faits
)

select
    territoire,
    a_transmis,
    a_mesures,
    a_passage,
    a_dossiers,
    a_binomes,
    est_stock_incomplet,
    est_indivis,
    est_eligibles,
    est_confies,
    est_jeunes_majeurs,
    est_evaluations,
    est_propositions,
    est_binomes,
    {{ statut('est_eligibles') }} as statut_eligibles,
    {{ statut('est_jeunes_majeurs') }} as statut_jeunes_majeurs,
    -- Counts and shares alike: who is an eligible minor is told by S1, so a count from S2 alone would be another one.
    {{ statut('est_evaluations and est_eligibles and a_passage') }} as statut_evaluations,
    {{ statut('est_propositions and est_eligibles and a_passage') }} as statut_propositions,
    {{ statut('est_binomes') }} as statut_binomes,
    {{ statut('est_binomes and est_confies and a_passage') }} as statut_couverture_confies,
    {{ statut('est_binomes and est_eligibles and a_passage') }} as statut_couverture_pris_en_charge
from mesurables
