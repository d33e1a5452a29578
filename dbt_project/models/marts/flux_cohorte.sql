-- From the population to the groups compared: each set, each exclusion, counted. population = every exclusion and
-- every group of the list, each young person in one line only.
with classes as (
    select
        case
            when couverture.statut_eligibles <> 'calcule' then 'stock_incomplet'
            when population.sortant then 'sortis_avant_le_31_decembre'
            when population.age_31_12 is null then 'age_inconnu'
            when population.age_31_12 >= 18 then 'majeurs'
            when groupes.groupe is null then 'moins_de_11_ans'
            else groupes.groupe
        end as etape
    from {{ ref('population') }} as population
    inner join {{ ref('int_couverture') }} as couverture on population.territoire = couverture.territoire
    left join {{ ref('int_cohorte_groupes') }} as groupes on population.id_population = groupes.id_population
),

etapes as (
    select
        cast(ordre as bigint) as ordre,
        etape,
        nature,
        libelle
    from
        (
            values
            (1, 'population', 'ensemble', 'Jeunes pris en charge au moins un jour dans l''année'),
            (2, 'stock_incomplet', 'exclusion', 'Territoire dont les mesures transmises sont incomplètes'),
            (3, 'sortis_avant_le_31_decembre', 'exclusion', 'Sortis avant le 31 décembre'),
            (4, 'age_inconnu', 'exclusion', 'Âge inconnu'),
            (5, 'majeurs', 'exclusion', 'Majeurs'),
            (6, 'moins_de_11_ans', 'exclusion', 'Moins de 11 ans et pas encore au collège'),
            (7, 'eligibles', 'ensemble', 'Jeunes éligibles au 31 décembre'),
            (8, 'non_rapprochables', 'exclusion', 'Non rapprochables (sans fichier de passage)'),
            (9, 'sans_donnees_mentorat', 'exclusion', 'Territoire sans donnée de mentorat'),
            (10, 'binome_autre_origine', 'exclusion', 'Binôme formé en milieu scolaire'),
            (11, 'binome_avant_11_ans', 'exclusion', 'Binôme commencé avant 11 ans'),
            (12, 'binome_sans_date', 'exclusion', 'Binôme sans date de début'),
            (13, 'mentorat_termine_avant', 'exclusion', 'Mentorat terminé avant l''année'),
            (14, 'parrainage_seul', 'exclusion', 'Parrainage seul'),
            (15, 'refus', 'exclusion', 'Refus du jeune ou des titulaires'),
            (16, 'analyses', 'ensemble', 'Jeunes comparés'),
            (17, 'mentores', 'groupe', 'Jeunes mentorés'),
            (18, 'acceptants_en_attente', 'groupe', 'Acceptants en attente d''un mentor'),
            (19, 'eligibles_non_mentores', 'groupe', 'Éligibles non mentorés')
        ) as liste (ordre, etape, nature, libelle)
),

comptes as (
    select
        etapes.ordre,
        etapes.etape,
        etapes.nature,
        etapes.libelle,
        count(classes.etape) as effectif
    from etapes
    left join classes on etapes.etape = classes.etape
    group by etapes.ordre, etapes.etape, etapes.nature, etapes.libelle
)

-- A set is what remains after the exclusions that come before it: the lines below it that are not sets.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    ordre,
    etape,
    nature,
    libelle,
    case
        when nature = 'ensemble'
            then cast(
                sum(effectif) over (order by ordre rows between current row and unbounded following) as bigint
            )
        else cast(effectif as bigint)
    end as effectif
from comptes
