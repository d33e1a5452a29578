"""Diplomas at exit: closed forms, bounds that hold whatever is not known, sentences that say no more."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorat.causal.exit_diplomas import ENOUGH, GAP, GROUPS, UNKNOWN, WITH, WITHOUT, diploma_sentences, exit_diplomas

CODES = [None, "1", "2", "3", "4", "5"]
exits_of_a_group = st.lists(st.sampled_from(CODES), min_size=ENOUGH, max_size=40)


def exits(**groups: list[str | None]) -> pd.DataFrame:
    """Rows of the mart: codes by group."""
    mentored = {WITH: True, WITHOUT: False, UNKNOWN: None}
    rows = [(mentored[name], code) for name, codes in groups.items() for code in codes]
    frame = pd.DataFrame(rows, columns=["mentore_avant", "diplome"])
    return frame.astype({"mentore_avant": "boolean", "diplome": "string"})


def table(frame: pd.DataFrame) -> pd.DataFrame:
    return exit_diplomas(frame).set_index("groupe")


def held(codes: list[str | None]) -> int:
    return sum(code in ("2", "3", "4", "5") for code in codes)


def test_the_figures_of_a_group_and_the_gap_are_those_of_the_closed_form() -> None:
    found = table(exits(mentores=["1"] * 4 + ["2", "3", "4", "5"] * 3 + [None] * 4, non_mentores=["1", "2"] * 10))
    assert found.index.tolist() == [WITH, WITHOUT, UNKNOWN, GAP]
    told = ["sorties", "connus", "part_connue", "diplomes", "part_diplomes", "borne_basse", "borne_haute"]
    assert found.loc[WITH, told].tolist() == pytest.approx([20, 16, 0.8, 12, 0.75, 0.6, 0.8])
    assert found.loc[WITHOUT, told].tolist() == pytest.approx([20, 20, 1, 10, 0.5, 0.5, 0.5])
    assert found.loc[GAP, ["borne_basse", "borne_haute"]].tolist() == pytest.approx([0.1, 0.3])
    assert found.loc[GAP, told[:5]].isna().all()


def test_whose_mentoring_nobody_knows_are_a_group_apart_and_nobody_is_lost() -> None:
    frame = exits(mentores=["2"] * 12, non_mentores=["1"] * 13, mentorat_inconnu=["3"] * 14)
    found = table(frame.sample(frac=1, random_state=1))
    assert found.loc[list(GROUPS), "sorties"].tolist() == [12, 13, 14]


@given(exits_of_a_group, exits_of_a_group, st.data())
def test_the_bounds_hold_whatever_the_unknown_diplomas_are(
    mentored: list[str | None], others: list[str | None], data: st.DataObject
) -> None:
    found = table(exits(mentores=mentored, non_mentores=others))
    shares = []
    for name, codes in ((WITH, mentored), (WITHOUT, others)):
        unknown = codes.count(None)
        low, high = ((held(codes) + extreme) / len(codes) for extreme in (0, unknown))
        assert (found.loc[name, "borne_basse"], found.loc[name, "borne_haute"]) == pytest.approx((low, high))
        shares.append((held(codes) + data.draw(st.integers(0, unknown))) / len(codes))
        assert found.loc[name, "borne_basse"] - 1e-9 <= shares[-1] <= found.loc[name, "borne_haute"] + 1e-9
    gap = shares[0] - shares[1]
    assert found.loc[GAP, "borne_basse"] - 1e-9 <= gap <= found.loc[GAP, "borne_haute"] + 1e-9


def test_when_no_diploma_is_known_anything_is_possible() -> None:
    found = table(exits(mentores=[None] * 15, non_mentores=[None] * 15))
    assert found.loc[WITH, ["borne_basse", "borne_haute"]].tolist() == [0, 1]
    assert pd.isna(found.loc[WITH, "part_diplomes"])
    assert found.loc[GAP, ["borne_basse", "borne_haute"]].tolist() == [-1, 1]


def test_fewer_than_eleven_exits_give_no_figure_nor_gap() -> None:
    found = table(exits(mentores=["2"] * (ENOUGH - 1), non_mentores=["2"] * 20))
    figures = found.drop(columns=["libelle", "avertissements"])
    assert figures.loc[[WITH, UNKNOWN, GAP]].isna().all(axis=None)
    assert found.loc[[WITH, UNKNOWN, GAP], "avertissements"].str.startswith(("Moins", "Un groupe")).all()
    assert found.loc[WITHOUT, "sorties"] == 20


@pytest.mark.parametrize("frame", [exits(), exits(non_mentores=["2"])])
def test_a_year_without_exits_keeps_its_rows(frame: pd.DataFrame) -> None:
    assert exit_diplomas(frame)["groupe"].tolist() == [*GROUPS, GAP]


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (["2"] * 7 + ["1"] * 7 + [None] * 6, "ne disent donc pas dans quel groupe"),
        (["1"] * 14 + ["2"] * 6, "ce qui ne dit rien de sa cause"),
        (["1"] * 5, "non publié"),
    ],
)
def test_the_sentences_give_bounds_and_no_cause(others: list[str | None], said: str) -> None:
    told = diploma_sentences(exit_diplomas(exits(mentores=["2"] * 15 + ["1"] * 9 + [None] * 6, non_mentores=others)))
    assert len(told) == len(GROUPS) + 2
    assert said in told[-2]
    assert "50,0\u00a0% et 70,0\u00a0%" in told[0]
    assert "non un effet du mentorat" in told[-1]
