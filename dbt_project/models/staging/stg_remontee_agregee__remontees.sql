-- S16, one row a collectivité and year.
with lignes as (
    {{ derniere_campagne(source('brut', 'remontee_agregee'), ['departement', 'annee']) }}
)

select
    departement as territoire,
    annee,
    confies_11_17 as confies_11_17_nb,
    propositions as propositions_nb,
    adhesions as adhesions_nb,
    accords as accords_nb,
    binomes_lances as binomes_lances_nb,
    binomes_31_12 as binomes_31_12_nb,
    dont_jeunes_majeurs as jeunes_majeurs_nb,
    dont_mna as mna_nb,
    dont_parrainage as parrainages_nb,
    associations_conventionnees as associations_nb,
    cast(round(montant * 100) as bigint) as montant_cents,
    cast(round(etp * 100) as bigint) as etp_centiemes,
    campagne,
    depose_par
from lignes
