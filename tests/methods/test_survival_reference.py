"""Durations against R's survival 3.5-3 and prodlim, then closed forms, recovery and what is refused.

`data/survival`: 204 simulated durations with delayed entry, two issues, three groups, fifteen clusters.
"""

from math import exp

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.survival import (
    Durations,
    durations,
    incidence,
    log_rank,
    restricted_mean_difference,
    survival,
)
from mentorat.survey.design import SurveyError
from tests.methods.figures import DATA, assert_complete, cases, reference

HELD = ["km.*", "rmst.*", "aj.*", "jackknife.*", "logrank.*", "logrank_clustered.*", "prodlim.*"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(DATA / "survival" / "durees.csv")


def spells(data: pd.DataFrame, name: str, cluster: str | None = None) -> Durations:
    """The case's durations, entered late where the id of the figure says « entry »."""
    entry = "entree" if "entry" in name else None
    return durations(data, time="temps", issue="issue", entry=entry, cluster=cluster, still_open="en_cours")


def test_every_figure_of_the_case_is_held() -> None:
    assert_complete("survival", HELD, {})


@pytest.mark.parametrize("name", ["km.right", "km.entry"])
def test_kaplan_meier_with_its_log_log_interval(data: pd.DataFrame, name: str) -> None:
    expected, table = reference("survival")[name], survival(spells(data, name)).table
    assert table["temps"].tolist() == expected["time"]
    assert table["a_risque"].tolist() == expected["n_risk"]
    for ours, theirs in (("valeur", "surv"), ("se", "se"), ("ic_bas", "low"), ("ic_haut", "high")):
        wanted = np.array(expected[theirs], dtype=float)
        known = np.isfinite(wanted) & (np.array(expected["surv"]) > 0)
        np.testing.assert_allclose(table[ours].to_numpy()[known], wanted[known], rtol=1e-9)


@pytest.mark.parametrize("name", ["km.right.quantiles", "km.entry.quantiles"])
def test_quantiles_and_their_interval(data: pd.DataFrame, name: str) -> None:
    expected, found = reference("survival")[name], survival(spells(data, name)).quantile().table
    for ours, theirs in (("estimate", "quantile"), ("low", "lower"), ("high", "upper")):
        wanted = [np.inf if value is None else value for value in expected[theirs]]
        assert found[ours].tolist() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", cases("survival", "rmst.*"))
def test_restricted_mean(data: pd.DataFrame, name: str) -> None:
    found = survival(spells(data, name)).restricted_mean(float(name.rsplit(".", maxsplit=1)[1]))
    assert {"mean": found.estimate, "se": found.se} == pytest.approx(reference("survival")[name], rel=1e-9)


@pytest.mark.parametrize("name", cases("survival", "aj.*"))
def test_aalen_johansen(data: pd.DataFrame, name: str) -> None:
    expected = reference("survival")[name]
    found = incidence(spells(data, name), name.rsplit(".", maxsplit=1)[1]).at(expected["time"]).table
    np.testing.assert_allclose(found["estimate"], expected["pstate"], rtol=1e-9)


@pytest.mark.parametrize("name", cases("survival", "prodlim.*"))
def test_aalen_johansen_error_by_the_delta_method(data: pd.DataFrame, name: str) -> None:
    expected = reference("survival")[name]
    found = incidence(spells(data, name), name.rsplit(".", maxsplit=1)[1]).at(expected["time"]).table
    np.testing.assert_allclose(found["estimate"], expected["cuminc"], rtol=1e-9)
    np.testing.assert_allclose(found["se"], expected["se"], rtol=1e-8)


@pytest.mark.parametrize("name", cases("survival", "jackknife.*"))
def test_jackknife_of_the_clusters_is_the_curve_made_again_without_each(data: pd.DataFrame, name: str) -> None:
    lived = spells(data, name, cluster="grappe")
    expected = reference("survival")[name]
    if "rmst" in name:
        assert survival(lived).restricted_mean(120).se == pytest.approx(expected, rel=1e-9)
        return
    curve = survival(lived) if "km" in name else incidence(lived, "franchie")
    found = curve.at([30, 90, 180])
    np.testing.assert_allclose(found.table["se"], expected, rtol=1e-9)
    assert set(found.table["df"]) == {14.0}


@pytest.mark.parametrize("name", cases("survival", "logrank_clustered.*"))
def test_log_rank_of_durations_alike_in_a_cluster(data: pd.DataFrame, name: str) -> None:
    """The statistic is R's robust score; p is read on Hotelling's F, above the χ² that has no count of clusters."""
    found = log_rank(
        data,
        time="temps",
        issue="issue",
        group="groupe",
        entry="entree" if "entry" in name else None,
        cluster="grappe",
        still_open="en_cours",
    )
    expected = reference("survival")[name]
    assert (found.chi2, found.df) == (pytest.approx(expected["chisq"], rel=1e-10), expected["df"])
    assert stats.chi2.sf(found.chi2, found.df) < found.p < 0.2


def test_the_clustered_log_rank_holds_its_level_where_groups_are_clusters_of_their_own() -> None:
    """200 draws without a difference, twelve clusters whose durations are alike, each in one group or the other."""
    rng = np.random.default_rng(20)
    naive, clustered = [], []
    for _ in range(200):
        pace = np.repeat(rng.gamma(4, 1 / 4, 12), 30)
        time = np.ceil(rng.exponential(50 / pace)).astype(float)
        rows = pd.DataFrame({"t": np.minimum(time, 90), "fini": time <= 90})
        rows["grappe"] = np.repeat(np.arange(12), 30)
        rows["groupe"] = np.where(rows["grappe"] % 2 == 0, "a", "b")
        asked = {"time": "t", "issue": "fini", "group": "groupe"}
        naive.append(log_rank(rows, **asked).p < 0.05)
        clustered.append(log_rank(rows, **asked, cluster="grappe").p < 0.05)
    assert np.mean(naive) > 0.25
    assert np.mean(clustered) < 0.10


@pytest.mark.parametrize("name", cases("survival", "logrank.*"))
def test_log_rank(data: pd.DataFrame, name: str) -> None:
    found = log_rank(
        data,
        time="temps",
        issue="issue",
        group="groupe",
        entry="entree" if "entry" in name else None,
        strata="strate" if "stratified" in name else None,
        still_open="en_cours",
    )
    expected = reference("survival")[name]
    assert found.chi2 == pytest.approx(expected["chisq"], rel=1e-7)
    if "observed" in expected:
        assert found.table["evenements"].tolist() == expected["observed"]
        assert found.table["attendus"].tolist() == pytest.approx(expected["expected"], rel=1e-10)
    assert found.df == 2


def simple(*rows: tuple[float, str], **more: list[object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["t", "issue"]).assign(**more)


def read(frame: pd.DataFrame, **more: str) -> Durations:
    return durations(frame, time="t", issue="issue", still_open="ouvert", **more)


def test_without_open_durations_the_curves_are_plain_shares_with_their_binomial_error() -> None:
    ended = ["a"] * 12 + ["b"] * 8
    frame = pd.DataFrame({"t": np.arange(1, 21), "issue": ended})
    found = incidence(read(frame), "a").at([6, 12, 20]).table
    assert found["estimate"].tolist() == pytest.approx([0.3, 0.6, 0.6])
    assert found["se"].tolist() == pytest.approx([(p * (1 - p) / 20) ** 0.5 for p in (0.3, 0.6, 0.6)])
    half = survival(read(frame)).at([10]).table
    assert half["se"].tolist() == pytest.approx([(0.25 / 20) ** 0.5])


def test_survival_and_the_incidences_add_up_to_one(data: pd.DataFrame) -> None:
    lived, times = spells(data, "entry"), [10, 50, 100, 200]
    whole = survival(lived).at(times).table["estimate"]
    parts = [incidence(lived, issue).at(times).table["estimate"] for issue in lived.issues]
    assert (whole + sum(parts)).tolist() == pytest.approx([1.0] * 4)


def test_one_issue_alone_is_one_less_the_survival(data: pd.DataFrame) -> None:
    alone = data.assign(issue=data["issue"].where(data["issue"] == "en_cours", "fin"))
    lived = spells(alone, "entry")
    ours, theirs = incidence(lived, "fin").table, survival(lived).table
    np.testing.assert_allclose(ours["valeur"], 1 - theirs["valeur"], atol=1e-12)
    np.testing.assert_allclose(ours["se"], theirs["se"], rtol=1e-9, atol=1e-12)


def test_a_duration_seen_late_counts_from_the_day_it_is_seen() -> None:
    frame = simple((5, "fin"), (9, "fin"), (20, "fin"), e=[0, 0, 8])
    table = survival(read(frame, entry="e")).table
    assert table["a_risque"].tolist() == [2, 2, 1]


def test_delayed_entry_takes_away_the_bias_of_pairs_known_because_they_lasted() -> None:
    """Exponential durations; half are only known if they reached their observation."""
    rng = np.random.default_rng(5)
    length, late = rng.exponential(100, 8000), np.where(rng.random(8000) < 0.5, rng.uniform(0, 150, 8000), 0.0)
    seen = length > late
    frame = pd.DataFrame({"t": np.minimum(length, 300)[seen], "issue": (length < 300)[seen], "e": late[seen]})
    frame = frame[frame["t"] > frame["e"]]
    right = survival(durations(frame, time="t", issue="issue", entry="e")).at([100]).table.iloc[0]
    wrong = survival(durations(frame, time="t", issue="issue")).at([100]).table.iloc[0]
    assert right["low"] <= exp(-1) <= right["high"]
    assert wrong["low"] > exp(-1) + 0.05


def test_intervals_cover_the_known_incidence() -> None:
    """Hazards 1/50 and 1/100: F(60) = 2/3 (1 − exp(−1.8)); 400 draws of 120 durations with delayed entry."""
    truth, inside = 2 / 3 * (1 - exp(-1.8)), 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        length, first = rng.exponential(100 / 3, 240), rng.random(240) < 2 / 3
        entry, end = np.where(rng.random(240) < 0.3, rng.uniform(0, 15, 240), 0.0), rng.uniform(30, 120, 240)
        issue = np.where(length > end, "ouvert", np.where(first, "a", "b"))
        frame = pd.DataFrame({"t": np.minimum(length, end), "issue": issue, "e": entry})
        row = incidence(read(frame[frame["t"] > frame["e"]], entry="e"), "a").at([60]).table.iloc[0]
        inside += row["low"] <= truth <= row["high"]
    assert 0.92 <= inside / 400 <= 0.98


def test_order_unit_and_labels_change_nothing(data: pd.DataFrame) -> None:
    first = incidence(spells(data, "entry", "grappe"), "franchie")
    other = data.sample(frac=1, random_state=2).assign(grappe=lambda d: "z" + (99 - d["grappe"]).astype(str))
    other[["temps", "entree"]] = other[["temps", "entree"]] * 7
    second = incidence(spells(other, "entry", "grappe"), "franchie")
    pd.testing.assert_frame_equal(first.table.drop(columns="temps"), second.table.drop(columns="temps"))
    np.testing.assert_allclose(first.table["temps"] * 7, second.table["temps"])


def test_difference_of_restricted_means(data: pd.DataFrame) -> None:
    one, two = (survival(spells(data[data["groupe"] == g], "entry")) for g in "ab")
    gap = restricted_mean_difference(one, two, 120)
    means = [curve.restricted_mean(120) for curve in (one, two)]
    assert gap.estimate == pytest.approx(means[0].estimate - means[1].estimate)
    assert gap.se == pytest.approx((means[0].se ** 2 + means[1].se ** 2) ** 0.5)
    clustered = [survival(spells(data[data["groupe"] == g], "entry", "grappe")) for g in "ab"]
    whole = restricted_mean_difference(*clustered, 120)
    left = []
    for cluster in sorted(data["grappe"].unique()):
        parts = data[data["grappe"] != cluster]
        ours = [survival(spells(parts[parts["groupe"] == g], "entry")).restricted_mean(120).estimate for g in "ab"]
        left.append(ours[0] - ours[1])
    assert whole.se == pytest.approx((14 / 15 * np.square(left - np.mean(left)).sum()) ** 0.5)


def test_a_share_of_nobody_or_everybody_has_an_interval_all_the_same() -> None:
    frame = pd.DataFrame({"t": [100.0] * 30, "issue": ["ouvert"] * 29 + ["a"]})
    early = incidence(read(frame), "a").at([50]).table.iloc[0]
    assert (early["estimate"], early["low"]) == (0, 0)
    assert early["high"] == pytest.approx(1 - 0.025 ** (1 / 30))


def test_no_figure_beyond_what_was_followed_and_a_thin_step_is_told() -> None:
    frame = pd.DataFrame({"t": np.arange(1, 31, dtype=float), "issue": ["fin", "ouvert"] * 15})
    found = survival(read(frame)).at([5, 29, 400]).table
    assert found["warnings"].tolist()[0] == ""
    assert "trop peu" in found["warnings"].tolist()[1]
    assert "Personne n’est suivi jusqu’à" in found["warnings"].tolist()[2]
    assert np.isnan(found["estimate"].tolist()[2])
    with pytest.raises(NotEstimable, match="horizon"):
        survival(read(frame)).restricted_mean(400)


def test_a_quantile_never_reached_is_told() -> None:
    frame = pd.DataFrame({"t": np.arange(1, 31, dtype=float), "issue": ["fin"] * 5 + ["ouvert"] * 25})
    found = incidence(read(frame), "fin").quantile([0.1, 0.5]).table
    assert found["estimate"].tolist() == [3.5, np.inf]  # flat at the share: the middle of the step
    assert "n’est pas atteint" in found["warnings"].tolist()[1]


def test_a_risk_set_that_empties_before_others_enter_is_told() -> None:
    frame = simple((5, "fin"), (20, "fin"), (30, "ouvert"), e=[0, 8, 8])
    assert "plus aucune durée n’était suivie" in " ".join(survival(read(frame, entry="e")).warnings)


def test_rows_of_unknown_issue_are_left_out_and_counted() -> None:
    frame = pd.DataFrame({"t": [3.0, None, 5.0, 9.0], "issue": ["fin", "fin", None, "ouvert"]})
    lived = read(frame)
    assert (lived.n, lived.n_missing) == (2, 2)
    assert "laissées de côté" in " ".join(survival(lived).warnings)


def test_what_cannot_be_read_is_refused() -> None:
    good = simple((5, "fin"), (9, "ouvert"), e=[0, 3], g=[1, 1])
    with pytest.raises(SurveyError, match="« duree » manque"):
        durations(good, time="duree", issue="issue")
    with pytest.raises(SurveyError, match="la fin précède le début"):
        read(good.assign(t=[-1, 3]))
    with pytest.raises(SurveyError, match="jamais été observée"):
        read(good.assign(e=[5, 3]), entry="e")
    with pytest.raises(SurveyError, match="autre chose que des nombres"):
        read(good.assign(t=["5", "9"]))
    with pytest.raises(SurveyError, match="est vide sur 1"):
        read(good.assign(g=[None, 1]), cluster="g")
    with pytest.raises(SurveyError, match="Aucune durée connue"):
        read(good.assign(t=[np.nan, np.nan]))
    with pytest.raises(NotEstimable, match="seule grappe"):
        survival(read(good, cluster="g"))
    with pytest.raises(SurveyError, match="qu'un groupe"):
        log_rank(good, time="t", issue="issue", group="g", still_open="ouvert")
