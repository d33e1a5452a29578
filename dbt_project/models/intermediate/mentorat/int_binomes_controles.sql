-- The honorability of the mentor of each pair: at 31 December, before the decision, and every year since.
-- A pair can be looked at where its mentor has a check, or where the collectivité of its territory or its own
-- association sent checks this campagne: elsewhere an absent check was not sent, it is not missing.
with emetteurs_controles as (
    select distinct depose_par
    from {{ ref('stg_controles_honorabilite__controles') }}
    where campagne = {{ var('campagne') }}
),

mentors_controles as (
    select distinct id_mentor_personne
    from {{ ref('int_honorabilite') }}
),

binomes as (
    select
        binomes.source,
        binomes.association,
        binomes.id_binome,
        binomes.territoire,
        binomes.nature,
        binomes.id_mentor_personne,
        binomes.date_debut,
        binomes.est_lance_campagne,
        binomes.est_actif_fin_campagne,
        dossiers.date_decision,
        exposition.fin_exposition,
        greatest(binomes.date_debut, parametres.entree_en_vigueur) as debut_controle_annuel,
        parametres.validite_controle_mois,
        binomes.id_mentor_personne is not null
        and (
            mentors_controles.id_mentor_personne is not null
            or par_collectivite.depose_par is not null
            or par_association.depose_par is not null
        ) as est_controle_transmis
    from {{ ref('int_binomes') }} as binomes
    cross join {{ ref('int_parametres') }} as parametres
    left join {{ ref('int_exposition') }} as exposition on binomes.id_binome = exposition.id_binome
    left join {{ ref('int_dossiers') }} as dossiers
        on binomes.id_dossier = dossiers.id_dossier and binomes.territoire_dossier = dossiers.territoire
    left join {{ ref('int_territoires') }} as territoires on binomes.territoire = territoires.territoire
    left join emetteurs_controles as par_collectivite on territoires.emetteur = par_collectivite.depose_par
    left join emetteurs_controles as par_association
        on binomes.depose_par = par_association.depose_par and binomes.source = 'binomes'
    left join mentors_controles on binomes.id_mentor_personne = mentors_controles.id_mentor_personne
),

-- Checks made since the pair is held to a yearly one. A check whose validity ends before the next one (or before the
-- end of the pair) leaves days without.
annuels as (
    select
        binomes.id_binome,
        min(honorabilite.debut) as premier_controle,
        max(
            case
                when
                    honorabilite.echeance
                    < least(coalesce(honorabilite.controle_suivant, binomes.fin_exposition), binomes.fin_exposition)
                    then 1
                else 0
            end
        ) = 1 as est_interrompu
    from binomes
    inner join {{ ref('int_honorabilite') }} as honorabilite
        on
            binomes.id_mentor_personne = honorabilite.id_mentor_personne
            and binomes.debut_controle_annuel < honorabilite.debut
            and binomes.fin_exposition >= honorabilite.debut
    group by binomes.id_binome
)

select
    binomes.source,
    binomes.association,
    binomes.id_binome,
    binomes.territoire,
    binomes.nature,
    binomes.id_mentor_personne,
    binomes.date_debut,
    binomes.est_actif_fin_campagne,
    binomes.est_lance_campagne,
    binomes.est_controle_transmis,
    binomes.date_decision,
    case
        when not binomes.est_controle_transmis or binomes.date_decision is null then null
        else a_la_decision.id_mentor_personne is not null
    end as est_controle_avant_decision,
    case
        when not binomes.est_controle_transmis then null
        else au_31_decembre.id_mentor_personne is not null
    end as est_a_jour_fin_campagne,
    au_31_decembre.debut as dernier_controle,
    au_31_decembre.echeance,
    coalesce(au_31_decembre.echeance <= {{ plus_jours(jour('12-31'), echeance_proche_jours()) }}, false)
        as est_echeance_proche,
    binomes.debut_controle_annuel,
    {{ plus_mois('binomes.debut_controle_annuel', 'binomes.validite_controle_mois') }} as echeance_controle_annuel,
    case
        when binomes.fin_exposition is null or binomes.debut_controle_annuel >= binomes.fin_exposition then 'hors_champ'
        when not binomes.est_controle_transmis then 'non_transmis'
        when annuels.est_interrompu then 'manquant'
        when
            annuels.premier_controle
            <= {{ plus_mois('binomes.debut_controle_annuel', 'binomes.validite_controle_mois') }}
            then 'fait'
        when
            {{ plus_mois('binomes.debut_controle_annuel', 'binomes.validite_controle_mois') }}
            >= binomes.fin_exposition
            then 'pas_encore_du'
        else 'manquant'
    end as statut_controle_annuel
from binomes
left join annuels on binomes.id_binome = annuels.id_binome
left join {{ ref('int_honorabilite') }} as au_31_decembre
    on
        binomes.id_mentor_personne = au_31_decembre.id_mentor_personne
        and {{ jour('12-31') }} between au_31_decembre.debut and au_31_decembre.fin
left join {{ ref('int_honorabilite') }} as a_la_decision
    on
        binomes.id_mentor_personne = a_la_decision.id_mentor_personne
        and binomes.date_decision between a_la_decision.debut and a_la_decision.fin
