import numpy as np
import pandas as pd

from mentorat.simulation.plan import apportion, senders, territories


def test_apportionment_gives_whole_numbers_that_add_up_by_largest_remainder() -> None:
    shares = apportion(10, pd.Series([1, 1, 1], index=["a", "b", "c"]))
    assert shares.to_dict() == {"a": 4, "b": 3, "c": 3}
    assert apportion(7, pd.Series([70.0, 29.0, 1.0])).tolist() == [5, 2, 0]


def test_every_territory_but_mayotte_is_simulated_in_proportion_to_its_drees_measures() -> None:
    plan = territories(87_500).set_index("territoire")
    assert len(plan) == 101
    assert "976" not in plan.index
    assert plan["jeunes"].sum() == 87_500
    # Nord: 12 959 accueils and 9 219 actions éducatives among 380 562 measures.
    assert plan.loc["59", "jeunes"] == round(87_500 * (12_959 + 9_219) / 380_562)


def test_the_single_figure_of_corsica_is_split_evenly() -> None:
    plan = territories(87_500).set_index("territoire")
    assert abs(plan.loc["2A", "jeunes"] - plan.loc["2B", "jeunes"]) <= 1
    assert plan.loc[["2A", "2B"], "collectivite"].tolist() == ["20R", "20R"]
    assert plan.loc[["2A", "2B"], "jeunes"].sum() == round(87_500 * (603 + 983) / 380_562)


def test_17_500_young_people_are_16_drees_units_each_at_its_full_size() -> None:
    small, full = territories(17_500), territories(87_500).set_index("territoire")["jeunes"]
    assert len(small) == 17  # sixteen units, Corsica in two
    ratio = small["jeunes"].sum() / full.loc[small["territoire"]].sum()
    assert 0.97 < ratio < 1.03


def test_some_collectivites_send_nothing_or_a_part_and_most_send_everything() -> None:
    plan = territories(87_500)
    who = senders(plan, np.random.default_rng(1)).values()
    assert len(who) == 99
    assert sum(s.silent for s in who) == 4
    assert sum(s.dossiers and not s.mesures for s in who) == 4
    assert sum(s.agregee for s in who) == 3
    assert sum(s.mesures and not s.passage for s in who) == 5
    assert sum(not s.initialisation for s in who) == 1
    assert sum(s.xml for s in who) == 1
    assert sum(s.dossiers_format == "xlsx" for s in who) == 4
    assert sum(s.mesures and s.passage and s.dossiers for s in who) > 70


def test_a_collectivite_of_several_territories_is_one_full_sender() -> None:
    who = senders(territories(87_500), np.random.default_rng(1))
    assert {"6AE", "20R"} <= set(who)
    assert who["6AE"].emetteur == "collectivite-alsace"
    assert who["6AE"].mesures and who["20R"].mesures
