-- Later events of a young person, with the window in which their file can see them: an event outside every window of
-- its source and place tells nothing of those who have none, and a comparison must leave it out.
with evenements as (
    select
        evenements.id_jeune,
        coalesce(personnes.id_personne, evenements.id_jeune) as id_personne,
        evenements.source,
        evenements.evenement,
        evenements.territoire,
        evenements.date_debut,
        evenements.date_fin,
        evenements.campagne
    from {{ ref('stg_devenir__evenements') }} as evenements
    left join {{ ref('stg_identites__personnes') }} as personnes on evenements.id_jeune = personnes.id_jeune
),

fenetres as (
    select
        source,
        territoire,
        debut,
        coalesce(fin, {{ jour('12-31') }}) as fin
    from {{ ref('stg_fenetres__fenetres') }}
),

vus as (
    select
        evenements.id_jeune,
        evenements.source,
        evenements.evenement,
        evenements.date_debut,
        min(fenetres.debut) as fenetre_debut,
        max(fenetres.fin) as fenetre_fin
    from evenements
    inner join fenetres
        on
            evenements.source = fenetres.source
            and evenements.territoire = fenetres.territoire
            and evenements.date_debut >= fenetres.debut
            and evenements.date_debut <= fenetres.fin
    group by evenements.id_jeune, evenements.source, evenements.evenement, evenements.date_debut
)

select
    evenements.*,
    vus.id_jeune is not null as est_observable,
    vus.fenetre_debut,
    vus.fenetre_fin
from evenements
left join vus
    on
        evenements.id_jeune = vus.id_jeune
        and evenements.source = vus.source
        and evenements.evenement = vus.evenement
        and evenements.date_debut = vus.date_debut
