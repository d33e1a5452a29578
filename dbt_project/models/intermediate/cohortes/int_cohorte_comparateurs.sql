-- Young people without a pair at the day drawn for them, at each landmark, or the one reason that sets them apart: the
-- same conditions as for the mentorés, on the first day and on the index day. Their kind is that of the index day.
with lus as (
    select
        tirages.*,
        premiers.est_mentorat_sans_date or premiers.est_parrainage_sans_date as est_binome_sans_date,
        least(premiers.premier_mentorat, premiers.premier_parrainage) as premier_lien,
        au_debut.id_population is not null as est_a_risque_au_debut,
        au_debut.statut as statut_au_debut,
        a_l_index.id_population is not null as est_a_risque_a_l_index,
        a_l_index.statut as statut_a_l_index,
        coalesce(a_l_index.territoire, au_debut.territoire) as territoire
    from {{ ref('int_cohorte_tirages') }} as tirages
    left join {{ ref('int_cohorte_premiers_binomes') }} as premiers on tirages.id_personne = premiers.id_personne
    left join {{ ref('int_cohorte_risques') }} as au_debut
        on
            tirages.id_population = au_debut.id_population
            and tirages.date_debut between au_debut.debut and au_debut.fin
            and not (au_debut.est_debut_accompagnement and tirages.date_debut = au_debut.fin)
    left join {{ ref('int_cohorte_risques') }} as a_l_index
        on
            tirages.id_population = a_l_index.id_population
            and tirages.date_index between a_l_index.debut and a_l_index.fin
            and not (a_l_index.est_debut_accompagnement and tirages.date_index = a_l_index.fin)
)

select
    repere,
    id_population,
    id_personne,
    territoire,
    niveau as niveau_tirage,
    date_debut,
    date_index,
    case
        when coalesce(est_binome_sans_date, false) then 'binome_sans_date'
        when date_debut is null then 'sans_date_tirable'
        when premier_lien <= date_debut then 'deja_accompagne'
        when not est_a_risque_au_debut then 'pas_eligible_le_jour_tire'
        when statut_au_debut not in ('acceptants_en_attente', 'eligibles_non_mentores') then statut_au_debut
        when premier_lien <= date_index then 'accompagne_avant_le_repere'
        when not est_a_risque_a_l_index then 'sorti_avant_le_repere'
        else statut_a_l_index
    end as etape
from lus
