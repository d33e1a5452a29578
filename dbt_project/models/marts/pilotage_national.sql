-- One row a place for those who steer the country: figures of `indicateurs`, none computed twice.
select
    cast({{ var('campagne') }} as bigint) as campagne,
    niveau,
    code,
    {{ valeur_de('O1', '', 'nombre') }} as binomes_lances_nb,
    {{ valeur_de('O2', '', 'nombre') }} as binomes_actifs_nb,
    {{ valeur_de('A1', '', 'nombre') }} as eligibles_nb,
    {{ valeur_de('A3', '', 'part') }} as proposition_part,
    {{ valeur_de('O3', 'base=confies_11_17', 'part') }} as couverture_confies_part,
    {{ valeur_de('O3', 'base=pris_en_charge_11_17', 'part') }} as couverture_pris_en_charge_part,
    {{ valeur_de('O3', 'base=suivis_350000', 'part') }} as couverture_suivis_part,
    {{ valeur_de('O3', 'base=suivis_350000', 'ecart') }} as ecart_objectif_national,
    {{ valeur_de('R1', '', 'total') }} as financement_eur,
    {{ valeur_de('R2a', '', 'total') }} as etp,
    {{ valeur_de('R3a', '', 'nombre') }} as associations_conventionnees_nb,
    {{ valeur_de('R3c', '', 'nombre') }} as associations_sans_acte_nb,
    {{ valeur_de('O10a', '', 'ratio') }} as objectif_rapport,
    {{ valeur_de('O9a', '', 'ratio') }} as cout_binome_an_eur,
    {{ valeur_de('O15', '', 'part') }} as sans_couverture_part,
    {{ valeur_de('A10', '', 'part') }} as feuille_route_part,
    {{ valeur_de('A11a', '', 'part') }} as structures_connaissant_part,
    {{ valeur_de('O6a', '', 'part') }} as tenue_six_mois_part,
    {{ valeur_de('O6b', '', 'part') }} as arrets_anticipes_part,
    {{ valeur_de('A8a', '', 'part') }} as controles_a_jour_part,
    {{ valeur_de('O16a', '', 'part') }} as sources_recues_part
from {{ ref('indicateurs') }}
where periode = '{{ var("campagne") }}' and niveau in ('departement', 'collectivite', 'national')
group by niveau, code
