-- First pairs whose index day falls in the campagne, at each landmark, with the one reason that sets a young person
-- apart. Whatever its length, a pair counts from its first day; at a landmark it must still run, and the young person
-- be eligible and in care on that day as on the first.
with candidats as (
    select
        reperes.repere,
        reperes.jours_nb,
        premiers.*,
        premiers.premier_mentorat as date_debut,
        {{ plus_jours('premiers.premier_mentorat', 'reperes.jours_nb') }} as date_index
    from {{ ref('int_cohorte_premiers_binomes') }} as premiers
    inner join {{ ref('int_cohorte_reperes') }} as reperes
        on premiers.premier_mentorat between reperes.premier_debut and reperes.dernier_debut
)

select
    candidats.repere,
    candidats.id_personne,
    au_debut.id_population,
    au_debut.region,
    candidats.date_debut,
    candidats.date_index,
    coalesce(a_l_index.territoire, au_debut.territoire) as territoire,
    case
        when candidats.est_mentorat_sans_date then 'binome_sans_date'
        when candidats.est_autre_origine then 'binome_autre_origine'
        when candidats.est_avant_age_minimum then 'binome_avant_11_ans'
        when
            candidats.est_parrainage_sans_date
            or coalesce(candidats.premier_parrainage < candidats.date_debut, false)
            then 'parrainage_avant'
        when ase.id_population is null then 'inconnu_des_mesures'
        when au_debut.id_population is null then 'pas_eligible_le_premier_jour'
        when a_l_index.id_population is null then 'sorti_avant_le_repere'
        when candidats.jours_nb > 0 and candidats.fin_premier_mentorat < candidats.date_index
            then 'binome_fini_avant_le_repere'
        when candidats.jours_nb > 0 and candidats.est_fin_inconnue then 'fin_de_binome_inconnue'
        else 'mentores'
    end as etape
from candidats
left join {{ ref('int_personnes_ase') }} as ase on candidats.id_personne = ase.id_personne
left join {{ ref('int_cohorte_eligibles') }} as au_debut
    on
        candidats.id_personne = au_debut.id_personne
        and candidats.date_debut between au_debut.debut and au_debut.fin
        and au_debut.est_suivi_mentorat
left join {{ ref('int_cohorte_eligibles') }} as a_l_index
    on
        candidats.id_personne = a_l_index.id_personne
        and candidats.date_index between a_l_index.debut and a_l_index.fin
