-- S4 counted by month, one row a pair and month.
with seances_mois as (
    {{ derniere_campagne(
        source('brut', 'seances_mois'), ['association', 'id_binome', 'mois'], "'association-' || association"
    ) }}
)

select
    association,
    id_binome,
    {{ premier_du_mois('mois') }} as mois,
    nb_seances,
    heures,
    dernier_contact,
    campagne,
    depose_par,
    est_redite
from seances_mois
