-- O14 (D.221-40), for mentoring pairs that ran in the year. O14a: of six months or more, a bilan made since the pair
-- began that holds the child's opinion. O14b: ended in the year, an evaluation of the end made together. A pair without
-- a file, or whose département did not send the column, is missing; a date sent empty is a no, an opinion sent empty is
-- missing.
with colonnes as (
    select
        emetteur,
        max(case when colonne = 'date_dernier_bilan' then 1 else 0 end) = 1 as a_bilan,
        max(case when colonne = 'avis_jeune_recueilli' then 1 else 0 end) = 1 as a_avis,
        max(case when colonne = 'date_evaluation_fin_concertee' then 1 else 0 end) = 1 as a_fin
    from {{ ref('stg_journal__colonnes') }}
    where source = 'dossiers_mentorat'
    group by emetteur
),

binomes as (
    select
        binomes.territoire,
        binomes.association,
        exposition.est_duree_minimale,
        exposition.fin_exposition >= {{ jour('01-01') }} as est_dans_annee,
        binomes.date_fin between {{ jour('01-01') }} and {{ jour('12-31') }} as est_fini_dans_annee,
        case
            when dossiers.id_dossier is null or not coalesce(colonnes.a_bilan and colonnes.a_avis, false) then null
            when dossiers.date_dernier_bilan is null or dossiers.date_dernier_bilan < binomes.date_debut then false
            else dossiers.avis_jeune_recueilli
        end as est_bilan_avec_avis,
        case
            when dossiers.id_dossier is null or not coalesce(colonnes.a_fin, false) then null
            else dossiers.date_evaluation_fin_concertee is not null
        end as est_fin_concertee
    from {{ ref('int_binomes') }} as binomes
    inner join {{ ref('int_exposition') }} as exposition on binomes.id_binome = exposition.id_binome
    -- the file of an earlier campagne says nothing of this one
    left join {{ ref('int_dossiers') }} as dossiers
        on
            binomes.id_dossier = dossiers.id_dossier
            and binomes.territoire_dossier = dossiers.territoire
            and dossiers.campagne = {{ var('campagne') }}
    left join colonnes on dossiers.depose_par = colonnes.emetteur
    where binomes.nature = 'mentorat'
),

lignes as (
    {{ ligne_part('O14a', 'est_bilan_avec_avis', 'binomes', 'est_duree_minimale and est_dans_annee') }}
    union all
    {{ ligne_part('O14b', 'est_fin_concertee', 'binomes', 'est_fini_dans_annee') }}
)

{{ sommes_des_lignes('lignes') }}
