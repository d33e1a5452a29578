"""Missing answers: rates by group, patterns, bounds, tipping point."""

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.design import SurveyError, survey_design
from mentorat.survey.missing import (
    RATES,
    missing_patterns,
    missing_rates,
    tipping_grid,
    tipping_point,
    worst_case_bounds,
)
from mentorat.survey.proportions import two_proportions


def answers(mentored: tuple[int, int, int], others: tuple[int, int, int]) -> pd.DataFrame:
    """Counts of positive, negative and missing answers in each group."""
    values = [1.0] * mentored[0] + [0.0] * mentored[1] + [np.nan] * mentored[2]
    values += [1.0] * others[0] + [0.0] * others[1] + [np.nan] * others[2]
    return pd.DataFrame({"seul": values, "mentore": [True] * sum(mentored) + [False] * sum(others)})


LONELY = answers((39, 114, 10), (57, 103, 14))
"""The sizes of the 2022 study (163 and 174), with missing answers supposed for the example."""


def test_rates_are_counts_with_newcombes_interval() -> None:
    found = missing_rates(LONELY, ["seul"], "mentore").table
    row, expected = found.iloc[0], two_proportions(10, 163, 14, 174)
    assert list(found.columns) == list(RATES)
    assert (row["n_mentores"], row["n_manquants_mentores"], row["n_manquants_non_mentores"]) == (163, 10, 14)
    assert (row["ecart"], row["ic_bas"], row["ic_haut"], row["p"]) == pytest.approx(
        (expected.difference, expected.low, expected.high, expected.chi2_p)
    )


def test_few_missing_answers_are_tested_exactly() -> None:
    frame = answers((30, 30, 3), (30, 30, 0))
    assert missing_rates(frame, ["seul"], "mentore").table["p"][0] == two_proportions(3, 63, 0, 60).fisher_p


def test_answers_missing_together_in_a_structure_widen_the_interval() -> None:
    cluster = np.repeat(np.arange(40), 10)
    frame = pd.DataFrame(
        {"q": np.where(cluster % 8 < 2, np.nan, 1.0), "structure": cluster, "mentore": cluster % 2 == 0}
    )
    alone = missing_rates(frame, ["q"], "mentore").table.iloc[0]
    grouped = missing_rates(frame, ["q"], "mentore", cluster="structure").table.iloc[0]
    assert grouped["deff"] == pytest.approx(10 * 40 / 39)  # whole structures missing: the size of a structure
    assert grouped["ic_haut"] - grouped["ic_bas"] > 2 * (alone["ic_haut"] - alone["ic_bas"])


def test_an_unequal_rate_an_empty_group_and_an_empty_item_are_told() -> None:
    frame = answers((40, 40, 80), (80, 80, 0)).assign(vide=np.nan)
    frame["un_groupe"] = np.where(frame["mentore"], np.nan, 1.0)
    told = " ".join(missing_rates(frame, ["seul", "vide", "un_groupe"], "mentore").warnings).replace("\u00a0", " ")
    assert "« seul » manque pour 50,0 % des mentorés et 0,0 % des autres (+50,0 points)" in told
    assert "Personne n’a répondu à l’item « vide »" in told
    assert "Tout un groupe n’a pas répondu à l’item « un_groupe »" in told


def test_patterns_say_which_items_are_missing_together() -> None:
    frame = pd.DataFrame(
        {"a": [1, None, None, 1, 1], "b": [1, None, None, 1, None], "mentore": [True, True, False, False, False]}
    )
    found = missing_patterns(frame, ["a", "b"], "mentore")
    assert found.to_dict("list") == {
        "a": [True, False, True],
        "b": [True, False, False],
        "n_manquants": [0, 2, 1],
        "n": [2, 2, 1],
        "n_mentores": [1, 1, 0],
        "n_non_mentores": [1, 1, 1],
        "part": [0.4, 0.4, 0.2],
    }


def test_bounds_are_the_two_extreme_tables() -> None:
    found = worst_case_bounds(LONELY, "seul", "mentore")
    assert found.low == pytest.approx(39 / 163 - 71 / 174)
    assert found.high == pytest.approx(49 / 163 - 57 / 174)
    assert found.observed == pytest.approx(39 / 153 - 57 / 160)
    # Bounds far apart: the interval is that of a 90 % Newcombe at each end.
    lower, upper = two_proportions(39, 163, 71, 174, level=0.9), two_proportions(49, 163, 57, 174, level=0.9)
    assert found.ci_low == pytest.approx(lower.low, abs=2e-3)
    assert found.ci_high == pytest.approx(upper.high, abs=2e-3)


def test_bounds_without_missing_answers_are_newcombes_interval() -> None:
    found = worst_case_bounds(answers((39, 124, 0), (57, 117, 0)), "seul", "mentore")
    expected = two_proportions(39, 163, 57, 174)
    assert (found.low, found.high) == pytest.approx((expected.difference, expected.difference))
    assert (found.ci_low, found.ci_high) == pytest.approx((expected.low, expected.high))


