"""Two proportions against Newcombe (1998), R (PropCIs, epitools, stats) and the figures of the 2022 study."""

import json
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mentorat.survey.proportions import proportion
from mentorat.survey.rates import rate, standardised_rate
from mentorat.survey.two_samples import (
    Contrast,
    difference,
    independence_test,
    mantel_haenszel,
    number_needed,
    odds_ratio,
    risk_ratio,
)
from tests.methods.figures import DATA, assert_complete, cases, reference

NEWCOMBE, EPITOOLS = "newcombe1998", "epitools_2x2"
EXAMPLES = pd.read_csv(DATA / NEWCOMBE / "examples.csv").set_index("ex")
TABLES = pd.read_csv(DATA / EPITOOLS / "tables.csv").set_index("table")

CLOSED = {
    "method10_newcombe": ("newcombe", 1e-12),
    "method1_wald": ("wald", 1e-12),
    "method6_miettinen_nurminen": ("miettinen_nurminen", 1e-11),
    "method5_mee": ("mee", 1e-11),
    # PropCIs stops its search at 5e-7.
    "propcis_diffscoreci": ("miettinen_nurminen", 5e-7),
}
PUBLISHED = {
    "published_method10_newcombe1998_table_II": "newcombe",
    "published_MN_table_II_abg": "miettinen_nurminen",
    "published_method11_cc_abg": "newcombe_cc",
}
# PropCIs walks towards the limits of an odds ratio by steps of a thousandth.
ODDS_STEP = 1e-3
# fisher.test and epitools call uniroot with its default tolerance, 1.2e-4 on the odds ratio or its inverse: up to two
# thousandths of a small limit. test_two_samples.py holds the same limits to their definition at 1e-9.
UNIROOT = 3e-3


def example(name: str) -> tuple[int, int, int, int]:
    x1, n1, x2, n2 = (int(value) for value in EXAMPLES.loc[name])
    return x1, n1, x2, n2


def table(name: str) -> tuple[int, int, int, int]:
    """The exposed compared with the unexposed, as epitools does."""
    row = TABLES.loc[name].astype(int)
    return int(row.exp_yes), int(row.exp_yes + row.exp_no), int(row.unexp_yes), int(row.unexp_yes + row.unexp_no)


def which(name: str) -> str:
    """The table a figure is about."""
    return name.split(".", maxsplit=1)[0]


