{# A figure is shown when, and only when, its status is « calcule »; a share has a denominator and is within 0 and 1. #}
{% test valeurs_coherentes(model) %}
select *
from {{ model }}
where
    (statut = 'calcule') <> (valeur is not null)
    or (statut <> 'calcule' and numerateur is not null)
    or (statut = 'calcule' and numerateur is null and mesure not in ('mediane', 'q1', 'q3'))
    or (mesure not in ('ecart', 'total') and numerateur < 0)
    or (statut = 'calcule' and mesure in ('part', 'moyenne', 'ratio', 'ecart') and denominateur is null)
    or (mesure in ('nombre', 'total') and denominateur is not null)
    or (mesure = 'part' and numerateur > denominateur)
{% endtest %}
