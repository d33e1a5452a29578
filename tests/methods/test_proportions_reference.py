"""Figures of R (PropCIs, epitools, p.adjust, EValue) and of Newcombe (1998), Table II."""

import json
from pathlib import Path

import pandas as pd
import pytest

from mentorat.causal.sensitivity import e_value
from mentorat.survey.multiplicity import benjamini_hochberg, holm
from mentorat.survey.proportions import proportion, two_proportions

DATA = Path(__file__).parent / "data"
REFERENCE = json.loads((DATA / "reference.json").read_text(encoding="utf-8"))
EXAMPLES = pd.read_csv(DATA / "newcombe1998_examples.csv").set_index("ex")
TABLES = pd.read_csv(DATA / "epitools_tables.csv").set_index("table")


def figure(case: str, name: str) -> object:
    return REFERENCE[case]["figures"][name]["value"]


@pytest.mark.parametrize("example", EXAMPLES.index)
def test_newcombe_interval_is_that_of_his_eight_examples(example: str) -> None:
    row = EXAMPLES.loc[example]
    found = two_proportions(int(row.x1), int(row.n1), int(row.x2), int(row.n2))
    expected = figure("newcombe1998", f"{example}.method10_newcombe")
    published = figure("newcombe1998", "published_method10_newcombe1998_table_II")[example]
    assert found.difference == pytest.approx(expected["est"], abs=1e-12)
    assert (found.low, found.high) == pytest.approx((expected["lo"], expected["hi"]), abs=1e-12)
    assert (found.low, found.high) == pytest.approx(published, abs=5e-5)


@pytest.mark.parametrize("example", EXAMPLES.index)
def test_wilson_interval_is_that_of_prop_test(example: str) -> None:
    row = EXAMPLES.loc[example]
    expected = figure("newcombe1998", f"{example}.wilson1")
    found = proportion(int(row.x1), int(row.n1))
    assert (found.low, found.high) == pytest.approx((expected["lo"], expected["hi"]), abs=1e-9)


@pytest.mark.parametrize("table", TABLES.index)
def test_ratios_and_tests_of_a_two_by_two_table_are_those_of_r(table: str) -> None:
    row = TABLES.loc[table].astype(int)
    # epitools compares the exposed with the unexposed.
    found = two_proportions(
        int(row.exp_yes), int(row.exp_yes + row.exp_no), int(row.unexp_yes), int(row.unexp_yes + row.unexp_no)
    )
    ratio, odds = (figure("epitools_2x2", f"{table}.{kind}.wald") for kind in ("riskratio", "oddsratio"))
    for expected, triple in (
        (ratio, (found.risk_ratio, found.rr_low, found.rr_high)),
        (odds, (found.odds_ratio, found.or_low, found.or_high)),
    ):
        wanted = [float("nan") if expected[key] is None else expected[key] for key in ("est", "lo", "hi")]
        assert triple == pytest.approx(wanted, rel=1e-10, nan_ok=True)
    assert found.fisher_p == pytest.approx(figure("epitools_2x2", f"{table}.fisher")["p"], rel=1e-8)
    chi2 = figure("epitools_2x2", f"{table}.chisq_correct_FALSE")
    assert (found.chi2, found.chi2_p) == pytest.approx((chi2["stat"], chi2["p"]), rel=1e-10)


FAMILIES = {
    "bh1995": [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
        0.759, 1,
    ],
    "small": [0.01, 0.02, 0.03, 0.04, 0.05],
    "ties": [0.005, 0.005, 0.02, 0.04, 0.04, 0.5],
    "na": [0.01, float("nan"), 0.03],
    "one": [0.03],
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_adjusted_p_values_are_those_of_p_adjust(family: str) -> None:
    for rule, name in ((holm, "holm"), (benjamini_hochberg, "BH")):
        value = figure("multiple_testing", f"{family}.{name}")
        expected = [float("nan") if p is None else p for p in (value if isinstance(value, list) else [value])]
        assert rule(FAMILIES[family]) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", ["evalue.leukemia_RR_0.80", "evalue.RR_3.9_1.8_8.7", "evalue.OR_rare"])
def test_e_values_are_those_of_r_evalue(name: str) -> None:
    value = figure("sensitivity", name)
    ratio, expected = value["RR"], value["E-values"]
    found = e_value(ratio["point"], ratio["lower"], ratio["upper"])
    limit = expected["upper"] if expected["lower"] is None else expected["lower"]
    assert (found.point, found.limit) == pytest.approx((expected["point"], limit), rel=1e-10)
