"""Power, sample and tipping point of the published 2022 study, figure by figure.

Its comparisons are held in test_study_2022_reference.py and test_two_samples_reference.py; this module holds what is
left, and that nothing is.
"""

from math import sqrt

import pandas as pd
import pytest

from mentorat.reference import load
from mentorat.survey.multiplicity import benjamini_hochberg, holm
from mentorat.survey.planning import Assumptions, detectable_h, detectable_share, power_of_shares, sample_for_shares
from mentorat.survey.proportions import two_proportions
from mentorat.survey.study_2022 import (
    difference_under,
    questions_survived,
    sample_needed,
    study_2022,
    tipping_points,
)
from tests.methods.figures import assert_complete, cases, reference

CASE = "published_2022"
FIGURES = reference(CASE)
ITEMS = {"alone": "se_sent_seul", "management": "projection_direction"}
COUNTS = {"alone": (39, 163, 57, 174), "management": (49, 163, 30, 174)}
BASES = (163, 174)

# Where the reference came out of a solver that stops at 1e-8 of power, its h has eight figures and no more.
SOLVER = 1e-6

COVERED = {
    "mde_cohen_h_80": "detectable_h",
    "mde_80_power_alpha05_n163_174/*": "detectable_share",
    "achieved_power_at_observed/*": "power_of_shares",
    "n_per_arm_for_80_power/*": "sample_for_shares",
    "outcomes/*/deff_to_lose_significance": "tipping_points",
    "outcomes/*/icc_to_lose_significance*": "tipping_points",
    "outcomes/*/z_pooled": "two_proportions",
    "outcomes/*/nnt": "two_proportions",
    "outcomes/*/mentored/p": "two_proportions",
    "outcomes/*/control/p": "two_proportions",
    "outcomes/*/or/*": "two_proportions",
    "multiplicity/holm_fisher/*": "holm",
    "multiplicity/bh_chi2/*": "benjamini_hochberg",
    "multiplicity/max_m_*": "questions_survived",
}
IN_STUDY_TESTS = (
    "admissible_counts/*",
    "sensitivity_to_rounding/*",
    "multiplicity/order/*",
    "multiplicity/holm_chi2/*",
    "outcomes/*/mentored/[xn]",
    "outcomes/*/control/[xn]",
    "outcomes/*/diff",
    "outcomes/*/ci_newcombe/*",
    "outcomes/*/chi2_nocorr/*",
    "outcomes/*/fisher/*",
    "outcomes/*/rr/*",
    "outcomes/*/cohen_h",
    "outcomes/*/evalue/*",
    "outcomes/*/p_with_deff/*",
)
IN_TWO_SAMPLES_TESTS = (
    "outcomes/*/ci_miettinen_nurminen/*",
    "outcomes/*/ci_wald/*",
    "outcomes/*/ci_agresti_caffo/*",
    "outcomes/*/chi2_yates/*",
)
NOT_APPLICABLE = {
    "outcomes/*/boschloo_p": "scipy was given the groups as rows, which fixes the answers and not the groups: ours is "
    "held to its definition in test_two_samples_reference.py.",
    "outcomes/*/barnard_p": "Boschloo's unconditional test is the one kept: it is never less powerful than Fisher's.",
}


def test_every_number_of_the_file_is_held_or_has_its_reason() -> None:
    assert_complete(CASE, [*COVERED, *IN_STUDY_TESTS, *IN_TWO_SAMPLES_TESTS], NOT_APPLICABLE)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return study_2022(load("etude_2022"))


def test_smallest_h_detected_by_the_two_groups_of_2022() -> None:
    found = detectable_h(*BASES)
    assert found == pytest.approx(FIGURES["mde_cohen_h_80"], rel=SOLVER)
    one_tail = 2.8015852 / sqrt(163 * 174 / 337)
    assert found == pytest.approx(one_tail, rel=SOLVER * 2)


