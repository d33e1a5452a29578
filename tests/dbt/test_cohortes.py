"""A simulation without effect: pairs begin at random, care ends whether one has a mentor or not.

Whoever compares those mentored in the year with those who were not finds that mentored young people stay far longer:
one has to stay to be mentored (immortal time). The cohorts must find nothing.
"""

import json
import math
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.dbt.conftest import CAMPAGNE, PROJECT, Build, Lake

YOUNG = 6000
START, END = date(CAMPAGNE - 1, 6, 1), date(CAMPAGNE, 12, 31)
FOLLOW_UP = 60
"""Days after the index date in which an end of care is looked for."""


def delivered(days: int) -> int:
    """Campagne that tells of a day counted from START: two are delivered, each with what happened in it."""
    return (START + timedelta(days=days)).year if days > 0 else START.year


def simulated(root: Path) -> Lake:
    """Two kinds of stays (a few months, or years), a pair at a rate that depends on the season alone. Two campagnes:
    a territory's stock and year, then the next year."""
    rng = np.random.default_rng(20241231)
    days = (END - START).days + 1
    autumn = np.array([(START + timedelta(days=d)).month in (9, 10) for d in range(days)])
    rate = np.cumsum(np.where(autumn, 0.004, 0.0008))
    lake = Lake()
    for n in range(YOUNG):
        territory = "01" if n % 3 else "02"
        entry = int(rng.integers(-900, days - 1))
        # seen from the first day of the study, a stay has no memory
        leaves = max(entry, 0) + 1 + int(rng.exponential(150 if rng.random() < 0.5 else 1500))
        pair = int(np.searchsorted(rate, rate[max(entry, 0)] + rng.exponential()))
        pair_end = pair + int(rng.exponential(400))
        first = (START + timedelta(days=entry)).isoformat()
        born = {"ANAIS": 2010, "MNAIS": int(rng.integers(1, 13))}
        lake.event(f"n{n}", "1", first, dep=territory, campagne=delivered(entry), **born)
        if leaves < days:
            last = (START + timedelta(days=leaves)).isoformat()
            lake.event(f"n{n}", "3", first, last, dep=territory, campagne=delivered(leaves), ANAIS=2010)
        lake.passage(f"n{n}", f"j{n}", territory)
        lake.identites[f"j{n}"] = f"p{n}"
        if pair < min(leaves, days):
            ends = min(pair_end, leaves)
            # told every year it runs, its end once it came
            for campagne in range(delivered(pair), delivered(min(ends, days - 1)) + 1):
                told = ends < days and delivered(ends) <= campagne
                lake.binome(
                    f"b{n}", f"j{n}", (START + timedelta(days=pair)).isoformat(),
                    (START + timedelta(days=ends)).isoformat() if told else None, territory, campagne=campagne,
                )  # fmt: skip
    lake.write(root)
    return lake


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    root = tmp_path_factory.mktemp("sans_effet")
    simulated(root / "lake")
    environment = {
        **os.environ,
        "MENTORAT_LAKE": str(root / "lake"),
        "MENTORAT_ENTREPOT": str(root / "warehouse.duckdb"),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_LOG_PATH": str(root / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    built = Build(root / "lake", root / "target", environment)
    result = built.dbt(
        "build", "--select", "+reperes_duree", "+flux_reperes", "+risques", "+faits_suivi", "+cohorte",
        "--exclude-resource-type", "unit_test", "test", "--vars", json.dumps({"facteur_echelle": 0.01}),
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-6000:]
    yield built


def stratified(frame: pd.DataFrame, treated: pd.Series, event: pd.Series, stratum: pd.Series) -> float:
    """Mantel-Haenszel z of a difference in risk between treated and others, within strata."""
    table = pd.DataFrame({"t": treated, "e": event, "s": stratum}).groupby("s")
    excess, variance = 0.0, 0.0
    for _, rows in table:
        n, n_treated, n_events = len(rows), int(rows["t"].sum()), int(rows["e"].sum())
        if n < 2:
            continue
        excess += int((rows["t"] & rows["e"]).sum()) - n_treated * n_events / n
        variance += n_treated * (n - n_treated) * n_events * (n - n_events) / (n * n * (n - 1))
    return excess / math.sqrt(variance)


@pytest.mark.parametrize("repere", ["debut", "jour_30", "mois_6"])
def test_without_effect_no_difference_is_found(cohorts: Build, repere: str) -> None:
    rows = cohorts.mart("reperes_duree")
    rows = rows[rows["repere"] == repere]
    index, end = pd.to_datetime(rows["date_index"]), pd.to_datetime(rows["suivi_fin"])
    seen = index <= pd.Timestamp(END) - pd.Timedelta(days=FOLLOW_UP)
    rows, index, end = rows[seen], index[seen], end[seen]
    mentored = rows["bras"] == "mentores"
    assert mentored.sum() > 300
    left = rows["suivi_sortie"] & ((end - index).dt.days < FOLLOW_UP)
    assert left[mentored].sum() > 30
    assert abs(stratified(rows, mentored, left, index.dt.month)) < 2.5


@pytest.fixture(scope="module")
def risks(cohorts: Build) -> pd.DataFrame:
    days = ["debut", "fin", "debut_observation", "fin_observation", "derniere_date_lue"]
    return cohorts.mart("risques").assign(**{d: lambda f, d=d: pd.to_datetime(f[d]) for d in days})


@pytest.fixture(scope="module")
def left(cohorts: Build) -> pd.Series:
    """Last day in care of those who left, as the facts tell it."""
    facts = cohorts.mart("faits_suivi")
    return pd.to_datetime(facts[facts["fait"] == "sortie"].set_index("id_population")["date_fait"])


@pytest.mark.parametrize("year", [START.year, CAMPAGNE])
def test_the_risk_sets_find_none_either(risks: pd.DataFrame, left: pd.Series, year: int) -> None:
    """At each first day of a pair, those whose pair begins leave care as often as those who were at risk with them."""
    ends = risks["id_population"].map(left)
    frames = []
    for day in sorted(risks.loc[(risks["evenement"] == "binome") & (risks["fin"].dt.year == year), "fin"].unique()):
        at_risk = (risks["debut"] <= day) & (risks["fin"] >= day)
        frames.append(
            pd.DataFrame(
                {
                    "cas": risks["debut_accompagnement"] & (risks["fin"] == day),
                    "sorti": (ends - day).dt.days < FOLLOW_UP,
                    "jour": day,
                }
            )[at_risk]
        )
    sets = pd.concat(frames)
    sets = sets[sets["jour"] <= pd.Timestamp(END) - pd.Timedelta(days=FOLLOW_UP)]
    assert sets["cas"].sum() > 300
    assert abs(stratified(sets, sets["cas"], sets["sorti"], sets["jour"])) < 2.5


def test_the_risk_sets_cover_every_observed_year_and_nothing_before(risks: pd.DataFrame) -> None:
    assert set(risks["debut_observation"]) == {pd.Timestamp(START.year, 1, 1)}
    assert set(risks["fin_observation"]) == {pd.Timestamp(END)}
    assert risks["debut"].min() == pd.Timestamp(START.year, 1, 1)
    assert risks["fin"].max() == pd.Timestamp(END)


def test_the_days_of_a_young_person_follow_one_another_until_the_first_pair(risks: pd.DataFrame) -> None:
    """No day twice, none missing, and none after a pair: the mentoré of May is a comparator of the days before."""
    rows = risks.sort_values(["id_population", "debut"])
    same = rows["id_population"].eq(rows["id_population"].shift(-1))
    gap = (rows["debut"].shift(-1) - rows["fin"]).dt.days
    assert (gap[same] == 1).all()
    assert rows.loc[same, "evenement"].isin(["suite", "changement_statut"]).all()
    assert not rows.loc[~same, "evenement"].isin(["suite", "changement_statut"]).any()
    mentored = rows[rows["evenement"] == "binome"].set_index("id_population")
    before = rows.groupby("id_population")["debut"].min().reindex(mentored.index)
    assert ((mentored["fin"] - before).dt.days > 0).mean() > 0.95


def test_nothing_read_of_a_day_at_risk_is_of_that_day_or_later(risks: pd.DataFrame) -> None:
    assert (risks["derniere_date_lue"].isna() | (risks["derniere_date_lue"] < risks["debut"])).all()
    alone = risks["derniere_date_lue"].isna()
    assert (risks.loc[alone, "debut"] == risks.loc[alone, "fin"]).all()
    assert (risks.loc[alone, "type_accueil_regroupe"] == "inconnu").all()


def test_facts_are_those_of_the_young_people_at_risk_in_the_observed_years(cohorts: Build, risks: pd.DataFrame) -> None:
    facts = cohorts.mart("faits_suivi")
    days = pd.to_datetime(facts["date_fait"])
    assert set(facts["id_population"]) <= set(risks["id_population"])
    assert days.between(pd.Timestamp(START.year, 1, 1), pd.Timestamp(END)).all()
    ended = risks[risks["evenement"] == "fin_eligibilite"].set_index("id_population")["fin"]
    told = facts[facts["fait"] == "sortie"].set_index("id_population")["date_fait"].reindex(ended.index)
    assert (pd.to_datetime(told) == ended).all()


def test_mentored_ever_against_never_would_have_found_one(cohorts: Build) -> None:
    """The comparison the cohorts replace: by what happened later in the year."""
    rows = cohorts.mart("cohorte")
    rows = rows[rows["groupe"] != "mentorat_commence_avant"]
    mentored = rows["groupe"] == "mentores"
    assert stratified(rows, mentored, rows["sortant"], rows["territoire"]) < -10


def test_drawing_again_until_a_day_fits_would_have_found_one(cohorts: Build, risks: pd.DataFrame) -> None:
    """Everyone soon to leave would be compared, when few of them had the time to be mentored."""
    rows = cohorts.mart("reperes_duree")
    spans = risks[risks["fin"].dt.year == CAMPAGNE].sort_values("debut").groupby("id_population")
    spans = spans.agg(debut=("debut", "first"), fin=("fin", "last"), evenement=("evenement", "last"))
    rows = rows[(rows["repere"] == "debut") & (rows["bras"] == "mentores")]
    starts = np.sort(pd.to_datetime(rows["date_index"]).to_numpy())
    first, last = (np.searchsorted(starts, spans[name].to_numpy()) for name in ("debut", "fin"))
    fits = last > first
    drawn = starts[np.random.default_rng(1).integers(first[fits], last[fits])]
    again = pd.DataFrame({"jour": drawn, "fin": spans["fin"].to_numpy()[fits], "cas": False})
    again["sorti"] = (spans["evenement"] == "fin_eligibilite").to_numpy()[fits]
    cases = pd.DataFrame({"jour": pd.to_datetime(rows["date_index"]), "fin": pd.to_datetime(rows["suivi_fin"])})
    both = pd.concat([again, cases.assign(cas=True, sorti=rows["suivi_sortie"])], ignore_index=True)
    left = both["sorti"] & ((both["fin"] - both["jour"]).dt.days < FOLLOW_UP)
    assert stratified(both, both["cas"].astype(bool), left.astype(bool), both["jour"].dt.month) < -4


def test_the_same_young_person_is_a_comparator_then_a_mentore(cohorts: Build) -> None:
    rows = cohorts.mart("reperes_duree")
    rows = rows[rows["repere"] == "debut"]
    days = {arm: group.set_index("id_population")["date_index"] for arm, group in rows.groupby("bras")}
    both = pd.DataFrame(days).dropna()
    assert len(both) > 100
    assert (both["comparateurs"] < both["mentores"]).all()
