-- Files of a sender that wait for someone, in its own references: the rows behind O12 (int_dossiers_bloques). A file
-- without any date is told too: nobody knows for how long it has waited.
with dossiers as (
    select
        *,
        depose_par as emetteur
    from {{ source('pilotage', 'dossiers_mentorat') }}
    where campagne = {{ var('campagne') }} and coalesce(nature_proposition, 'mentorat') = 'mentorat'
),

attentes as (
    {{ dossiers_sans_mouvement('dossiers') }}
)

select
    emetteur,
    departement,
    id_dossier,
    association,
    statut,
    depuis_jours,
    case
        {%- for seuil in seuils_blocage().split(', ') | reverse %}
        when depuis_jours >= {{ seuil }} then {{ seuil }}
        {%- endfor %}
    end as seuil_jours,
    acteur,
    prochaine_action
from attentes
where depuis_jours is null or depuis_jours >= {{ seuils_blocage().split(', ') | first }}
