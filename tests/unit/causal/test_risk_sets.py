"""Risk sets: who stands beside each new pair, and who never does."""

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.days import day_numbers
from mentorat.causal.plan import Matching
from mentorat.causal.risk_sets import STATUSES, RiskSetMatches, _points, match_risk_sets, risk_intervals
from mentorat.errors import MentoratError
from tests.unit.causal.cohort_marts import interval, new_pair, random_risques

MATCHING = Matching(exact=("territoire", "sexe"), age_ecart_mois=12, voisins=1)
COVARIATES = ("age_index", "handicap", "deplacements_nb", "mesures_nb", "anciennete_jours")


def matched(*rows: dict[str, object], comparateurs: str = "eligibles_non_mentores", voisins: int = 1) -> RiskSetMatches:
    matching = MATCHING.model_copy(update={"voisins": voisins})
    return match_risk_sets(pd.DataFrame(rows), matching, comparateurs)  # type: ignore[arg-type]


def beside(found: RiskSetMatches) -> list[str]:
    return found.rows.loc[~found.rows["mentore"], "id_population"].tolist()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("comparateurs", ["acceptants_en_attente", "eligibles_non_mentores"])
@pytest.mark.parametrize("voisins", [1, 3])
def test_the_comparators_are_those_that_a_full_search_finds(seed: int, comparateurs: str, voisins: int) -> None:
    known = risk_intervals(random_risques(seed))
    matching = MATCHING.model_copy(update={"voisins": voisins})
    found = match_risk_sets(known, matching, comparateurs, covariates=COVARIATES)  # type: ignore[arg-type]
    frame = known.frame
    pool = np.flatnonzero(frame["statut"].isin(STATUSES[comparateurs]).to_numpy())
    pairs = np.flatnonzero(known.pair)
    points = _points(known, pairs, pool, COVARIATES)
    place, sex, who = (frame[name].tolist() for name in ("territoire", "sexe", "id_population"))
    expected = {}
    for pair in pairs:
        day = known.last[pair]
        nearest = sorted(
            (round(float(np.sqrt(((points[row] - points[pair]) ** 2).sum())), 10), int(row))
            for row in pool
            if (place[row], sex[row]) == (place[pair], sex[pair])
            and abs(known.born[row] - known.born[pair]) <= 12
            and known.first[row] <= day <= known.last[row]
            and not (known.starts[row] and known.last[row] == day)
            and who[row] != who[pair]
        )[:voisins]
        if nearest:
            expected[who[pair]] = [who[row] for _, row in nearest]
    rows = found.rows
    owner = rows.loc[rows["mentore"]].set_index("ensemble")["id_population"]
    others = rows.loc[~rows["mentore"]].sort_values(["ensemble", "rang"])
    got = others.groupby(others["ensemble"].map(owner))["id_population"].agg(list).to_dict()
    assert got == expected
    assert found.sets == len(expected) and found.pairs == len(pairs)


def test_the_order_of_the_file_changes_nothing() -> None:
    data = random_risques(9)
    found = match_risk_sets(data, MATCHING, "eligibles_non_mentores", covariates=COVARIATES)
    shuffled = match_risk_sets(
        data.sample(frac=1, random_state=3), MATCHING, "eligibles_non_mentores", covariates=COVARIATES
    )
    pd.testing.assert_frame_equal(found.rows, shuffled.rows)
    pd.testing.assert_frame_equal(found.unmatched, shuffled.unmatched)


def test_a_comparator_may_be_mentored_later_and_serve_several_pairs() -> None:
    found = matched(
        new_pair("a", "2024-03-01"), new_pair("b", "2024-04-01"), new_pair("later", "2024-06-01"), interval("never")
    )
    sets = found.rows.groupby("ensemble")["id_population"].agg(list)
    assert sets.tolist() == [["a", "b"], ["b", "later"], ["later", "never"]]
    assert found.sets == 3


@pytest.mark.parametrize(
    "other",
    [
        interval("x", debut="2024-03-02"),
        interval("x", fin="2024-02-29"),
        interval("x", fin="2024-03-01", evenement="parrainage", debut_accompagnement=True),
        interval("x", statut="refus"),
        interval("x", sexe="G"),
        interval("x", territoire="02"),
        interval("x", annee_naissance=2008),
    ],
    ids=["not yet", "no longer", "starts that day", "refused", "other sex", "other place", "other age"],
)
def test_who_is_not_at_risk_or_not_alike_that_day_is_no_comparator(other: dict[str, object]) -> None:
    found = matched(new_pair("a", "2024-03-01"), other)
    assert found.sets == 0
    assert found.flow["n_mentores"].tolist()[0] == 1


