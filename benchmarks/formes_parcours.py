"""Simulated paths beside the published shapes of care (ELAP, INED): a look, held to nothing.

Reads the warehouse of a campagne with five campagnes of history (`MENTORAT_BENCH_HISTOIRE`, see `entrepot`), built by
dbt. Exits are those of young people placed at 17 whose majority is three years old or more; places are counted where
the département's own software tells the path of the young person (S11), since the first entry.
"""

import os
import tempfile
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.entrepot import CAMPAGNE, YOUNG, build, made_lake
from mentorat.settings import Settings

EXITS = """
with majeurs as (
    select
        id_population,
        make_date(year(date_naissance) + 18, month(date_naissance), 1) as majorite
    from int_personnes_ase
),

etats as (
    select
        trajectoires_mois.*,
        majeurs.majorite,
        datediff('month', majeurs.majorite, mois_fin) as mois_apres
    from trajectoires_mois
    inner join majeurs on trajectoires_mois.id_population = majeurs.id_population
    where
        majeurs.majorite <= make_date(campagne - 3, 12, 1)
        and majeurs.majorite > debut_observation
),

places as (
    select distinct id_population
    from etats
    where
        mois_debut < majorite
        and mois_fin >= majorite - interval 1 month
        and etat not in ('aed', 'aemo', 'sorti')
),

durees as (
    select
        etats.id_population,
        max(etats.mois_apres) filter (where etats.etat <> 'sorti' and etats.mois_fin >= etats.majorite) as mois
    from etats
    inner join places on etats.id_population = places.id_population
    group by etats.id_population
)

select
    count(*) as jeunes,
    avg(case when mois is null or mois < 0 then 1 else 0 end) as majorite,
    avg(case when mois between 0 and 5 then 1 else 0 end) as six_mois,
    avg(case when mois between 6 and 34 then 1 else 0 end) as en_cours_de_route,
    avg(case when mois >= 35 then 1 else 0 end) as a_21
from durees
"""
PLACES = """
with ages as (
    select
        id_population,
        {campagne} - year(date_naissance) as age
    from int_personnes_ase
),

lieux as (
    select
        int_lieux.id_population,
        count(*) filter (where type_accueil not in ('aed', 'aemo')) as lieux_nb,
        sum(case when type_accueil = 'assistant_familial' then
            datediff('day', int_lieux.debut, coalesce(int_lieux.fin, date '{campagne}-12-31')) end) as jours_famille,
        sum(case when type_accueil in ('etablissement', 'village_enfants') then
            datediff('day', int_lieux.debut, coalesce(int_lieux.fin, date '{campagne}-12-31')) end) as jours_collectif
    from int_lieux
    inner join ages on int_lieux.id_population = ages.id_population
    where
        ages.age between 17 and 20
        and int_lieux.id_population in (select id_population from int_mesures where source = 'parcours_ase')
    group by int_lieux.id_population
)

select
    count(*) as jeunes,
    avg(case when lieux_nb <= 2 then 1 else 0 end) as un_ou_deux,
    avg(case when lieux_nb = 3 then 1 else 0 end) as trois,
    avg(case when lieux_nb = 4 then 1 else 0 end) as quatre,
    avg(case when lieux_nb >= 5 then 1 else 0 end) as cinq,
    avg(case when jours_famille >= 1826 then 1 else 0 end) as famille_longue,
    avg(case when jours_collectif >= 1826 then 1 else 0 end) as collectif_long
from lieux
where lieux_nb > 0
"""
PUBLISHED = {
    "placed at 17: leave without young-adult care": ("majorite", 0.27),
    "placed at 17: leave within 6 months": ("six_mois", 0.09),
    "placed at 17: leave along the way": ("en_cours_de_route", 0.46),
    "placed at 17: leave at 21": ("a_21", 0.18),
    "ever placed, 17-20: one or two places": ("un_ou_deux", 0.52),
    "ever placed, 17-20: three places": ("trois", 0.22),
    "ever placed, 17-20: four places": ("quatre", 0.09),
    "ever placed, 17-20: five places or more": ("cinq", 0.17),
    "ever placed, 17-20: five years or more in foster care": ("famille_longue", 0.19),
}


def shapes(warehouse: Path) -> pd.DataFrame:
    """One row a published shape: `publie` and `simule` shares, `jeunes` counted."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        exits = connection.execute(EXITS).df().iloc[0]
        places = connection.execute(PLACES.format(campagne=CAMPAGNE)).df().iloc[0]
    rows = []
    for label, (column, published) in PUBLISHED.items():
        found = exits if column in exits else places
        rows.append({"forme": label, "publie": published, "simule": found[column], "jeunes": int(found["jeunes"])})
    return pd.DataFrame(rows)


def run() -> None:
    young = int(os.environ.get("MENTORAT_BENCH_JEUNES", YOUNG))
    with tempfile.TemporaryDirectory() as temporary:
        data = made_lake(Path(os.environ.get("MENTORAT_BENCH_HISTOIRE", temporary)), young)
        if not Settings(data=data).warehouse.exists():
            build(data, CAMPAGNE)
        print(shapes(Settings(data=data).warehouse).round(3).to_string(index=False))


if __name__ == "__main__":
    run()
