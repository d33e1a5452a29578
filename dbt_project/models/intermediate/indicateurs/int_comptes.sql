-- Written by python -m mentorat.contracts.warehouse from the catalogue: the counts of every indicator.
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a1') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a10') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a11') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a12') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a2') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a3') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a4') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a5') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a6') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a7') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a8') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_a9') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o1') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o10') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o11') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o12') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o13') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o14') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o15') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o16') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o2') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o3') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o5') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o6') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o7') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o8') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_o9') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_r1') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_r2') }}
union all
select
    niveau,
    code,
    periode,
    indicateur,
    ventilation,
    mesure,
    numerateur,
    denominateur,
    valeur,
    n_manquants
from {{ ref('int_indicateur_r3') }}
