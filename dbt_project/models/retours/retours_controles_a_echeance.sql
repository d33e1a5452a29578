-- Running pairs whose mentor's yearly check is late, due within 60 days of 31 December, or was never sent: for the
-- collectivité in charge by its own file, for the association by its own pair. A mentor is never named, not even by a
-- pseudonym. Pairs that name no file of the collectivité are counted by association, without a reference.
with binomes as (
    select
        binomes.*,
        coalesce(mentors.id_personne, binomes.id_mentor_etude) as mentor
    from {{ source('pilotage', 'binomes') }} as binomes
    left join {{ ref('stg_identites_mentors__personnes') }} as mentors
        on binomes.id_mentor_etude = mentors.id_mentor
    where
        binomes.campagne = {{ var('campagne') }}
        and binomes.nature = 'mentorat'
        and {{ couvre('binomes.date_debut', 'binomes.date_fin', jour('12-31')) }}
),

controles as (
    select
        coalesce(mentors.id_personne, controles.id_mentor_etude) as mentor,
        max(controles.date_controle) as dernier_controle
    from {{ source('pilotage', 'controles_honorabilite') }} as controles
    left join {{ ref('stg_identites_mentors__personnes') }} as mentors
        on controles.id_mentor_etude = mentors.id_mentor
    where controles.campagne <= {{ var('campagne') }} and controles.date_controle <= {{ jour('12-31') }}
    group by coalesce(mentors.id_personne, controles.id_mentor_etude)
),

-- Who sent checks this campagne: where nobody did, a check that is not there was not sent, it is not missing.
transmissions as (
    select distinct depose_par
    from {{ source('pilotage', 'controles_honorabilite') }}
    where campagne = {{ var('campagne') }}
),

echeances as (
    select
        binomes.depose_par as emetteur_association,
        territoires.emetteur as emetteur_collectivite,
        binomes.departement,
        binomes.association,
        binomes.id_binome,
        binomes.id_dossier,
        binomes.date_debut,
        controles.dernier_controle,
        {{ plus_mois('controles.dernier_controle', 'parametres.validite_controle_mois') }} as echeance
    from binomes
    cross join {{ ref('int_parametres') }} as parametres
    left join {{ ref('int_territoires') }} as territoires on binomes.departement = territoires.territoire
    left join controles on binomes.mentor = controles.mentor
    left join transmissions as par_collectivite on territoires.emetteur = par_collectivite.depose_par
    left join transmissions as par_association on binomes.depose_par = par_association.depose_par
    where
        controles.mentor is not null
        or par_collectivite.depose_par is not null
        or par_association.depose_par is not null
),

situations as (
    select
        *,
        case
            when echeance is null then 'aucun_controle'
            when echeance < {{ jour('12-31') }} then 'en_retard'
            else 'a_echeance'
        end as situation
    from echeances
    where echeance is null or echeance <= {{ plus_jours(jour('12-31'), echeance_proche_jours()) }}
),

-- The file a pair names, when it is one the collectivité itself sent: told by the collectivité's own dates.
references_propres as (
    select
        depose_par,
        departement,
        id_dossier,
        date_lancement,
        row_number() over (partition by depose_par, departement, id_dossier order by campagne desc) as rang
    from {{ source('pilotage', 'dossiers_mentorat') }}
    where campagne <= {{ var('campagne') }}
)

select
    situations.emetteur_collectivite as emetteur,
    situations.departement,
    situations.association,
    propres.id_dossier as reference,
    situations.situation,
    propres.date_lancement as date_debut,
    case when propres.id_dossier is not null then situations.dernier_controle end as dernier_controle,
    case when propres.id_dossier is not null then situations.echeance end as echeance,
    count(*) as binomes_nb
from situations
left join references_propres as propres
    on
        situations.emetteur_collectivite = propres.depose_par
        and situations.departement = propres.departement
        and situations.id_dossier = propres.id_dossier
        and propres.rang = 1
where situations.emetteur_collectivite is not null
group by
    situations.emetteur_collectivite,
    situations.departement,
    situations.association,
    propres.id_dossier,
    situations.situation,
    propres.date_lancement,
    case when propres.id_dossier is not null then situations.dernier_controle end,
    case when propres.id_dossier is not null then situations.echeance end
union all
select
    emetteur_association as emetteur,
    departement,
    association,
    id_binome as reference,
    situation,
    date_debut,
    dernier_controle,
    echeance,
    cast(1 as bigint) as binomes_nb
from situations
-- An operating service sends S3 from the collectivité's own folder: told once, by its file or its pair.
where emetteur_association is distinct from emetteur_collectivite
