-- S11 lines on the young person they concern, with what the software's words mean. Only the sender in charge of a
-- territory tells its paths. Words the project does not know open no measure (an investigation is not care); a place is
-- care whatever its name. Where S1 came without S0, nobody can say which of its young people S11 tells of: they would
-- count twice. S1, which tells ages, then speaks alone, and `est_comptable` says that S11 does not.
with places as (
    select
        territoire,
        emetteur
    from {{ ref('int_territoires') }}
    union all
    select distinct
        collectivite as territoire,
        emetteur
    from {{ ref('int_territoires') }}
    where territoires_nb > 1
),

passages as (
    select distinct territoire
    from {{ ref('stg_passage__correspondances') }}
)

select
    coalesce(personnes.id_personne, lignes.id_jeune) as id_population,
    lignes.territoire,
    lignes.type_ligne,
    lignes.nature_simple as nature,
    natures.nature is not null as est_nature_connue,
    natures.decision,
    coalesce(natures.prise_en_charge, case lignes.type_ligne when 'accueil' then 'oui' else 'non' end) = 'oui'
        as est_en_charge,
    coalesce(natures.jeune_majeur, 'non') = 'oui' as est_jeune_majeur,
    coalesce(natures.placement_direct, 'non') = 'oui' as est_placement_direct,
    coalesce(natures.type_accueil, 'autre') as type_accueil,
    lignes.id_lieu,
    lignes.date_debut as debut,
    -- An end foreseen after the campagne has not come yet.
    case when lignes.date_fin <= {{ jour('12-31') }} then lignes.date_fin end as fin,
    -- Rare endings are told together, as in S1; a change of measure or place is no exit.
    case
        when lignes.date_fin is null or lignes.date_fin > {{ jour('12-31') }} then null
        when lignes.motif_fin in ('echeance', 'majorite', 'transfert', 'mainlevee') then lignes.motif_fin
        when lignes.motif_fin = 'retour_famille' then 'mainlevee'
        when lignes.motif_fin in ('changement_mesure', 'changement_lieu') then 'echeance'
        when lignes.motif_fin in ('adoption', 'deces', 'autre') then 'autre'
        else 'inconnu'
    end as motif_fin,
    passages.territoire is not null or recues.territoire is null as est_comptable
from {{ ref('stg_parcours_ase__lignes') }} as lignes
inner join places on lignes.territoire = places.territoire and lignes.depose_par = places.emetteur
left join {{ ref('stg_identites__personnes') }} as personnes on lignes.id_jeune = personnes.id_jeune
left join {{ ref('natures_parcours') }} as natures
    on lignes.type_ligne = natures.type_ligne and lignes.nature_simple = natures.nature
left join {{ ref('int_lignes_recues') }} as recues
    on lignes.territoire = recues.territoire and recues.source = 'mesures_ase'
left join passages on lignes.territoire = passages.territoire
where lignes.date_debut <= {{ jour('12-31') }}
