-- From the population to the groups compared: each set, each exclusion, counted. population = every exclusion and
-- every group of the list, each young person in one line only.
with classes as (
    select
        case
            when groupes.groupe is not null then groupes.groupe
            when couverture.statut_eligibles <> 'calcule' then 'stock_incomplet'
            when population.age_31_12 is null then 'age_inconnu'
            when population.age_31_12 >= parametres.age_majorite then 'majeurs'
            else 'moins_de_11_ans'
        end as etape
    from {{ ref('population') }} as population
    inner join {{ ref('int_couverture') }} as couverture on population.territoire = couverture.territoire
    cross join {{ ref('int_parametres') }} as parametres
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
            (3, 'age_inconnu', 'exclusion', 'Âge inconnu'),
            (4, 'majeurs', 'exclusion', 'Majeurs pendant toute leur prise en charge de l''année'),
            (5, 'moins_de_11_ans', 'exclusion', 'Moins de 11 ans et pas encore au collège'),
            (6, 'eligibles', 'ensemble', 'Jeunes éligibles au moins un jour dans l''année'),
            (7, 'non_rapprochables', 'exclusion', 'Non rapprochables (sans fichier de passage)'),
            (8, 'sans_donnees_mentorat', 'exclusion', 'Territoire sans donnée de mentorat'),
            (9, 'binome_autre_origine', 'exclusion', 'Binôme formé en milieu scolaire'),
            (10, 'binome_avant_11_ans', 'exclusion', 'Binôme commencé avant 11 ans'),
            (11, 'binome_sans_date', 'exclusion', 'Binôme sans date de début'),
            (12, 'mentorat_commence_avant', 'exclusion', 'Mentorat commencé avant l''année, encore en cours'),
            (13, 'mentorat_termine_avant', 'exclusion', 'Mentorat terminé avant l''année'),
            (14, 'binome_hors_eligibilite', 'exclusion', 'Binôme commencé quand le jeune n''était pas éligible'),
            (15, 'parrainage_seul', 'exclusion', 'Parrainage seul'),
            (16, 'sans_date_tirable', 'exclusion', 'Aucun binôme dont tirer une date de comparaison'),
            (17, 'pas_eligible_le_jour_tire', 'exclusion', 'Pas éligibles le jour tiré pour la comparaison'),
            (18, 'refus', 'exclusion', 'Refus du jeune ou des titulaires'),
            (19, 'abandon_avant_lancement', 'exclusion', 'Abandon avant le lancement du binôme'),
            (20, 'reponse_sans_date', 'exclusion', 'Réponse du jeune ou des titulaires sans date'),
            (21, 'analyses', 'ensemble', 'Jeunes comparés'),
            (22, 'mentores', 'groupe', 'Jeunes mentorés'),
            (23, 'acceptants_en_attente', 'groupe', 'Acceptants en attente d''un mentor'),
            (24, 'eligibles_non_mentores', 'groupe', 'Éligibles non mentorés')
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
