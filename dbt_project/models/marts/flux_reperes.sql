-- From all the young people who may be compared to those who are, at each landmark and in each arm; every reason
-- counted, each young person in one line of an arm. The two arms are two flows: a mentoré of the year is a candidate of
-- the other arm until his or her pair.
with classes as (
    select
        repere,
        'mentores' as bras,
        etape
    from {{ ref('int_cohorte_mentores') }}
    union all
    select
        repere,
        'comparateurs' as bras,
        etape
    from {{ ref('int_cohorte_comparateurs') }}
),

etapes as (
    select
        bras,
        cast(ordre as bigint) as ordre,
        etape,
        nature,
        libelle
    from
        (
            values
            ('mentores', 1, 'candidats', 'ensemble', 'Premiers binômes de mentorat de la période'),
            ('mentores', 2, 'binome_sans_date', 'exclusion', 'Autre binôme sans date de début'),
            ('mentores', 3, 'binome_autre_origine', 'exclusion', 'Binôme formé en milieu scolaire'),
            ('mentores', 4, 'binome_avant_11_ans', 'exclusion', 'Binôme commencé avant 11 ans'),
            ('mentores', 5, 'parrainage_avant', 'exclusion', 'Parrainage commencé avant'),
            ('mentores', 6, 'inconnu_des_mesures', 'exclusion', 'Jeunes non retrouvés dans les mesures transmises'),
            ('mentores', 7, 'pas_eligible_le_premier_jour', 'exclusion', 'Pas éligibles le premier jour du binôme'),
            ('mentores', 8, 'sorti_avant_le_repere', 'exclusion', 'Plus éligibles au repère'),
            ('mentores', 9, 'binome_fini_avant_le_repere', 'exclusion', 'Binôme fini avant le repère'),
            ('mentores', 10, 'fin_de_binome_inconnue', 'exclusion', 'Binôme dont on ignore s''il durait encore'),
            ('mentores', 11, 'analyses', 'ensemble', 'Jeunes comparés'),
            ('mentores', 12, 'mentores', 'groupe', 'Jeunes mentorés'),
            (
                'comparateurs', 1, 'candidats', 'ensemble',
                'Jeunes rapprochables éligibles au moins un jour dans la période'
            ),
            ('comparateurs', 2, 'binome_sans_date', 'exclusion', 'Binôme ou parrainage sans date de début'),
            ('comparateurs', 3, 'sans_date_tirable', 'exclusion', 'Aucun binôme dont tirer une date de comparaison'),
            ('comparateurs', 4, 'deja_accompagne', 'exclusion', 'Déjà en binôme ou en parrainage le jour tiré'),
            ('comparateurs', 5, 'pas_eligible_le_jour_tire', 'exclusion', 'Pas éligibles le jour tiré'),
            ('comparateurs', 6, 'accompagne_avant_le_repere', 'exclusion', 'En binôme ou parrainage avant le repère'),
            ('comparateurs', 7, 'sorti_avant_le_repere', 'exclusion', 'Plus éligibles au repère'),
            ('comparateurs', 8, 'refus', 'exclusion', 'Refus du jeune ou des titulaires'),
            ('comparateurs', 9, 'abandon_avant_lancement', 'exclusion', 'Abandon avant le lancement du binôme'),
            ('comparateurs', 10, 'reponse_sans_date', 'exclusion', 'Réponse du jeune ou des titulaires sans date'),
            ('comparateurs', 11, 'analyses', 'ensemble', 'Jeunes comparés'),
            ('comparateurs', 12, 'acceptants_en_attente', 'groupe', 'Acceptants en attente d''un mentor'),
            ('comparateurs', 13, 'eligibles_non_mentores', 'groupe', 'Éligibles non mentorés')
        ) as liste (bras, ordre, etape, nature, libelle)
),

comptes as (
    select
        reperes.repere,
        etapes.bras,
        etapes.ordre,
        etapes.etape,
        etapes.nature,
        etapes.libelle,
        count(classes.etape) as effectif
    from {{ ref('int_cohorte_reperes') }} as reperes
    cross join etapes
    left join classes
        on reperes.repere = classes.repere and etapes.bras = classes.bras and etapes.etape = classes.etape
    group by reperes.repere, etapes.bras, etapes.ordre, etapes.etape, etapes.nature, etapes.libelle
)

-- A set is what remains after the exclusions that come before it: the lines below it that are not sets.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    repere,
    bras,
    ordre,
    etape,
    nature,
    libelle,
    case
        when nature = 'ensemble'
            then cast(
                sum(effectif) over (
                    partition by repere, bras
                    order by ordre
                    rows between current row and unbounded following
                ) as bigint
            )
        else cast(effectif as bigint)
    end as effectif
from comptes
