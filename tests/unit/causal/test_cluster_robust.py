import numpy as np
import pytest

from mentorat.causal.cluster_robust import Kind, cluster_robust, two_way_cluster_robust


@pytest.fixture
def data() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(12), rng.integers(2, 9, 12))
    x = np.column_stack([np.ones(len(cluster)), cluster % 2, rng.normal(size=len(cluster))])
    y = x @ [1, 0.5, -0.3] + rng.normal(size=12)[cluster] + rng.normal(size=len(cluster))
    return {"y": y, "x": x, "cluster": cluster, "weights": rng.uniform(0.2, 3, len(cluster))}


def dense_cr2(y: np.ndarray, x: np.ndarray, cluster: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The textbook form, n × n matrices and all."""
    n, k = x.shape
    bread = np.linalg.inv(x.T @ (x * weights[:, None]))
    annihilator = np.eye(n) - x @ bread @ (x * weights[:, None]).T
    residuals = annihilator @ y
    variance = np.zeros((k, k))
    vectors = []
    for g in np.unique(cluster):
        inside = cluster == g
        values, axes = np.linalg.eigh(annihilator[inside] @ annihilator[inside].T)
        roots = np.where(values > 1e-12, np.abs(values) ** -0.5, 0)
        adjusted = (axes * roots) @ axes.T @ (x * weights[:, None])[inside] @ bread
        score = adjusted.T @ residuals[inside]
        variance += np.outer(score, score)
        vectors.append(annihilator[inside].T @ adjusted)
    freedom = []
    for c in range(k):
        p = np.array([[v[:, c] @ w[:, c] for w in vectors] for v in vectors])
        freedom.append(np.trace(p) ** 2 / (p**2).sum())
    return np.sqrt(np.diag(variance)), np.array(freedom)


def test_the_low_rank_form_is_the_textbook_one_with_weights(data: dict[str, np.ndarray]) -> None:
    found = cluster_robust(**data)
    errors, freedom = dense_cr2(**data)
    assert found.standard_errors == pytest.approx(errors, rel=1e-9)
    assert found.degrees_of_freedom == pytest.approx(freedom, rel=1e-9)


def test_row_order_cluster_names_and_scale_of_weights_do_not_matter(data: dict[str, np.ndarray]) -> None:
    plain = cluster_robust(**data)
    order = np.random.default_rng(0).permutation(len(data["y"]))
    other = cluster_robust(
        data["y"][order],
        data["x"][order],
        np.array([f"g{99 - g}" for g in data["cluster"][order]]),
        10 * data["weights"][order],
    )
    assert other.coefficients == pytest.approx(plain.coefficients)
    assert other.standard_errors == pytest.approx(plain.standard_errors)
    assert other.degrees_of_freedom == pytest.approx(plain.degrees_of_freedom)


def test_scaling_the_outcome_scales_the_errors(data: dict[str, np.ndarray]) -> None:
    plain, hundredfold = cluster_robust(**data), cluster_robust(**data | {"y": 100 * data["y"]})
    assert hundredfold.standard_errors == pytest.approx(100 * plain.standard_errors)
    assert hundredfold.p_value(1) == pytest.approx(plain.p_value(1))


def test_one_row_per_cluster_is_hc2() -> None:
    rng = np.random.default_rng(8)
    x = np.column_stack([np.ones(40), rng.normal(size=40)])
    y = x @ [1, 2] + rng.normal(size=40)
    hat = np.diag(x @ np.linalg.inv(x.T @ x) @ x.T)
    residuals = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    bread = np.linalg.inv(x.T @ x)
    hc2 = np.sqrt(np.diag(bread @ (x.T * (residuals**2 / (1 - hat))) @ x @ bread))
    assert cluster_robust(y, x, np.arange(40)).standard_errors == pytest.approx(hc2)


def test_cr1_warns_below_forty_clusters_and_not_above(data: dict[str, np.ndarray]) -> None:
    assert "12 grappes" in cluster_robust(**data, kind="CR1").warnings[0]
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(200), rng.normal(size=200)])
    assert cluster_robust(rng.normal(size=200), x, np.arange(200) // 4, kind="CR1").warnings == ()


def test_one_cluster_and_repeated_columns_are_refused(data: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="two clusters"):
        cluster_robust(data["y"], data["x"], np.zeros(len(data["y"])))
    with pytest.raises(ValueError, match="rank"):
        cluster_robust(data["y"], data["x"][:, [0, 1, 1]], data["cluster"])


def test_cr3_is_the_jackknife_that_drops_clusters(data: dict[str, np.ndarray]) -> None:
    fit = cluster_robust(**data, kind="CR3")
    roots = np.sqrt(data["weights"])
    gaps = []
    for g in np.unique(data["cluster"]):
        kept = data["cluster"] != g
        again = np.linalg.lstsq(data["x"][kept] * roots[kept, None], data["y"][kept] * roots[kept], rcond=None)[0]
        gaps.append(again - fit.coefficients)
    assert fit.covariance == pytest.approx(np.array(gaps).T @ np.array(gaps), rel=1e-9)


@pytest.mark.parametrize("kind", ["classical", "CR0", "CR1S", "CR2", "CR3"])
def test_a_contrast_on_one_coefficient_is_that_coefficient(data: dict[str, np.ndarray], kind: Kind) -> None:
    fit = cluster_robust(**data, kind=kind)
    found = fit.contrast([0, 1, 0])
    assert (found.estimate, found.standard_error) == pytest.approx((fit.coefficients[1], fit.standard_errors[1]))
    assert (found.low, found.high) == pytest.approx(fit.interval(1))
    assert (found.degrees_of_freedom, found.p) == pytest.approx((fit.degrees_of_freedom[1], fit.p_value(1)))


def test_a_contrast_does_not_hang_on_how_the_columns_are_written(data: dict[str, np.ndarray]) -> None:
    turn = np.array([[1.0, 0.4, 0], [0, 1, -2], [0, 0, 1]])
    plain = cluster_robust(**data).contrast([0, 1, 3])
    other = cluster_robust(**data | {"x": data["x"] @ turn}).contrast(np.array([0, 1, 3]) @ turn)
    assert (other.estimate, other.standard_error) == pytest.approx((plain.estimate, plain.standard_error))
    assert other.degrees_of_freedom == pytest.approx(plain.degrees_of_freedom)


def test_rows_of_zero_weight_are_as_if_absent(data: dict[str, np.ndarray]) -> None:
    kept = data["cluster"] != 4
    zeroed = cluster_robust(**data | {"weights": np.where(kept, data["weights"], 0)})
    absent = cluster_robust(**{name: values[kept] for name, values in data.items()})
    assert zeroed.standard_errors == pytest.approx(absent.standard_errors)
    assert (zeroed.n, zeroed.clusters) == (absent.n, absent.clusters) == (int(kept.sum()), 11)
    with pytest.raises(ValueError, match="weights"):
        cluster_robust(**data | {"weights": -data["weights"]})


def test_two_groupings_that_are_one_give_that_one(data: dict[str, np.ndarray]) -> None:
    both = two_way_cluster_robust(data["y"], data["x"], data["cluster"], data["cluster"], data["weights"])
    one = cluster_robust(**data, kind="CR1S")
    assert both.standard_errors == pytest.approx(one.standard_errors)
    assert both.degrees_of_freedom == 11


def test_errors_that_do_not_fit_the_clusters_say_so(data: dict[str, np.ndarray]) -> None:
    assert "ignorent" in cluster_robust(**data, kind="classical").warnings[0]
    assert cluster_robust(**data).cautions(7.5) == ()
    assert "quatre degrés" in cluster_robust(**data).cautions(3.2)[0]
    alone = np.column_stack([data["x"], data["cluster"] == 3])
    assert "détermine" in cluster_robust(**data | {"x": alone}, kind="CR3").warnings[0]
