"""The marts find the simulation's true figures again, exactly where the files lose nothing on the way.

Associations send all of their pairs and sessions; some départements send their whole tracking table and every check:
`verite/<campagne>.json` says which (« recouvrement »). Faulty rows stand beside the true ones, never in their place.
"""

import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from tests.pipeline.conftest import CAMPAGNE


@pytest.fixture(scope="module")
def verite(data: Path) -> dict[str, Any]:
    """The whole truth of the campagne."""
    return json.loads((data / "verite" / f"{CAMPAGNE}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def truth(verite: dict[str, Any]) -> dict[str, Any]:
    """What can be found again exactly."""
    return verite["recouvrement"]


@pytest.fixture(scope="module")
def warehouse(data: Path, first_run: object):
    """dbt's warehouse after the first run."""
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def pairs(warehouse) -> pd.DataFrame:
    """Totals of the mentoring pairs that associations told."""
    return warehouse.sql("""
        select
            association,
            count(*) filter (where not est_fin_observee) as en_cours,
            count(*) filter (where est_fin_observee) as termines,
            count(*) filter (where est_arret_anticipe) as arrets_anticipes,
            sum(seances_nb) as seances,
            sum(minutes) as minutes
        from int_exposition
        where source = 'binomes' and nature = 'mentorat'
        group by association
        order by association
    """).df().set_index("association")  # fmt: skip


def test_pairs_and_early_stops_of_each_association_are_the_true_ones(pairs, truth) -> None:
    expected = pd.DataFrame(truth["associations"]).T
    columns = ["en_cours", "termines", "arrets_anticipes"]
    pd.testing.assert_frame_equal(pairs[columns], expected[columns], check_dtype=False, check_names=False)
    true_share = expected["arrets_anticipes"].sum() / expected[["en_cours", "termines"]].sum().sum()
    assert pairs["arrets_anticipes"].sum() / pairs[["en_cours", "termines"]].sum().sum() == true_share


def test_sessions_and_minutes_of_each_association_are_the_true_ones(pairs, truth) -> None:
    """Hours told by the month are rounded to a hundredth: half a minute at most a pair and month."""
    expected = pd.DataFrame(truth["associations"]).T
    assert pairs["seances"].astype(int).to_dict() == expected["seances"].to_dict()
    for association, minutes in expected["minutes"].items():
        monthly = association in {"demo-07", "demo-08", "demo-12"}
        assert pairs.loc[association, "minutes"] == pytest.approx(minutes, rel=0.001 if monthly else 0), association


def test_delays_of_each_step_have_their_true_days_and_median(warehouse, truth) -> None:
    whole = truth["territoires"]["dossiers"]
    found = warehouse.sql("select * from delais where issue = 'franchie'").df()
    found = found[found["territoire"].isin(whole)].groupby("etape")["duree_jours"].agg(["size", "sum", "median"])
    assert set(found.index) == set(truth["delais"])
    for step, expected in truth["delais"].items():
        assert found.loc[step].tolist() == [expected["n"], expected["jours"], expected["mediane"]], step


def test_the_share_of_pairs_whose_mentor_is_checked_is_the_true_one(warehouse, truth) -> None:
    found = warehouse.sql("""
        select territoire, count(*) as binomes, count(*) filter (where est_a_jour_fin_campagne) as a_jour
        from int_binomes_controles
        where source = 'binomes' and nature = 'mentorat' and est_actif_fin_campagne
        group by territoire
    """).df().set_index("territoire")  # fmt: skip
    for territory, expected in truth["honorabilite"].items():
        assert found.loc[territory].to_dict() == expected, territory


def test_what_departements_and_associations_say_differently_is_all_found(warehouse, verite) -> None:
    found = warehouse.sql("""
        select ecarts.territoire, ecarts.colonne, count(*) as ecarts_nb
        from ecarts_sources as ecarts
        inner join stg_binomes__binomes as binomes
            on ecarts.association = binomes.association and ecarts.id_binome = binomes.id_binome
        where binomes.id_dossier is not null
        group by ecarts.territoire, ecarts.colonne
    """).df()  # fmt: skip
    told: dict[str, dict[str, int]] = {}
    for row in found.itertuples():
        told.setdefault(row.territoire, {})[row.colonne] = row.ecarts_nb
    assert told == verite["rapprochement"]["ecarts_sources"]


def test_conventions_told_by_both_sides_are_found_with_those_of_another_amount(warehouse, verite) -> None:
    found = warehouse.sql("""
        select count(*) as doubles, count(*) filter (where cout_operateur_cents <> cout_cents) as montants_differents
        from int_conventions
        where est_double
    """).df()  # fmt: skip
    assert found.iloc[0].to_dict() == verite["conventions"]


def test_rare_cases_of_the_chain_come_through(warehouse) -> None:
    """A capacity checked before the pair, a judge's agreement, a young person who leaves with a dossier open."""
    for query in (
        "select count(*) from int_chaine_pieces where capacite = 'fait'",
        "select count(*) from int_chaine_pieces where capacite = 'manquant'",
        "select count(*) from int_chaine_dossiers where decision = 'autorisation_juge'",
        "select count(*) from delais where issue = 'sortie_ase'",
    ):
        assert warehouse.sql(query).fetchall()[0][0] > 0, query


def test_the_eligible_and_those_who_have_a_pair_are_the_true_ones(warehouse, verite, truth) -> None:
    """Coverage: of the eligible, exactly; of those with a pair, through what linkage finds of the misspelt."""
    found = warehouse.sql("""
        select code as territoire, numerateur
        from indicateurs
        where niveau = 'departement' and indicateur = 'A1' and mesure = 'nombre' and ventilation = ''
    """).df().set_index("territoire")["numerateur"]  # fmt: skip
    for territory in truth["territoires"]["mesures"]:
        assert found[territory] == verite["territoires"][territory]["eligibles"], territory
    mentored = warehouse.sql("""
        select territoire, count(distinct id_personne) as mentores
        from int_binomes
        where nature = 'mentorat' and est_actif_fin_campagne
        group by territoire
    """).df().set_index("territoire")["mentores"]  # fmt: skip
    for territory in truth["territoires"]["dossiers"]:
        assert mentored[territory] == pytest.approx(verite["territoires"][territory]["mentores"], rel=0.02), territory
