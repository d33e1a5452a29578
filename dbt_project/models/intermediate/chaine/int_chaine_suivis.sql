-- Mentoring files of the campagne with the day the young person left care, what the delays of a file are read from.
select
    dossiers.*,
    sorties.date_sortie
from {{ ref('int_chaine_dossiers') }} as dossiers
left join {{ ref('int_chaine_sorties') }} as sorties on dossiers.id_personne = sorties.id_personne
where dossiers.est_de_la_campagne and dossiers.nature = 'mentorat'
