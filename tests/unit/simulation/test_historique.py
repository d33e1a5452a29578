"""Linked campagnes: nobody is born again from year to year, and no campagne contradicts the one before."""

import io
import json
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from mentorat.identity.keys import load_keys
from mentorat.intake.reception import receive
from mentorat.settings import Settings
from mentorat.simulation import write_demo
from tests.unit.simulation.conftest import decoded

YEARS = (2022, 2023, 2024)
JEUNES = 4_000
COUNTS = ["source", "lignes_recues", "lignes_acceptees", "lignes_ecartees", "doublons_exacts", "lignes_ignorees"]


class Linked:
    """Three linked campagnes and what they wrote."""

    def __init__(self, data: Path) -> None:
        self.settings = Settings(data=data)
        write_demo(self.settings, YEARS[-1], jeunes=JEUNES, graine=7, historique=len(YEARS))
        self.verite = {y: json.loads(self.settings.verite(y).read_text(encoding="utf-8")) for y in YEARS}

    def table(self, year: int, name: str) -> pd.DataFrame:
        """Sound CSV files of that name in one campagne, as text."""
        spoilt = self.verite[year]["lignes_cassees"]
        paths = sorted(self.settings.depot(year).glob(f"*/{name}.csv"))
        sound = [p for p in paths if f"{p.parent.name}/{p.name}" not in spoilt]
        return pd.concat([as_text(p).assign(emetteur_=p.parent.name) for p in sound], ignore_index=True)


def as_text(path: Path) -> pd.DataFrame:
    """One CSV of a dépôt."""
    text = decoded(path.read_bytes())
    delimiter = max(";,\t", key=text.partition("\n")[0].count)
    return pd.read_csv(io.StringIO(text), sep=delimiter, dtype="str", keep_default_na=False)


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Linked:
    return Linked(tmp_path_factory.mktemp("historique"))


def test_the_number_in_care_is_nearly_stable_and_mentoring_grows(linked) -> None:
    suivis = [linked.verite[y]["jeunes_suivis"] for y in YEARS]
    assert suivis[-1] == JEUNES
    for before, after in pairwise(suivis):
        assert before == pytest.approx(after / 1.016, rel=0.03)
    mentored = [linked.verite[y]["mentores_31_12"] for y in YEARS]
    assert mentored == sorted(mentored)
    assert mentored[-1] == round(0.16 * linked.verite[2024]["eligibles"])


def test_pairs_running_at_the_end_of_a_campagne_are_told_again_in_the_next(linked) -> None:
    for before, after in pairwise(YEARS):
        first, second = linked.table(before, "binomes"), linked.table(after, "binomes")
        running = first[first["date_fin"] == ""]
        operators = set(second["association"])
        running = running[running["association"].isin(operators)]
        assert len(running) > 0
        both = running.merge(second, on=["association", "id_binome"], suffixes=("", "_apres"))
        assert len(both) == len(running)
        for same in ("id_mentor", "date_debut", "nature", "sexe"):
            assert (both[same] == both[f"{same}_apres"]).all(), same
        over = first[first["date_fin"] != ""].merge(second, on=["association", "id_binome"])
        assert len(over) == 0


def test_a_first_delivery_is_a_stock_and_the_next_ones_are_flows(linked) -> None:
    first = linked.table(2022, "mesures_ase")
    assert (first["DATDEB"] < "2022-01-01").any()
    for year in YEARS[1:]:
        events = linked.table(year, "mesures_ase")
        day = events["DATFIN"].where(events["TYPEV"] == "3", events["DATDEB"])
        assert day.str[:4].eq(str(year)).all()


def test_an_end_closes_a_measure_told_in_its_campagne_or_before(linked) -> None:
    measure = ["NUMDEP", "NUMANONYM", "DECISION", "NATPDECADM", "NATDECASSED", "TYPINTERDOM", "TYPDECJUD", "DATDEB"]
    events = pd.concat([linked.table(y, "mesures_ase").assign(an=y) for y in YEARS])
    told_first = set(linked.table(2022, "mesures_ase").query("DATDEB < '2022-01-01'")["NUMDEP"])
    events = events[events["NUMDEP"].isin(told_first)]
    ends, begun = events[events["TYPEV"] == "3"], events[events["TYPEV"] != "3"]
    both = ends.merge(begun.drop_duplicates(measure), on=measure, how="left", suffixes=("", "_debut"))
    assert both["an_debut"].notna().all()
    assert (both["an_debut"] <= both["an"]).all()
    assert not events.duplicated([*measure, "TYPEV", "DATFIN"]).any()


def test_a_dossier_told_twice_never_unsays_a_past_date(linked) -> None:
    dates = ["date_proposition", "date_reponse_jeune", "date_accord", "date_transmission", "date_lancement"]
    for before, after in pairwise(YEARS):
        both = linked.table(before, "dossiers_mentorat").merge(
            linked.table(after, "dossiers_mentorat"), on=["departement", "id_dossier"], suffixes=("", "_apres")
        )
        assert len(both) > 20
        assert (both["id_jeune"] == both["id_jeune_apres"]).all()
        for name in dates:
            told = both[name].fillna("") != ""
            assert (both.loc[told, name] == both.loc[told, f"{name}_apres"]).all(), name
            assert (both.loc[told, name].str[:4] <= str(before)).all() or both[name].str.contains("/").any()


def test_mentors_keep_what_is_known_of_them(linked) -> None:
    # the evaluators' file of mentors' answers bears the same name
    first, second = (linked.table(y, "mentors").query("emetteur_ != 'enquete'") for y in (2023, 2024))
    both = first.merge(second, on="id_mentor", suffixes=("", "_apres"))
    assert len(both) > 20
    for same in ("profil", "tranche_age", "date_recrutement", "date_formation"):
        assert (both[same] == both[f"{same}_apres"]).all(), same


def test_intake_counts_what_the_truth_says_of_each_campagne(linked) -> None:
    for year in YEARS:
        journal = receive(linked.settings, year, load_keys(linked.settings, simulated=True)).journal
        found = journal.set_index("chemin")
        verite = linked.verite[year]
        refused = set(verite["fichiers_refuses"])
        assert set(found.index[found["statut"] == "refusee"]) == refused
        kept = found.drop(index=list(refused))[COUNTS].astype("object").to_dict("index")
        assert kept == {path: f for path, f in verite["fichiers"].items() if path not in refused}, year


def test_some_of_those_placed_at_17_leave_at_18_and_some_at_21(linked) -> None:
    """The shares drawn are those published from ELAP: see `docs/simulation.md`."""
    events = linked.table(2024, "mesures_ase").query("TYPEV == '3' and NATPDECADM == '21' and ANAIS != '9999'")
    at_21 = events["DATFIN"] == (events["ANAIS"].astype(int) + 21).astype(str) + "-" + events["MNAIS"] + "-15"
    assert 0 < at_21.mean() < 0.6
