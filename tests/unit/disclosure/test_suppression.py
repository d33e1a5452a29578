"""Suppression over a linear system: what it hides, what it shows, and what an attacker makes of it."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentorat.disclosure import core
from mentorat.disclosure.core import Equation, Suppression, attack, refuse_if_breached, suppress
from mentorat.errors import PublicationStopped

# Fischetti and Salazar-González (2001), and a 5 × 4 table of counts; bounds computed with R's lpSolve 5.6.18
INVESTMENT = np.array([[20, 50, 10], [8, 19, 22], [17, 32, 12]])
FOSTER = np.array([[12, 3, 25, 40], [7, 18, 2, 33], [60, 11, 9, 14], [4, 22, 16, 8], [30, 6, 13, 1]])


def two_way(table: np.ndarray, threshold: int) -> tuple[pd.DataFrame, list[Equation]]:
    """Cells and equations of a table with its margins; margins are worth more than what they hold."""
    rows, columns = table.shape
    whole = np.vstack([np.hstack([table, table.sum(1, keepdims=True)]), [*table.sum(0), table.sum()]])
    cells = [
        (f"{i}|{j}", whole[i, j], int(i == rows) + int(j == columns))
        for i in range(rows + 1)
        for j in range(columns + 1)
    ]
    equations = [Equation(f"{i}|{columns}", tuple(f"{i}|{j}" for j in range(columns))) for i in range(rows + 1)]
    equations += [Equation(f"{rows}|{j}", tuple(f"{i}|{j}" for i in range(rows))) for j in range(columns + 1)]
    frame = pd.DataFrame(cells, columns=["cle", "valeur", "rang"])
    return frame.assign(sensible=frame["valeur"].between(1, threshold - 1)), equations


def shown(cells: pd.DataFrame, done: Suppression) -> dict[str, int]:
    return {key: int(n) for key, n in zip(cells["cle"], cells["valeur"], strict=True) if key not in done.hidden}


def test_a_lone_hidden_cell_is_recovered_by_subtraction() -> None:
    cells, equations = two_way(INVESTMENT, 5)
    released = dict(zip(cells["cle"], cells["valeur"], strict=True))
    del released["1|2"]
    found = attack(released, equations, {"1|2": 5})
    assert found.to_numpy().tolist() == [["1|2", 22, 22, 5]]


def test_bounds_of_the_attacker_are_those_of_the_published_example() -> None:
    cells, equations = two_way(INVESTMENT, 5)
    hidden = ["1|0", "1|2", "2|0", "2|2"]
    released = {key: int(n) for key, n in zip(cells["cle"], cells["valeur"], strict=True) if key not in hidden}
    found = attack(released, equations, dict.fromkeys(hidden, 1000)).set_index("cle")
    bounds = found[["bas", "haut"]].apply(tuple, axis=1).to_dict()
    assert bounds == {"1|0": (0, 25), "1|2": (5, 30), "2|0": (0, 25), "2|2": (4, 29)}


def test_bounds_agree_with_an_outside_audit_of_an_outside_pattern() -> None:
    """Pattern of GaussSuppression 1.2.3 (R), audited with lpSolve."""
    audited = {
        "0|0": (4, 15),
        "1|0": (0, 9),
        "3|0": (3, 10),
        "0|1": (0, 11),
        "2|1": (9, 18),
        "4|1": (0, 7),
        "1|2": (0, 9),
        "2|2": (2, 11),
        "3|3": (2, 9),
        "4|3": (0, 7),
    }
    cells, equations = two_way(FOSTER, 5)
    released = {key: int(n) for key, n in zip(cells["cle"], cells["valeur"], strict=True) if key not in audited}
    found = attack(released, equations, dict.fromkeys(audited, 1000)).set_index("cle")
    assert found[["bas", "haut"]].apply(tuple, axis=1).to_dict() == audited


@pytest.mark.parametrize(("threshold", "at_most"), [(5, 12), (11, 14)])
def test_few_more_cells_than_the_sensitive_ones_are_hidden_and_margins_stay(threshold: int, at_most: int) -> None:
    cells, equations = two_way(FOSTER, threshold)
    done = suppress(cells, equations, threshold - 1)
    assert len(done.hidden) <= at_most
    assert not any(key.startswith("5|") or key.endswith("|4") for key in done.hidden)
    assert attack(shown(cells, done), equations, done.needs).empty


def test_hidden_parts_of_too_small_a_sum_call_for_another() -> None:
    cells = pd.DataFrame({"cle": list("tabcd"), "valeur": [60, 1, 2, 7, 50], "rang": [1, 0, 0, 0, 0]})
    done = suppress(cells.assign(sensible=cells["valeur"] < 3), [Equation("t", tuple("abcd"))], 4)
    assert (done.primary, done.secondary) == ({"a", "b"}, {"c"})


def test_a_small_complement_hides_the_numerator_it_would_give_away() -> None:
    cells = pd.DataFrame(
        {
            "cle": ["base", "oui", "non"],
            "valeur": [100, 98, 2],
            "sensible": [False, False, True],
            "rang": [1, 0, 0],
            "derivee": [False, False, True],
        }
    )
    done = suppress(cells, [Equation("base", ("oui", "non"))], 4)
    assert (done.primary, done.secondary) == (frozenset(), {"oui"})
    assert done.needs == {"oui": 1, "non": 4}


def test_a_complement_that_is_not_small_may_be_deduced() -> None:
    cells = pd.DataFrame({"cle": ["b", "o", "n"], "valeur": [100, 60, 40], "sensible": False})
    done = suppress(cells.assign(derivee=[False, False, True]), [Equation("b", ("o", "n"))], 4)
    assert not done.hidden


def test_a_gap_known_to_the_attacker_protects_nothing() -> None:
    cells = pd.DataFrame({"cle": ["t", "a", "b"], "valeur": [30, 3, 20], "sensible": [False, True, False]})
    done = suppress(cells.assign(rang=[1, 0, 0]), [Equation("t", ("a", "b"), gap=7)], 4)
    assert done.hidden == {"a", "b"}


def test_what_an_earlier_pass_hid_stays_hidden_and_is_never_recovered() -> None:
    cells = pd.DataFrame({"cle": ["t", "a", "b"], "valeur": [80, 30, 50], "sensible": False, "rang": [1, 0, 0]})
    done = suppress(cells, [Equation("t", ("a", "b"))], 4, already_hidden={"a"})
    assert done.hidden == {"a", "b"}


def test_a_cell_without_a_value_is_no_cell() -> None:
    cells = pd.DataFrame({"cle": ["a", "b"], "valeur": pd.array([3, pd.NA], dtype="Int64"), "sensible": [True, False]})
    assert suppress(cells, [], 4).hidden == {"a"}


def test_a_false_equation_is_refused() -> None:
    cells = pd.DataFrame({"cle": ["t", "a"], "valeur": [5, 4], "sensible": False})
    with pytest.raises(ValueError, match="does not hold"):
        suppress(cells, [Equation("t", ("a",))], 4)
    with pytest.raises(ValueError, match="without a value"):
        suppress(cells, [Equation("t", ("z",))], 4)
    with pytest.raises(ValueError, match="named twice"):
        Equation("t", ("t", "a"))


def test_publication_stops_in_french_and_without_any_value_when_the_attacker_finds_something() -> None:
    with pytest.raises(PublicationStopped, match="secret statistique") as stopped:
        refuse_if_breached({"t": 17, "a": 15}, [Equation("t", ("a", "b"))], {"b": 4}, "essai")
    assert "17" not in str(stopped.value) and "15" not in str(stopped.value)


def test_equations_in_a_triangle_are_solved_too() -> None:
    """Three sums of two among three: a triangle, where a matrix of margins would have none."""
    equations = [Equation("s1", ("x", "y")), Equation("s2", ("y", "z")), Equation("s3", ("x", "z"))]
    found = attack({"s1": 1, "s2": 1, "s3": 2}, equations, {"x": 1, "y": 1, "z": 1})
    assert found.set_index("cle")["bas"].to_dict() == {"x": 1, "y": 0, "z": 1}


tables = st.tuples(st.integers(2, 4), st.integers(2, 5)).flatmap(
    lambda shape: st.lists(
        st.one_of(st.integers(0, 12), st.integers(0, 60)), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]
    ).map(lambda flat: np.array(flat).reshape(shape))
)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(table=tables, threshold=st.sampled_from([5, 11]), zeros=st.booleans())
def test_no_hidden_cell_is_recovered_and_visible_cells_are_true(table: np.ndarray, threshold: int, zeros: bool) -> None:
    cells, equations = two_way(table, threshold)
    cells["sensible"] |= zeros & (cells["valeur"] == 0) & (table.sum() > 0)
    done = suppress(cells, equations, threshold - 1)
    assert set(cells.loc[cells["sensible"], "cle"]) == done.primary
    assert attack(shown(cells, done), equations, done.needs).empty
    assert {done.needs[key] for key in done.primary} <= {threshold - 1}
    assert {done.needs[key] for key in done.secondary} <= {1}


@settings(max_examples=15, deadline=None, derandomize=True)
@given(table=tables, seed=st.integers(0, 1000))
def test_the_order_of_rows_and_equations_changes_nothing(table: np.ndarray, seed: int) -> None:
    cells, equations = two_way(table, 5)
    draws = np.random.default_rng(seed)
    mixed = [equations[place] for place in draws.permutation(len(equations))]
    other = suppress(cells.sample(frac=1, random_state=seed), mixed, 4)
    assert other == suppress(cells, equations, 4)


def every_table(shape: tuple[int, int], released: dict[str, int], most: int) -> list[np.ndarray]:
    """All tables of integers up to `most` that agree with what is released: the attack by brute force."""
    size = shape[0] * shape[1]
    cells = np.array(list(itertools.product(range(most + 1), repeat=size))).reshape(-1, *shape)
    whole = np.concatenate([cells, cells.sum(2, keepdims=True)], axis=2)
    whole = np.concatenate([whole, whole.sum(1, keepdims=True)], axis=1)
    agree = np.ones(len(whole), dtype=bool)
    for key, n in released.items():
        i, j = key.split("|")
        agree &= whole[:, int(i), int(j)] == n
    return list(whole[agree])


@settings(max_examples=12, deadline=None, derandomize=True)
@given(flat=st.lists(st.integers(0, 7), min_size=4, max_size=4))
def test_every_possible_table_leaves_each_hidden_cell_as_wide_as_promised(flat: list[int]) -> None:
    table, threshold = np.array(flat).reshape(2, 2), 4
    cells, equations = two_way(table, threshold)
    done = suppress(cells, equations, threshold - 1)
    possible = np.array(every_table((2, 2), shown(cells, done), most=14))
    for key, need in done.needs.items():
        i, j = key.split("|")
        values = possible[:, int(i), int(j)]
        assert values.max() - values.min() >= need


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    flat=st.lists(st.integers(0, 3), min_size=6, max_size=6),
    hidden=st.sets(st.integers(0, 5), min_size=1, max_size=6),
)
def test_the_bounds_of_the_attacker_are_those_of_brute_force(flat: list[int], hidden: set[int]) -> None:
    cells, equations = two_way(np.array(flat).reshape(2, 3), 5)
    keys = {f"{place // 3}|{place % 3}" for place in hidden}
    released = {key: int(n) for key, n in zip(cells["cle"], cells["valeur"], strict=True) if key not in keys}
    found = attack(released, equations, dict.fromkeys(keys, 1000)).set_index("cle")
    possible = np.array(every_table((2, 3), released, most=6))  # no cell exceeds its column, 3 + 3
    for key in keys:
        i, j = key.split("|")
        values = possible[:, int(i), int(j)]
        assert (found.loc[key, "bas"], found.loc[key, "haut"]) == (values.min(), values.max())


def test_a_hundred_territories_and_nine_categories_take_little_time() -> None:
    draws = np.random.default_rng(3)
    table = draws.poisson(draws.lognormal(4, 1, 100)[:, None] * draws.dirichlet(np.full(9, 0.7)))
    cells, equations = two_way(table, 5)
    done = suppress(cells, equations, 4)
    assert attack(shown(cells, done), equations, done.needs).empty
    assert len(done.secondary) < len(done.primary)


def test_the_attacker_reads_no_true_value_of_a_hidden_cell() -> None:
    assert list(core.attack.__annotations__) == ["released", "equations", "needs", "return"]


def test_what_is_told_elsewhere_is_not_hidden_to_protect_the_rest() -> None:
    """Hiding the cheapest cell, which another table gives, would leave the three to be found by subtraction."""
    cells = pd.DataFrame({"cle": ["tous", "peu", "autres"], "valeur": [40, 3, 37], "rang": [0, 0, 1]})
    cells["sensible"] = cells["valeur"] < 5
    cells["connue"] = cells["cle"] == "tous"
    done = suppress(cells, [Equation("tous", ("peu", "autres"))], 4)
    assert done.hidden == {"peu", "autres"}


def test_a_cell_hidden_for_others_that_is_told_elsewhere_is_no_secret_and_stops_nothing() -> None:
    """A question put to one age only: everybody's answers, told elsewhere, are those of that age."""
    cells = pd.DataFrame({"cle": ["tous", "age", "peu", "autres"], "valeur": [40, 40, 3, 37]})
    cells["sensible"] = cells["valeur"] < 5
    cells["connue"] = cells["cle"] == "tous"
    done = suppress(cells, [Equation("tous", ("age",)), Equation("age", ("peu", "autres"))], 4, already_hidden={"age"})
    assert done.hidden == {"age", "peu", "autres"}
    assert done.needs == {"age": 0, "peu": 4, "autres": 1}


def test_what_is_known_everywhere_stops_the_publication() -> None:
    cells = pd.DataFrame({"cle": ["tous", "peu", "autres"], "valeur": [40, 3, 37]})
    cells["sensible"] = cells["valeur"] < 5
    cells["connue"] = cells["cle"] != "peu"
    with pytest.raises(PublicationStopped):
        suppress(cells, [Equation("tous", ("peu", "autres"))], 4)
