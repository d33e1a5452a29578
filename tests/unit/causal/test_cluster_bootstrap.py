import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable, entropy_balance
from mentorat.causal.cluster_bootstrap import cluster_bootstrap
from mentorat.survey.design import SurveyError
from tests.unit.causal.few_clusters import rows


def mean(frame: pd.DataFrame) -> float:
    return float(frame["y"].mean())


def balanced_effect(frame: pd.DataFrame) -> float:
    """Weights made again on the rows given, then the difference of means."""
    one, other = frame[frame["mentore"]], frame[~frame["mentore"]]
    weights = entropy_balance(one[["x"]], other[["x"]]).weights
    return float(one["y"].mean() - np.average(other["y"], weights=weights))


def test_single_rows_give_the_error_of_a_mean() -> None:
    y = np.random.default_rng(0).normal(size=400)
    found = cluster_bootstrap(mean, pd.DataFrame({"y": y, "id": np.arange(400)}), "id", draws=300)
    assert found.standard_error == pytest.approx(y.std() / 20, rel=0.15)
    assert (found.low, found.high) == pytest.approx((y.mean() - 0.098, y.mean() + 0.098), abs=0.03)
    assert found.warnings == ()


def test_weights_are_made_again_on_every_draw_and_few_clusters_are_told() -> None:
    frame = rows(12)
    found = cluster_bootstrap(balanced_effect, frame, "grappe", strata="mentore", draws=99)
    assert found.estimate == balanced_effect(frame)
    assert found.low < found.estimate < found.high
    assert "12 grappes" in found.warnings[0]
    student = cluster_bootstrap(balanced_effect, frame, "grappe", strata="mentore", draws=99, interval="student")
    assert student.high - student.estimate == pytest.approx(student.estimate - student.low)
    assert student.standard_error == found.standard_error


def test_copies_of_a_cluster_have_their_own_name_and_strata_their_number() -> None:
    frame = rows(12)

    def checked(drawn: pd.DataFrame) -> float:
        assert drawn["grappe"].nunique() == 12
        assert drawn.groupby("mentore")["grappe"].nunique().tolist() == [6, 6]
        return mean(drawn)

    assert cluster_bootstrap(checked, frame, "grappe", strata="mentore", draws=99).lost == 0


def test_row_order_and_names_do_not_matter() -> None:
    frame = rows(12)
    plain = cluster_bootstrap(mean, frame, "grappe", draws=99)
    other = frame.sample(frac=1, random_state=5).assign(grappe=lambda d: d["grappe"] + 100)
    assert cluster_bootstrap(mean, other, "grappe", draws=99).replicates == pytest.approx(plain.replicates)


def test_draws_without_an_estimate_are_counted_then_refused() -> None:
    frame = rows(12)

    def fragile(drawn: pd.DataFrame, floor: float) -> float:
        if mean(drawn) < floor:
            raise NotEstimable("trop peu")
        return mean(drawn)

    middle = float(np.quantile(cluster_bootstrap(mean, frame, "grappe", draws=99).replicates, 0.2))
    found = cluster_bootstrap(lambda drawn: fragile(drawn, middle), frame, "grappe", draws=99)
    assert found.lost == 99 - len(found.replicates) > 0
    assert any("n’existe pas" in told for told in found.warnings)
    first = [True]

    def once(_: pd.DataFrame) -> float:
        if first.pop() if first else False:
            return 1.0
        raise NotEstimable("jamais")

    with pytest.raises(NotEstimable, match="0"):
        cluster_bootstrap(once, frame, "grappe", draws=99)


def test_bad_columns_are_refused() -> None:
    frame = rows(12)
    with pytest.raises(SurveyError, match="« rien »"):
        cluster_bootstrap(mean, frame, "rien")
    with pytest.raises(SurveyError, match="qu'une grappe"):
        cluster_bootstrap(mean, frame.assign(grappe=1), "grappe")
    with pytest.raises(SurveyError, match="plusieurs strates"):
        cluster_bootstrap(mean, frame.assign(s=frame["x"] > 0), "grappe", strata="s")
