-- Young people proposed mentoring in the civil year (D221-34): one row each, their latest proposal, and what followed.
-- A step whose column the sender's files do not hold can't be judged (null); a column sent and left empty is a step not
-- taken. A proposal on an unknown date, read from the status, is kept apart: nobody knows in which year it was made.
with propositions as (
    select
        chaine.*,
        etapes.est_propose_campagne,
        parametres.age_majorite,
        row_number() over (
            partition by chaine.id_personne
            order by
                case when etapes.est_propose_campagne then 0 else 1 end,
                chaine.date_proposition desc nulls last,
                chaine.territoire asc,
                chaine.id_dossier asc
        ) as rang
    from {{ ref('int_chaine_dossiers') }} as chaine
    inner join {{ ref('int_dossiers') }} as etapes
        on chaine.territoire = etapes.territoire and chaine.id_dossier = etapes.id_dossier
    cross join {{ ref('int_parametres') }} as parametres
    where
        chaine.nature = 'mentorat'
        and (etapes.est_propose_campagne or etapes.est_propose_campagne is null)
),

retenues as (
    select
        propositions.*,
        coalesce(
            {{ age_au('propositions.date_naissance', 'propositions.date_proposition') }} >= propositions.age_majorite,
            propositions.statut_juridique = 'majeur',
            false
        ) as est_majeur,
        coalesce(transmises.a_date_information_jeune and propositions.est_de_la_campagne, false)
            as a_information_jeune,
        coalesce(transmises.a_date_information_titulaires and propositions.est_de_la_campagne, false)
            as a_information_titulaires
    from propositions
    left join {{ ref('int_chaine_colonnes') }} as transmises on propositions.emetteur = transmises.emetteur
    where propositions.rang = 1
)

select
    id_personne,
    territoire,
    id_dossier,
    est_majeur,
    coalesce(est_propose_campagne, false) as est_propose_campagne,
    case
        when est_majeur then 'majeur'
        else coalesce(nullif(statut_juridique, 'majeur'), 'inconnu')
    end as statut_juridique,
    case
        when date_information_jeune <= {{ jour('12-31') }} then 1
        when a_information_jeune or date_information_jeune is not null then 0
    end as est_informe,
    case
        when date_information_titulaires <= {{ jour('12-31') }} then 1
        when a_information_titulaires or date_information_titulaires is not null then 0
    end as a_titulaires_informes,
    reponse,
    date_demande_accord is not null or decision is not null as est_accord_demande,
    decision
from retenues