def test_bounds_of_a_clustered_sample_take_its_design_effect_and_of_a_weighted_one_its_shares() -> None:
    frame = LONELY.assign(structure=np.arange(len(LONELY)) // 10, poids=np.where(np.arange(len(LONELY)) % 2, 3.0, 1.0))
    plain = worst_case_bounds(frame, "seul", "mentore")
    clustered = worst_case_bounds(frame, "seul", "mentore", design=survey_design(frame, clusters="structure"))
    weighted = worst_case_bounds(frame, "seul", "mentore", design=survey_design(frame, weights="poids"))
    assert clustered.deff > 2
    assert clustered.ci_low < plain.ci_low
    mentored = frame[frame["mentore"]]
    share = np.average(mentored["seul"].fillna(1), weights=mentored["poids"])
    others = frame[~frame["mentore"]]
    assert weighted.high == pytest.approx(share - np.average(others["seul"].fillna(0), weights=others["poids"]))


def test_bounds_hold_the_difference_at_the_edges_of_what_the_missing_can_be() -> None:
    rng, held, draws = np.random.default_rng(2), 0, 400
    for _ in range(draws):
        mentore = np.arange(340) < 165
        y = (rng.random(340) < np.where(mentore, 0.24, 0.33)).astype(float)
        hidden = (rng.random(340) < 0.25) & np.where(mentore, y == 1, y == 0)  # the worst that can be
        frame = pd.DataFrame({"y": np.where(hidden, np.nan, y), "mentore": mentore})
        found = worst_case_bounds(frame, "y", "mentore")
        held += found.ci_low <= -0.09 <= found.ci_high
    assert held / draws >= 0.917  # 95 % less three standard errors


def test_the_tipping_table_holds_every_supposition_and_its_newcombe_interval() -> None:
    found = tipping_point(LONELY, "seul", "mentore")
    assert len(found.table) == 11
    row, expected = found.table.iloc[3], two_proportions(39 + 3, 163, 57, 160)
    assert row["part_supposee"] == pytest.approx(0.3)
    assert (row["ecart"], row["ic_bas"], row["ic_haut"]) == pytest.approx(
        (expected.difference, expected.low, expected.high)
    )


def test_a_conclusion_that_tips_says_at_which_answers() -> None:
    frame = answers((60, 100, 40), (90, 90, 0))  # 37,5 % against 50 %: fewer, until the unanswered said yes
    found = tipping_point(frame, "seul", "mentore", label="Se sentir seul")
    changed = found.table.set_index("part_supposee")["conclusion"]
    assert found.conclusion == "moins"
    assert changed[found.upper] == "non concluant"
    assert changed[found.upper - 1 / 40] == "moins"
    assert np.isnan(found.lower)
    text = found.sentence.replace("\u00a0", " ").replace("\u202f", " ")
    share = f"{round(100 * found.upper)} % ({round(40 * found.upper)} sur 40) des jeunes mentorés sans réponse"
    assert "« Se sentir seul » : la conclusion (réponse positive moins fréquente chez les mentorés)" in text
    assert f"changerait si au moins {share}" in text
    assert "contre 38 % parmi ceux qui ont répondu" in text


def test_a_conclusion_that_no_answer_can_move_says_so() -> None:
    found = tipping_point(answers((20, 140, 2), (90, 84, 0)), "seul", "mentore")
    assert np.isnan([found.lower, found.upper]).all()
    assert "la conclusion (réponse positive moins fréquente chez les mentorés) reste la même" in found.sentence
    assert (
        "quoi qu’ait répondu le jeune mentoré sans réponse"
        in tipping_point(answers((20, 140, 1), (90, 84, 0)), "seul", "mentore").sentence
    )
    assert (
        "ne tient à aucune supposition"
        in tipping_point(answers((20, 140, 1), (90, 84, 0)), "seul", "mentore", arm=False).sentence
    )


def test_the_corners_of_the_grid_are_the_bounds() -> None:
    grid = tipping_grid(LONELY, "seul", "mentore").set_index(["part_mentores", "part_non_mentores"])["ecart"]
    found = worst_case_bounds(LONELY, "seul", "mentore")
    assert (grid[(0.0, 1.0)], grid[(1.0, 0.0)]) == pytest.approx((found.low, found.high))
    assert len(grid) == 121


def test_nothing_hangs_on_the_order_of_rows_or_the_unit_of_weights() -> None:
    frame = LONELY.assign(structure=np.arange(len(LONELY)) % 30, poids=1.0 + np.arange(len(LONELY)) % 3)
    moved = frame.sample(frac=1, random_state=1).assign(poids=lambda rows: 9 * rows["poids"])
    first, second = (
        worst_case_bounds(one, "seul", "mentore", design=survey_design(one, weights="poids", clusters="structure"))
        for one in (frame, moved)
    )
    assert (second.ci_low, second.ci_high, second.deff) == pytest.approx((first.ci_low, first.ci_high, first.deff))


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (LONELY.assign(seul=np.nan), "Personne n'a répondu à l'item « seul »"),
        (LONELY.assign(seul=3.0), "doit valoir 1"),
        (answers((0, 0, 10), (5, 5, 0)), "Aucun des jeunes mentorés"),
        (answers((5, 5, 0), (0, 0, 10)), "Aucun des jeunes non mentorés"),
        (LONELY.drop(columns="seul"), "La colonne « seul » manque"),
        (LONELY.assign(seul="oui"), "contient du texte"),
    ],
)
def test_an_item_that_cannot_be_compared_is_named(frame: pd.DataFrame, message: str) -> None:
    for method in (worst_case_bounds, tipping_point, tipping_grid):
        with pytest.raises(SurveyError, match=message):
            method(frame, "seul", "mentore")
