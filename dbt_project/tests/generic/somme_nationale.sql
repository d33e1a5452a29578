{# The national counts are the sum of the territories that are counted, and n_manquants says how many are not. #}
{% test somme_nationale(model) %}
with territoires as (
    select
        periode,
        indicateur,
        ventilation,
        mesure,
        sum(numerateur) as numerateur,
        sum(denominateur) as denominateur
    from {{ model }}
    where niveau = 'departement' and statut = 'calcule'
    group by periode, indicateur, ventilation, mesure
)

select nationaux.*
from {{ model }} as nationaux
left join territoires
    on
        nationaux.periode = territoires.periode
        and nationaux.indicateur = territoires.indicateur
        and nationaux.ventilation = territoires.ventilation
        and nationaux.mesure = territoires.mesure
where
    nationaux.niveau = 'national'
    and nationaux.statut = 'calcule'
    and nationaux.ventilation <> 'base=suivis_350000'
    and (
        nationaux.numerateur is distinct from territoires.numerateur
        or nationaux.denominateur is distinct from territoires.denominateur
    )
{% endtest %}