def numbers(found: Contrast, expected: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Ours and theirs, where theirs is a number: R writes NaN or Inf where an empty cell leaves none."""
    ours = {"est": found.estimate, "lo": found.low, "hi": found.high}
    for name in ("est", "lo", "hi"):
        if name in expected and expected[name] is None:
            assert not isfinite(ours[name])
    told = [name for name in ours if expected.get(name) is not None]
    return [ours[name] for name in told], [expected[name] for name in told]


@pytest.mark.parametrize("name", cases(NEWCOMBE, *(f"*.{kind}" for kind in CLOSED)))
def test_limits_of_a_difference_are_those_of_newcombe_s_methods(name: str) -> None:
    letter, kind = name.split(".")
    method, tolerance = CLOSED[kind]
    ours, theirs = numbers(difference(*example(letter), method=method), reference(NEWCOMBE)[name])
    assert ours == pytest.approx(theirs, abs=tolerance)


@pytest.mark.parametrize("name", cases(NEWCOMBE, "published_*"))
def test_limits_of_a_difference_are_those_newcombe_published(name: str) -> None:
    for letter, limits in reference(NEWCOMBE)[name].items():
        found = difference(*example(letter), method=PUBLISHED[name])
        assert (found.low, found.high) == pytest.approx(limits, abs=5e-5), letter


@pytest.mark.parametrize("name", cases(NEWCOMBE, "*.rr_score"))
def test_limits_of_a_risk_ratio_are_koopman_s(name: str) -> None:
    ours, theirs = numbers(risk_ratio(*example(name[0])), reference(NEWCOMBE)[name])
    assert ours == pytest.approx(theirs, rel=1e-10)


@pytest.mark.parametrize("name", cases(NEWCOMBE, "*.or_score"))
def test_score_limits_of_an_odds_ratio_are_those_of_propcis(name: str) -> None:
    found = odds_ratio(*example(name[0]), method="miettinen_nurminen")
    ours, theirs = numbers(found, reference(NEWCOMBE)[name])
    assert ours == pytest.approx(theirs, rel=ODDS_STEP)


@pytest.mark.parametrize("name", cases(NEWCOMBE, "*.wilson1", "*.clopper1"))
def test_limits_of_one_share_are_those_of_r(name: str) -> None:
    x, n, *_ = example(name[0])
    found = proportion(x, n, method="wilson" if name.endswith("wilson1") else "clopper_pearson")
    expected = reference(NEWCOMBE)[name]
    assert (found.low, found.high) == pytest.approx((expected["lo"], expected["hi"]), abs=1e-10)


def test_every_figure_of_newcombe_s_examples_is_held() -> None:
    shares = ["*.wilson1", "*.clopper1", "*.rr_score", "*.or_score"]
    assert_complete(NEWCOMBE, [*(f"*.{kind}" for kind in CLOSED), *PUBLISHED, *shares], {})


@pytest.mark.parametrize("name", cases(EPITOOLS, "*.riskratio.*"))
def test_risk_ratios_are_those_of_epitools(name: str) -> None:
    kind = name.rsplit(".", maxsplit=1)[1]
    found = risk_ratio(*table(which(name)), method="katz" if kind == "wald" else "small")
    ours, theirs = numbers(found, reference(EPITOOLS)[name])
    assert ours == pytest.approx(theirs, rel=1e-10)


@pytest.mark.parametrize("name", cases(EPITOOLS, "*.oddsratio.*"))
def test_odds_ratios_are_those_of_epitools(name: str) -> None:
    kind = name.rsplit(".", maxsplit=1)[1]
    found = odds_ratio(*table(which(name)), method="woolf" if kind == "wald" else kind)
    ours, theirs = numbers(found, reference(EPITOOLS)[name])
    assert ours == pytest.approx(theirs, rel=UNIROOT if kind in ("midp", "fisher") else 1e-10)


@pytest.mark.parametrize("name", cases(EPITOOLS, "*.pvalues"))
def test_p_values_are_those_of_epitools(name: str) -> None:
    for label, p in reference(EPITOOLS)[name].items():
        method = {"midp_exact": "midp", "fisher_exact": "fisher", "chi_square": "pearson"}[label]
        assert independence_test(*table(which(name)), method=method).p == pytest.approx(p, rel=1e-8), label


@pytest.mark.parametrize("name", cases(EPITOOLS, *(f"{one}.fisher" for one in TABLES.index)))
def test_exact_odds_ratio_and_test_are_those_of_fisher_test(name: str) -> None:
    expected = reference(EPITOOLS)[name]
    counts = table(which(name))
    found = odds_ratio(*counts, method="fisher")
    ours, theirs = numbers(found, {**expected, "est": expected["or_cmle"]})
    assert ours == pytest.approx(theirs, rel=UNIROOT)
    assert independence_test(*counts, method="fisher").p == pytest.approx(expected["p"], rel=1e-8)


@pytest.mark.parametrize("name", cases(EPITOOLS, "*.chisq_correct_*"))
def test_chi_squares_are_those_of_chisq_test(name: str) -> None:
    expected = reference(EPITOOLS)[name]
    found = independence_test(*table(which(name)), method="yates" if name.endswith("TRUE") else "pearson")
    assert (found.chi2, found.p) == pytest.approx((expected["stat"], expected["p"]), rel=1e-10)


@pytest.mark.parametrize("name", cases(EPITOOLS, "*.prop.test_correct_*"))
def test_normal_intervals_are_those_of_prop_test(name: str) -> None:
    expected, corrected = reference(EPITOOLS)[name], name.endswith("TRUE")
    counts = table(which(name))
    found = difference(*counts, method="wald_cc" if corrected else "wald")
    ours, theirs = numbers(found, {**expected, "est": expected["diff"]})
    assert ours == pytest.approx(theirs, rel=1e-10)
    p = independence_test(*counts, method="yates" if corrected else "pearson").p
    assert p == pytest.approx(expected["p"], rel=1e-10)


def test_common_odds_ratio_of_the_admissions_to_berkeley_is_that_of_mantelhaen_test() -> None:
    expected = reference(EPITOOLS)["UCBAdmissions.mantelhaen"]
    rows = pd.read_csv(DATA / EPITOOLS / "ucbadmissions.csv")
    counts = rows.pivot_table(index="Dept", columns=["Gender", "Admit"], values="Freq")
    men, women = counts["Male"], counts["Female"]
    sides = (men["Admitted"], men.sum(axis=1), women["Admitted"], women.sum(axis=1))
    found = mantel_haenszel(*(side.to_numpy(dtype=float) for side in sides))
    ours = (found.odds_ratio, found.low, found.high, found.chi2, found.p)
    assert ours == pytest.approx([expected[key] for key in ("or", "lo", "hi", "stat", "p")], rel=1e-10)
    # mantelhaen.test(UCBAdmissions), continuity correction on
    corrected = mantel_haenszel(*(side.to_numpy(dtype=float) for side in sides), corrected=True)
    assert corrected.chi2 == pytest.approx(1.42694622858669, rel=1e-10)


def test_exact_rates_are_those_of_pois_exact() -> None:
    counts = ((15, 1000), (0, 50), (120, 3000))
    for (events, exposure), expected in zip(counts, reference(EPITOOLS)["pois.exact"], strict=True):
        found = rate(events, exposure)
        limits = [expected[key] for key in ("rate", "lower", "upper")]
        assert (found.rate, found.low, found.high) == pytest.approx(limits, rel=1e-7)


def test_standardised_rate_is_that_of_ageadjust_direct() -> None:
    expected = reference(EPITOOLS)["ageadjust.direct"]
    found = standardised_rate([15, 25, 60], [1000, 1500, 900], [2000, 3000, 1000])
    ours = (found.crude, found.rate, found.low, found.high)
    assert ours == pytest.approx([expected[key] for key in ("crude.rate", "adj.rate", "lci", "uci")], rel=1e-10)


def test_every_figure_of_epitools_is_held() -> None:
    kinds = ["riskratio.*", "oddsratio.*", "pvalues", "chisq_correct_*", "prop.test_correct_*"]
    whole = [*(f"{one}.fisher" for one in TABLES.index), "UCBAdmissions.mantelhaen", "pois.exact", "ageadjust.direct"]
    assert_complete(EPITOOLS, [*(f"*.{kind}" for kind in kinds), *whole], {})


OUTCOMES = json.loads((DATA / "published_2022" / "reference.json").read_text(encoding="utf-8"))["outcomes"]


@pytest.mark.parametrize("item", OUTCOMES)
def test_other_methods_on_the_2022_study_give_the_reference_figures(item: str) -> None:
    expected = OUTCOMES[item]
    one, two = expected["mentored"], expected["control"]
    counts = one["x"], one["n"], two["x"], two["n"]
    for method in ("newcombe", "miettinen_nurminen", "wald", "agresti_caffo"):
        found = difference(*counts, method=method)
        assert (found.low, found.high) == pytest.approx(expected[f"ci_{method}"], abs=1e-10), method
    for method, key in (("pearson", "chi2_nocorr"), ("yates", "chi2_yates")):
        test = independence_test(*counts, method=method)
        assert (test.chi2, test.p) == pytest.approx((expected[key]["stat"], expected[key]["p"]), rel=1e-8)
    for contrast, key in ((risk_ratio(*counts, method="katz"), "rr"), (odds_ratio(*counts, method="woolf"), "or")):
        assert (contrast.estimate, contrast.low, contrast.high) == pytest.approx(
            [expected[key][name] for name in ("est", "lo", "hi")], rel=1e-8
        )
    gap = difference(*counts)
    assert number_needed(gap.estimate, gap.low, gap.high).estimate == pytest.approx(expected["nnt"], rel=1e-8)


@pytest.mark.parametrize("item", OUTCOMES)
def test_boschloo_s_test_holds_the_sizes_of_the_groups_and_not_the_answers(item: str) -> None:
    """The reference's p gave scipy the groups as rows, so that it fixed the answers: ours is another, larger figure.

    Ours is held to its definition: the largest probability, over the common share, of a table whose one-sided Fisher p
    is no larger than the one seen, twice the smaller side.
    """
    one, two = OUTCOMES[item]["mentored"], OUTCOMES[item]["control"]
    x1, n1, x2, n2 = one["x"], one["n"], two["x"], two["n"]
    as_rows = np.array([[x1, n1 - x1], [x2, n2 - x2]])
    assert stats.boschloo_exact(as_rows).pvalue == pytest.approx(OUTCOMES[item]["boschloo_p"], rel=1e-8)

    first, second = np.arange(n1 + 1), np.arange(n2 + 1)
    positive = first[:, None] + second[None, :]
    sides = []
    for p in (
        stats.hypergeom.cdf(first[:, None], n1 + n2, positive, n1),
        stats.hypergeom.sf(first[:, None] - 1, n1 + n2, positive, n1),
    ):
        as_extreme = p <= p[x1, x2] * (1 + 1e-12)
        shares = np.linspace(0.01, 0.99, 981)[:, None]
        weights = stats.binom.pmf(first, n1, shares) @ as_extreme
        sides.append(float((weights * stats.binom.pmf(second, n2, shares)).sum(axis=1).max()))
    assert independence_test(x1, n1, x2, n2, method="boschloo").p == pytest.approx(2 * min(sides), rel=1e-4)