def test_those_who_wait_are_among_all_the_eligible_but_not_the_reverse() -> None:
    pair, waiting, other = (
        new_pair("a", "2024-03-01"),
        interval("waiting", statut="acceptants_en_attente", mois_naissance=7),
        interval("other"),
    )
    assert beside(matched(pair, waiting, other, comparateurs="acceptants_en_attente")) == ["waiting"]
    assert sorted(beside(matched(pair, waiting, other, voisins=2))) == ["other", "waiting"]


def test_nobody_stands_twice_in_a_set_even_with_intervals_that_overlap() -> None:
    twice = [interval("b", debut="2024-01-01"), interval("b", debut="2024-02-01")]
    found = matched(new_pair("a", "2024-03-01"), *twice, interval("c", mois_naissance=1), voisins=3)
    assert beside(found) == ["b", "c"]
    assert found.rows["poids"].tolist() == [1.0, 0.5, 0.5]


def test_only_the_first_pair_of_a_young_person_is_a_start() -> None:
    found = matched(
        new_pair("a", "2024-03-01"), new_pair("a", "2024-05-01", debut="2024-04-01"), interval("b"), interval("c")
    )
    assert found.pairs == 1
    assert str(found.rows["jour_index"].iloc[0])[:10] == "2024-03-01"


def test_what_is_told_of_a_young_person_is_counted_up_to_the_index_date() -> None:
    found = matched(new_pair("a", "2024-03-01"), interval("b", mois_naissance=None))
    rows = found.rows.set_index("id_population")
    assert rows.loc["a", "age_index"] == pytest.approx(13 + 9 / 12)
    assert rows.loc["a", "anciennete_jours"] == (pd.Timestamp("2024-03-01") - pd.Timestamp("2020-01-01")).days
    assert rows.loc["b", "age_index"] == pytest.approx(13 + 9 / 12), "an unknown month is the middle of the year"


def test_each_loss_is_counted() -> None:
    found = matched(
        new_pair("a", "2024-03-01"),
        new_pair("alone", "2024-03-01", territoire="02"),
        new_pair("older", "2024-03-01", sexe="G", annee_naissance=2007),
        interval("b"),
        interval("g", sexe="G"),
    )
    assert found.flow["n_mentores"].tolist() == [3, 2, 1]
    assert found.flow["n_non_mentores"].iloc[[0, 2]].tolist() == [5, 1], "a future pair may be compared until then"
    assert "1 sans personne de même profil" in " ".join(found.warnings)


def test_everyone_at_risk_the_same_month_weighs_as_the_pairs_of_that_month() -> None:
    found = matched(
        new_pair("a", "2024-03-02"), new_pair("b", "2024-03-20"), interval("c"), interval("d", debut="2024-03-16")
    )
    march = found.unmatched.set_index("id_population")
    assert march.loc[~march["mentore"], "poids"].to_dict() == {"b": 1.0, "c": 1.0}
    assert (
        day_numbers(march["jour_index"])[~march["mentore"].to_numpy()] == day_numbers(pd.Series(["2024-03-15"]))
    ).all()


def test_a_column_that_is_missing_is_named() -> None:
    data = random_risques(1)
    with pytest.raises(MentoratError, match="fin_observation"):
        risk_intervals(data.drop(columns="fin_observation"))
    with pytest.raises(MentoratError, match="inconnue"):
        match_risk_sets(data, MATCHING, "eligibles_non_mentores", covariates=("inconnue",))
    with pytest.raises(MentoratError, match=r"sans.jours"):
        risk_intervals(data.assign(fin="2023-01-01"))


def test_without_any_new_pair_nothing_is_compared_and_it_is_said() -> None:
    found = matched(interval("a"), interval("b"))
    assert (found.sets, len(found.rows), found.flow["n_mentores"].tolist()) == (0, 0, [0])
    assert "Aucun nouveau binôme" in found.warnings[0]
