-- Young people with a running mentoring pair at 31 December, one row each: two pairs make one young person, counted in
-- one territory (the first by code, in the rare case of two) so that territories add up to the country.
select
    id_personne,
    min(territoire) as territoire,
    count(*) as binomes_nb
from {{ ref('int_binomes') }}
where nature = 'mentorat' and est_actif_fin_campagne
group by id_personne
