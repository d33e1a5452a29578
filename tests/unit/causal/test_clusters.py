import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.clusters import ENOUGH, cluster_diagnostics, refuse_few_clusters
from tests.unit.causal.few_clusters import design, fitted, rows


def test_equal_clusters_count_for_all_they_are() -> None:
    cluster = np.repeat(np.arange(12), 5)
    x = np.column_stack([np.ones(60), cluster % 2])
    found = cluster_diagnostics(cluster_robust(np.random.default_rng(0).normal(size=60), x, cluster), 1)
    assert (found.effective_independent, found.effective_alike) == pytest.approx((12, 12))
    assert found.warnings == ()


def test_one_huge_cluster_makes_twelve_worth_less_and_is_named_for_it() -> None:
    cluster = np.repeat(np.arange(12), [300] + [5] * 11)
    x = np.column_stack([np.ones(len(cluster)), cluster % 2])
    found = cluster_diagnostics(cluster_robust(np.random.default_rng(0).normal(size=len(cluster)), x, cluster), 1)
    assert found.effective < 8
    frame = rows(10).assign(poids=lambda d: np.where(d["grappe"] == 1, 60.0, 1.0))
    heavy = cluster_diagnostics(fitted(frame), 1)
    assert heavy.max_partial_leverage == heavy.by_cluster["levier_partiel"].max() > 0.25
    assert any("Une seule grappe" in told for told in heavy.warnings)
    assert any("en valent" in told for told in heavy.warnings)


def test_uneven_clusters_that_are_still_many_need_no_caution() -> None:
    cluster = np.repeat(np.arange(200), [5] * 100 + [40] * 100)
    x = np.column_stack([np.ones(len(cluster)), cluster % 2])
    found = cluster_diagnostics(cluster_robust(np.random.default_rng(0).normal(size=len(cluster)), x, cluster), 1)
    assert ENOUGH < found.effective < 120
    assert found.warnings == ()


def test_leverages_add_up_and_the_estimate_without_a_cluster_is_the_one_refitted() -> None:
    frame = rows()
    found = cluster_diagnostics(fitted(frame), 1).by_cluster
    assert found["levier"].sum() == pytest.approx(3)
    assert found["levier_partiel"].sum() == pytest.approx(1)
    assert found["n"].tolist() == frame.groupby("grappe").size().tolist()
    for name, without in zip(found["grappe"], found["estimation_sans"], strict=True):
        assert without == pytest.approx(fitted(frame[frame["grappe"] != name]).coefficients[1], rel=1e-9)


def test_an_estimate_that_goes_with_its_cluster_is_missing_without_it() -> None:
    frame = rows().assign(mentore=lambda d: d["grappe"] == 2)
    found = cluster_diagnostics(cluster_robust(frame["y"], design(frame), frame["grappe"]), 1).by_cluster
    assert found["estimation_sans"].isna().tolist() == (found["grappe"] == 2).tolist()


def test_an_arm_from_three_clusters_is_refused() -> None:
    treated = pd.Series([True] * 4 + [False] * 4)
    refuse_few_clusters(treated, [1, 2, 3, 4, 1, 2, 3, 4])
    with pytest.raises(NotEstimable, match="non mentorés ne viennent que de 3"):
        refuse_few_clusters(treated, [1, 2, 3, 4, 5, 6, 7, 7])
