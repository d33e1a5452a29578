-- What the mentoring files say of a young person without a pair, day by day: accepted and waiting, refused, given up
-- before a launch, or an answer no one knows the day of. Later files speak after earlier ones.
-- An acceptance counts from the day the young person and the holders have both agreed; where the agreement has no date,
-- from the first later step that has one. Between the proposal and that day the answer is given, no one knows when.
with dossiers as (
    select
        coalesce(personnes.id_personne, dossiers.id_jeune) as id_personne,
        dossiers.territoire,
        dossiers.id_dossier,
        coalesce(dossiers.date_proposition, dossiers.date_evaluation, date '1900-01-01') as dernier_jour_avant_reponse,
        dossiers.date_lancement is null
        and (
            coalesce(dossiers.reponse_jeune = 'refuse', false)
            or coalesce(dossiers.decision_accord = 'refus', false)
            or coalesce(dossiers.statut in ('refus_jeune', 'refus_titulaires'), false)
        ) as est_refus,
        coalesce(dossiers.statut = 'abandon_avant_lancement', false) as est_abandon,
        coalesce(dossiers.reponse_jeune, 'accepte') = 'accepte'
        and coalesce(dossiers.decision_accord, 'accord') in ('accord', 'autorisation_juge')
        and coalesce(
            dossiers.statut in (
                'accord_complet', 'transmis', 'attente_mentor', 'liste_attente', 'honorabilite_en_cours',
                'convention_a_signer', 'lance', 'en_cours', 'suspendu', 'termine', 'arret_anticipe',
                'abandon_avant_lancement'
            ),
            dossiers.reponse_jeune = 'accepte' and dossiers.decision_accord in ('accord', 'autorisation_juge'),
            false
        ) as est_accepte,
        coalesce(
            case
                when dossiers.reponse_jeune = 'refuse' or dossiers.statut = 'refus_jeune'
                    then dossiers.date_reponse_jeune
            end,
            case
                when dossiers.decision_accord = 'refus' or dossiers.statut = 'refus_titulaires'
                    then dossiers.date_accord
            end
        ) as date_refus,
        coalesce(
            case
                when dossiers.date_accord is not null then greatest(dossiers.date_reponse_jeune, dossiers.date_accord)
                -- of age: no one else has to agree
                when dossiers.statut_juridique = 'majeur' then dossiers.date_reponse_jeune
            end,
            greatest(
                dossiers.date_reponse_jeune,
                least(
                    dossiers.date_transmission, dossiers.date_validation, dossiers.date_convention_individuelle,
                    dossiers.date_decision, dossiers.date_lancement
                )
            )
        ) as date_acceptation,
        dossiers.date_accord is not null
        or coalesce(dossiers.statut_juridique = 'majeur' and dossiers.date_reponse_jeune is not null, false)
            as est_acceptation_datee
    from {{ ref('stg_dossiers_mentorat__dossiers') }} as dossiers
    left join {{ ref('stg_identites__personnes') }} as personnes on dossiers.id_jeune = personnes.id_jeune
    where dossiers.nature = 'mentorat'
),

changements as (
    select
        id_personne,
        territoire,
        id_dossier,
        case
            when est_refus and date_refus is not null then 'refus'
            when est_refus or date_acceptation is null then 'reponse_sans_date'
            when est_abandon then 'abandon_avant_lancement'
            else 'acceptants_en_attente'
        end as statut,
        coalesce(case when est_refus then date_refus else date_acceptation end, dernier_jour_avant_reponse) as debut
    from dossiers
    where est_refus or est_accepte
    union all
    select
        id_personne,
        territoire,
        id_dossier,
        'reponse_sans_date' as statut,
        dernier_jour_avant_reponse as debut
    from dossiers
    where
        est_accepte
        and not est_refus
        and not est_acceptation_datee
        and date_acceptation is not null
        and dernier_jour_avant_reponse < date_acceptation
    union all
    select distinct
        id_personne,
        '' as territoire,
        '' as id_dossier,
        'eligibles_non_mentores' as statut,
        date '1900-01-01' as debut
    from dossiers
    where est_refus or est_accepte
),

suivis as (
    select
        id_personne,
        statut,
        debut,
        lead(debut) over (
            partition by id_personne
            order by
                debut,
                case statut
                    when 'eligibles_non_mentores' then 0
                    when 'reponse_sans_date' then 1
                    when 'acceptants_en_attente' then 2
                    when 'refus' then 3
                    else 4
                end,
                territoire,
                id_dossier
        ) as debut_suivant
    from changements
)

select
    id_personne,
    statut,
    debut,
    {{ plus_jours('debut_suivant', -1) }} as fin
from suivis
where id_personne is not null and (debut_suivant is null or debut_suivant > debut)
