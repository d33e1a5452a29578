{# A figure is shown when, and only when, its status is « calcule »; a share has a denominator and is not negative. #}
{% test valeurs_coherentes(model) %}
select *
from {{ model }}
where
    (statut = 'calcule') <> (valeur is not null)
    or (statut = 'calcule') <> (numerateur is not null)
    or numerateur < 0
    or (statut = 'calcule' and mesure in ('part', 'ecart') and denominateur is null)
    or (mesure = 'nombre' and denominateur is not null)
    or (mesure = 'part' and indicateur <> 'O3' and numerateur > denominateur)
{% endtest %}
