-- One row an association for those who steer it: figures of `indicateurs`, none computed twice.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    code,
    {{ valeur_de('O1', '', 'nombre') }} as binomes_lances_nb,
    {{ valeur_de('O2', '', 'nombre') }} as binomes_actifs_nb,
    {{ valeur_de('O7a', '', 'ratio') }} as seances_par_mois,
    {{ valeur_de('O7b', '', 'ratio') }} as heures_par_mois,
    {{ valeur_de('O7c', '', 'part') }} as assiduite_part,
    {{ valeur_de('O7d', '', 'part') }} as sans_seance_60_jours_part,
    {{ valeur_de('O6a', '', 'part') }} as tenue_six_mois_part,
    {{ valeur_de('O6b', '', 'part') }} as arrets_anticipes_part,
    {{ valeur_de('A7a', '', 'nombre') }} as mentors_formes_nb,
    {{ valeur_de('R4', '', 'nombre') }} as mentors_formes_controles_nb,
    {{ valeur_de('A8a', '', 'part') }} as controles_a_jour_part,
    {{ valeur_de('A12c', '', 'nombre') }} as label_valable_nb,
    {{ valeur_de('R1', '', 'total') }} as financement_eur,
    {{ valeur_de('O10a', '', 'ratio') }} as objectif_rapport,
    {{ valeur_de('O9a', '', 'ratio') }} as cout_binome_an_eur,
    {{ valeur_de('O11b', '', 'nombre') }} as demandes_attribuees_nb,
    {{ valeur_de('O16a', '', 'part') }} as sources_recues_part
from {{ ref('indicateurs') }}
where periode = '{{ var("campagne") }}' and niveau = 'association'
group by code
