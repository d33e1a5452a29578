-- Last day in care of each person known to S1 who is no longer in care at 31 December.
select
    personnes.id_personne,
    max(periodes.fin) as date_sortie
from {{ ref('int_periodes') }} as periodes
inner join {{ ref('int_personnes_ase') }} as personnes on periodes.id_population = personnes.id_population
where personnes.id_personne is not null
group by personnes.id_personne
having max(coalesce(periodes.fin, date '2999-12-31')) <= {{ jour('12-31') }}