@pytest.mark.parametrize("name", cases(CASE, "mde_80_power_alpha05_n163_174/*"))
def test_smallest_difference_detected_from_each_baseline(name: str) -> None:
    _, baseline, kind = name.split("/")
    test, direction, *effect = kind.split("_")
    found = detectable_share(
        float(baseline),
        *BASES,
        direction="hausse" if direction == "up" else "baisse",
        scale="h" if test == "arcsine" else "pooled",
        assumptions=Assumptions(design_effect=float(effect[0].removeprefix("deff")) if effect else None),
    )
    if FIGURES[name] is None:
        assert found is None
    else:
        assert found is not None
        assert found.effect == pytest.approx(FIGURES[name], rel=SOLVER if test == "arcsine" else 1e-8)


@pytest.mark.parametrize("name", cases(CASE, "achieved_power_at_observed/*"))
def test_power_of_2022_had_the_observed_difference_been_the_true_one(name: str) -> None:
    x1, n1, x2, n2 = COUNTS[name.split("/")[1]]
    assert power_of_shares(x1 / n1, x2 / n2, n1, n2).power == pytest.approx(FIGURES[name], rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "n_per_arm_for_80_power/*"))
def test_young_people_to_ask_in_each_group(name: str, table: pd.DataFrame) -> None:
    _, item, effect = name.split("/")
    x1, n1, x2, n2 = COUNTS[item]
    plan = sample_for_shares(x1 / n1, x2 / n2, assumptions=Assumptions(design_effect=float(effect)))
    assert plan.n1 == plan.n2 == FIGURES[name]
    told = sample_needed(table).set_index(["item", "effet_plan"])["n_par_groupe"]
    assert told[ITEMS[item], float(effect)] == FIGURES[name]


@pytest.mark.parametrize("name", cases(CASE, "outcomes/*/deff_to_lose_significance"))
def test_design_effect_at_which_the_conclusion_falls(name: str, table: pd.DataFrame) -> None:
    found = tipping_points(table).set_index("item")["effet_plan_bascule"][ITEMS[name.split("/")[1]]]
    assert found == pytest.approx(FIGURES[name], rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "outcomes/*/icc_to_lose_significance*"))
def test_intraclass_correlation_at_which_the_conclusion_falls(name: str, table: pd.DataFrame) -> None:
    row = tipping_points(table).set_index("item").loc[ITEMS[name.split("/")[1]]]
    if FIGURES[name] is None:
        assert row.filter(like="icc_").isna().all()
    else:
        assert row[f"icc_{name.rsplit('=', 1)[1]}"] == pytest.approx(FIGURES[name], rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, *(one for one in COVERED if COVERED[one] == "two_proportions")))
def test_shares_ratios_and_statistics_of_a_comparison(name: str) -> None:
    _, item, *path = name.split("/")
    found = two_proportions(*COUNTS[item])
    figures = {
        "z_pooled": sqrt(found.chi2),
        "nnt": 1 / found.difference,
        "mentored/p": found.share1,
        "control/p": found.share2,
        "or/est": found.odds_ratio,
        "or/lo": found.or_low,
        "or/hi": found.or_high,
    }
    assert figures["/".join(path)] == pytest.approx(FIGURES[name], rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "multiplicity/holm_fisher/*", "multiplicity/bh_chi2/*"))
def test_corrections_for_two_questions(name: str, table: pd.DataFrame) -> None:
    _, method, rank = name.split("/")
    rows = table.set_index("item").loc[[ITEMS[item] for item in ("alone", "management")]]
    column, correct = ("p_fisher", holm) if method == "holm_fisher" else ("p_chi2", benjamini_hochberg)
    assert correct(rows[column].to_numpy())[int(rank)] == pytest.approx(FIGURES[name], rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "multiplicity/max_m_*"))
def test_number_of_questions_a_conclusion_withstands(name: str, table: pd.DataFrame) -> None:
    item = ITEMS[name.split("max_m_")[1].split("_", maxsplit=1)[0]]
    assert questions_survived(table).set_index("item")["questions"][item] == FIGURES[name]


@pytest.mark.parametrize("item", ITEMS)
def test_at_its_tipping_point_a_difference_has_p_of_five_per_cent(item: str, table: pd.DataFrame) -> None:
    effect = tipping_points(table).set_index("item")["effet_plan_bascule"][ITEMS[item]]
    if effect >= 1:
        row = table.set_index("item").loc[ITEMS[item]]
        assert difference_under(row, effect).chi2_p == pytest.approx(0.05, rel=1e-9)
