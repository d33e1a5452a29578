"""ARM: the largest relative shortfall, one allocation after the other, told beside what was observed."""

import pandas as pd
import pytest

from mentorat.allocation.arm import choose, in_export_order, replay


def demands(*rows: tuple[str, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["id_demande", "association_attribuee", "mode_attribution"])


def candidates(demandes: pd.DataFrame, objectives: dict[str, int | None]) -> pd.DataFrame:
    """Every association of `objectives` could take every demand."""
    rows = [(demand, name, value) for demand in demandes["id_demande"] for name, value in objectives.items()]
    return pd.DataFrame(rows, columns=["id_demande", "association", "objectif_aap"]).astype({"objectif_aap": "Int64"})


@pytest.mark.parametrize(
    ("objectives", "allocations", "expected"),
    [
        ({"a": 10, "b": 100}, {"a": 1, "b": 20}, "a"),  # 0.90 against 0.80: relative, not the 9 and 80 that are left
        ({"a": 10, "b": 10}, {}, "a"),  # tie: order of the slugs
        ({"b": 3, "a": 9}, {"b": 1, "a": 3}, "a"),  # one third each, exactly
        ({"a": 10, "b": 10}, {"a": 10, "b": 9}, "b"),  # full: the objective is reached
        ({"a": 10, "b": 20}, {"a": 12, "b": 23}, "b"),  # all full: the least exceeded, 0.15 against 0.20
        ({"a": 0, "b": 1}, {"b": 50}, "b"),  # nothing declared is full from the start
    ],
)
def test_the_rule_gives_a_demand_to_the_largest_relative_shortfall(objectives, allocations, expected):
    assert choose(objectives, allocations) == expected


def test_each_allocation_changes_the_next_one():
    year = demands(*((f"d{n}", "a", "arm") for n in range(6)))
    result = replay(year, candidates(year, {"a": 4, "b": 2}))
    assert result.demandes["rejouee"].tolist() == ["a", "b", "a", "a", "b", "a"]
    table = result.associations.set_index("association")
    assert table.loc["", ["observees_nb", "rejouees_nb", "concordantes_nb"]].tolist() == [6, 6, 4]
    assert table.loc["b", ["observees_nb", "rejouees_nb", "concordantes_nb"]].tolist() == [0, 2, 0]


def test_what_the_tree_or_a_hand_allocated_counts_as_observed():
    year = demands(("d1", "a", "arbre"), ("d2", "a", "manuel"), ("d3", "a", "arm"), ("d4", None, None))
    result = replay(year, candidates(year, {"a": 4, "b": 2}))
    assert result.demandes.to_dict("records") == [{"id_demande": "d3", "observee": "a", "rejouee": "b"}]
    assert result.associations.set_index("association").loc["a", "attribuees_nb"] == 3


def test_an_objective_that_is_not_known_is_told_and_not_guessed():
    year = demands(("d1", "a", "arm"), ("d2", "a", "arm"))
    result = replay(year, candidates(year, {"a": 4, "b": None}))
    assert result.demandes.empty
    assert result.associations.set_index("association").loc["", "non_rejouables_nb"] == 2


def test_a_demand_that_one_association_alone_can_take_is_not_replayed():
    year = demands(("d1", "a", "arm"))
    assert replay(year, candidates(year, {"a": 4})).demandes.empty


def test_a_year_without_demands_gives_a_row_of_zeros():
    empty = demands()
    assert replay(empty, candidates(empty, {})).associations.to_numpy().tolist() == [["", 0, 0, 0, 0, 0]]


def test_demands_are_replayed_in_the_order_of_the_export():
    raw = pd.DataFrame({"id_demande": ["z", "y", "x"]})
    year = pd.DataFrame(
        {"id_demande": ["x", "y", "z"], "date_demande": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-02"])}
    )
    assert in_export_order(year, raw)["id_demande"].tolist() == ["x", "z", "y"]
