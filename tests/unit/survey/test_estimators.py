"""What the estimators on a design answer, refuse and warn of; closed forms and invariances."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mentorat.survey import design as kernel
from mentorat.survey.design import Calibration, Domains, SurveyDesign, SurveyError, survey_design
from mentorat.survey.estimators import kish_ess, survey_mean, survey_ratio, survey_share, survey_total
from mentorat.survey.linearisation import partition
from mentorat.survey.quantiles import survey_quantile
from mentorat.survey.replicates import bootstrap, jackknife
from mentorat.survey.results import ESTIMATES

Estimator = Callable[..., object]
CODES = {"weights": "poids", "strata": "strate", "clusters": "grappe"}


def frame(seed: int = 1, n: int = 240) -> pd.DataFrame:
    """Simulated answers: 4 strata of 6 clusters, unequal weights, a few missing answers, two crossed domains."""
    rng = np.random.default_rng(seed)
    cluster = rng.permutation(np.arange(n) % 24)
    score = 10 + rng.normal(size=24)[cluster] + rng.normal(size=n)
    return pd.DataFrame(
        {
            "strate": cluster // 6,
            "grappe": cluster,
            "poids": rng.uniform(1, 4, n),
            "score": np.where(rng.random(n) < 0.05, np.nan, score),
            "heures": rng.gamma(2, 3, n),
            "oui": rng.random(n) < 0.3,
            "reponse": pd.Categorical(rng.choice(["jamais", "parfois", "souvent"], n)),
            "departement": rng.choice(["01", "2A", "75"], n),
            "sexe": rng.choice(["F", "M"], n),
        }
    )


def drawn(rows: pd.DataFrame, **changes: object) -> SurveyDesign:
    return survey_design(rows, **(CODES | changes))


ROWS = frame()
DESIGN = drawn(ROWS)
ASKED: dict[str, Estimator] = {
    "mean": lambda d, f, **a: survey_mean(d, f, ["score", "heures"], **a),
    "total": lambda d, f, **a: survey_total(d, f, "heures", **a),
    "ratio": lambda d, f, **a: survey_ratio(d, f, "score", "heures", **a),
    "share": lambda d, f, **a: survey_share(d, f, "reponse", **a),
    "quantile": lambda d, f, **a: survey_quantile(d, f, "score", [0.25, 0.5], **a),
}
every_estimator = pytest.mark.parametrize("estimator", ASKED.values(), ids=ASKED.keys())


def figures(found) -> np.ndarray:
    return found.table[[name for name in ESTIMATES if name != "warnings"]].to_numpy(dtype=float)


# Closed forms


def test_a_simple_random_sample_has_the_variance_of_textbooks() -> None:
    rows = pd.DataFrame({"y": [1.0, 2.0, 4.0, 9.0], "N": 40})
    design = survey_design(rows, population="N")
    found = survey_mean(design, rows, "y").one()
    assert found.se == pytest.approx(np.sqrt((1 - 4 / 40) * rows["y"].var() / 4))
    assert (found.deff, found.ess) == pytest.approx((0.9, 4 / 0.9))
    assert survey_mean(design, rows, "y", design_effect="sans_remise").one().deff == pytest.approx(1)
    assert survey_total(design, rows, "y").one().estimate == 160


def test_a_sample_that_takes_everybody_has_no_sampling_error() -> None:
    rows = pd.DataFrame({"y": [1.0, 2.0, 4.0], "N": 3})
    found = survey_mean(survey_design(rows, population="N"), rows, "y").one()
    assert (found.se, found.low, found.high) == (0, found.estimate, found.estimate)


def test_kish_effective_size() -> None:
    assert kish_ess(np.ones(50)) == 50
    assert kish_ess(np.array([1.0, 3.0])) == pytest.approx(16 / 10)


def test_the_median_of_equal_weights_is_the_smallest_answer_reaching_one_half() -> None:
    rows = pd.DataFrame({"y": [3.0, 1.0, 4.0, 2.0]})
    assert survey_quantile(survey_design(rows), rows, "y").one().estimate == 2


# Domains


@pytest.mark.parametrize("stages", ["one", "two"])
@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("block", [10_000, 100], ids=["one pass", "in blocks"])
def test_domains_in_one_pass_are_scores_of_zero_outside(
    stages: str, calibrated: bool, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "BLOCK", block)
    rows = ROWS.assign(rang=np.arange(len(ROWS)), N1=60.0, N2=ROWS.groupby("grappe")["poids"].transform("size") * 3.0)
    design = drawn(rows)
    if stages == "two":
        design = drawn(rows, clusters=["grappe", "rang"], strata=["strate"], population=["N1", "N2"])
    if calibrated:
        for name in ("sexe", "reponse"):
            margins = pd.get_dummies(rows[name]).to_numpy(dtype=float)
            design = design.with_weights(design.weights * 1.1, Calibration(margins, design.weights))
    found = survey_mean(design, rows, ["heures", "score"], by=["departement", "sexe"], covariance=True)
    cut = partition(design, rows, ["departement", "sexe"])
    influence = []
    for name in ("heures", "score"):
        y = rows[name].to_numpy(dtype=float)
        for rank in range(cut.domains.count):
            inside = (cut.domains.codes == rank) & ~np.isnan(y)
            w = np.where(inside, design.weights, 0)
            mean = np.nansum(w * y) / w.sum()
            influence.append(np.where(inside, (y - mean) / w.sum(), 0.0))
    expected = design.covariance(np.stack(influence, axis=1))
    assert found.table["se"].to_numpy() == pytest.approx(np.sqrt(np.diag(expected)), rel=1e-9)
    assert found.covariance == pytest.approx(expected, rel=1e-9, abs=1e-15)


@every_estimator
def test_a_row_keeps_its_domain_whatever_the_order_of_rows(estimator: Estimator) -> None:
    shuffled = ROWS.sample(frac=1, random_state=3)
    there = estimator(drawn(shuffled), shuffled, by=["departement", "sexe"])
    here = estimator(DESIGN, ROWS, by=["departement", "sexe"])
    assert figures(there) == pytest.approx(figures(here), rel=1e-9, nan_ok=True)


@every_estimator
def test_names_of_strata_and_clusters_do_not_matter(estimator: Estimator) -> None:
    renamed = ROWS.assign(strate=ROWS["strate"].map("zyxw".__getitem__), grappe=-ROWS["grappe"])
    assert figures(estimator(drawn(renamed), renamed)) == pytest.approx(figures(estimator(DESIGN, ROWS)), rel=1e-9)


@every_estimator
def test_scaling_the_weights_changes_nothing_but_totals(estimator: Estimator) -> None:
    scaled = ROWS.assign(poids=ROWS["poids"] * 1000)
    there, here = figures(estimator(drawn(scaled), scaled)), figures(estimator(DESIGN, ROWS))
    if estimator is ASKED["total"]:
        here[:, :4] *= 1000
    assert there == pytest.approx(here, rel=1e-9)


def test_domains_and_their_union() -> None:
    parts = survey_total(DESIGN, ROWS, "heures", by="sexe", covariance=True)
    whole = survey_total(DESIGN, ROWS, "heures").one()
    assert parts.table["estimate"].sum() == pytest.approx(whole.estimate)
    assert np.sqrt(parts.covariance.sum()) == pytest.approx(whole.se)


def test_shares_of_a_domain_add_to_one_and_do_not_vary_together() -> None:
    found = survey_share(DESIGN, ROWS, "reponse", by="sexe", covariance=True)
    assert found.table.groupby("sexe")["estimate"].sum().to_numpy() == pytest.approx([1, 1])
    assert found.table["modalite"].tolist() == ["jamais", "parfois", "souvent"] * 2
    assert found.covariance[:3, :3].sum() == pytest.approx(0, abs=1e-15)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(found.table["se"].to_numpy())


def test_degrees_of_freedom_of_a_domain_are_those_of_the_clusters_it_touches() -> None:
    inside = ROWS["grappe"].isin([0, 1, 2, 7])  # two strata, four clusters
    table = survey_mean(DESIGN, ROWS.assign(la=inside), "heures", by="la").table.set_index("la")
    assert table.loc[True, ["clusters", "df"]].tolist() == [4, 2]
    assert "4 grappes seulement" in table.loc[True, "warnings"]
    assert survey_mean(DESIGN, ROWS.assign(la=inside), "heures", by="la", df=20).table["df"].tolist() == [20, 20]


def test_missing_answers_are_counted_and_left_out() -> None:
    found = survey_mean(DESIGN, ROWS, "score").one()
    assert (found.n, found.n_missing) == (ROWS["score"].notna().sum(), ROWS["score"].isna().sum())


def test_a_row_without_a_domain_is_told() -> None:
    rows = ROWS.assign(sexe=ROWS["sexe"].where(ROWS.index > 2))
    found = survey_mean(DESIGN, rows, "heures", by="sexe")
    assert found.table["n"].sum() == len(rows) - 3
    assert "3 réponses" in found.warnings[0]


# What the data do not allow


def test_one_cluster_gives_no_standard_error() -> None:
    rows = ROWS.assign(la=ROWS["grappe"] == 5)
    for found in (survey_mean(DESIGN, rows, "heures", by="la"), survey_quantile(DESIGN, rows, "heures", by="la")):
        one = found.one(la=True)
        assert np.isnan([one.se, one.low, one.high]).all()
        assert "Une seule grappe" in one.warnings[0]


def test_a_domain_where_nobody_answered_says_so() -> None:
    rows = ROWS.assign(score=ROWS["score"].where(ROWS["sexe"] == "F"))
    found = survey_mean(DESIGN, rows, "score", by="sexe").one(sexe="M")
    assert (found.n, np.isnan(found.estimate)) == (0, True)
    assert "Aucune réponse" in found.warnings[0]
    assert survey_quantile(DESIGN, rows, "score", by="sexe").one(sexe="M").n == 0


def test_a_constant_answer_has_no_interval_and_a_unanimous_one_an_exact_one() -> None:
    rows = ROWS.assign(score=5.0, oui=True)
    mean, share = survey_mean(DESIGN, rows, "score").one(), survey_share(DESIGN, rows, "oui").one()
    assert np.isnan([mean.low, mean.high]).all()
    assert "identiques" in mean.warnings[0]
    assert 0.95 < share.low < share.high == 1
    assert "unanime" in share.warnings[0]


def test_a_quantile_at_the_edge_of_the_answers_lacks_a_bound_and_says_so() -> None:
    found = survey_quantile(DESIGN, ROWS, "heures", 0.005).one()
    assert np.isnan(found.low)
    assert "borne manque" in found.warnings[0]


def test_a_denominator_of_zero_gives_no_ratio() -> None:
    rows = ROWS.assign(heures=ROWS["heures"].where(ROWS["sexe"] == "F", 0.0))
    found = survey_ratio(DESIGN, rows, "score", "heures", by="sexe").one(sexe="M")
    assert np.isnan(found.estimate)
    assert "dénominateur est nul" in found.warnings[0]


def test_weights_that_count_no_population_give_no_design_effect_without_replacement() -> None:
    rows = ROWS.assign(poids=ROWS["poids"] / 10)
    found = survey_mean(drawn(rows), rows, "heures", design_effect="sans_remise").one()
    assert np.isnan(found.deff)
    assert "somme des poids" in found.warnings[0]


@pytest.mark.parametrize("kind", ["logit", "wilson", "beta", "likelihood", "mean"])
def test_intervals_of_shares_stay_between_0_and_1_and_hold_the_share(kind: str) -> None:
    table = survey_share(DESIGN, ROWS, "oui", by=["departement", "sexe"], interval=kind).table
    assert (table["low"] >= 0).all() and (table["low"] < table["estimate"]).all()
    assert (table["high"] <= 1).all() and (table["high"] > table["estimate"]).all()


REFUSED = {
    "text": (lambda: survey_mean(DESIGN, ROWS, "reponse"), "« reponse » contient du texte"),
    "missing column": (lambda: survey_mean(DESIGN, ROWS, "age"), "« age » manque"),
    "nobody": (lambda: survey_mean(DESIGN, ROWS.assign(score=np.nan), "score"), "Personne n'a répondu à « score »"),
    "nobody, shares": (lambda: survey_share(DESIGN, ROWS.assign(score=np.nan), "score"), "Personne n'a répondu"),
    "cut frame": (lambda: survey_mean(DESIGN, ROWS.head(10), "score"), "10 lignes"),
    "infinite": (lambda: survey_mean(DESIGN, ROWS.assign(score=np.inf), "score"), "« score » est infinie"),
    "no domain": (lambda: survey_mean(DESIGN, ROWS.assign(sexe=None), "score", by="sexe"), "« sexe » est vide"),
    "interval": (lambda: survey_share(DESIGN, ROWS, "oui", interval="normal"), "« normal » n'existe pas"),
    "quantile": (lambda: survey_quantile(DESIGN, ROWS, "score", 50), "entre 0 et 1"),
    "level": (lambda: survey_mean(DESIGN, ROWS, "heures", level=95), "entre 0 et 1"),
    "df": (lambda: survey_mean(DESIGN, ROWS, "heures", df=0), "nombre positif"),
    "one replicate": (lambda: bootstrap(DESIGN, 1), "au moins deux"),
    "lonely": (lambda: jackknife(drawn(ROWS, strata="grappe")), "24 strate"),
    "lost replicate": (
        lambda: jackknife(DESIGN).estimate(lambda w: 1 / w[ROWS["grappe"] == 3].sum() if w.min() == 0 else np.nan),
        "n'existe pas",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_cannot_be_estimated_is_refused_in_french(call: Callable[[], object], message: str) -> None:
    with pytest.raises(SurveyError, match=message):
        call()


LONELY = ROWS[(ROWS["strate"] > 0) | (ROWS["grappe"] == 0)]
"""The first stratum has one cluster."""


def lonely(rule: str, rows: pd.DataFrame = LONELY) -> np.ndarray:
    found = survey_mean(drawn(rows, lonely_psu=rule), rows, "heures", by="sexe", covariance=True)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(found.table["se"].to_numpy(), nan_ok=True)
    return found.table["se"].to_numpy()


def test_a_lonely_stratum_is_refused_in_domains_too_and_follows_its_rule() -> None:
    with pytest.raises(SurveyError, match="une grappe"):
        lonely("refuser")
    assert (lonely("ajuster") > lonely("ignorer")).all()
    assert lonely("moyenne") == pytest.approx(lonely("ignorer") * np.sqrt(4 / 3))
    assert (lonely("certitude") == lonely("ignorer")).all()


def test_a_domain_outside_the_lonely_stratum_owes_it_nothing() -> None:
    rows = LONELY.assign(sexe=LONELY["sexe"].where(LONELY["strate"] > 0, "F"))
    for rule in ("ajuster", "moyenne"):
        women, men = lonely(rule, rows) / lonely("ignorer", rows)
        assert women > men == pytest.approx(1)


def test_a_domain_with_one_cluster_in_each_stratum_has_no_mean_contribution_to_borrow() -> None:
    rows = LONELY[LONELY["grappe"] % 6 == 0]
    other = LONELY.assign(sexe=np.where(LONELY["strate"] == 0, "F", "M"))
    assert np.isnan(lonely("moyenne", other)[0])
    with pytest.raises(SurveyError, match="Toutes les strates"):
        drawn(rows, lonely_psu="moyenne").covariance(np.ones(len(rows)))


# Replicates


def weighted_mean(w: np.ndarray) -> float:
    return float(np.average(ROWS["heures"], weights=w))


def test_jackknife_and_bootstrap_find_the_linearised_error_of_a_mean() -> None:
    expected = survey_mean(DESIGN, ROWS, "heures").one()
    assert jackknife(DESIGN).estimate(weighted_mean).se[0] == pytest.approx(expected.se, rel=0.02)
    found = bootstrap(DESIGN, 1500).estimate(weighted_mean)
    assert found.se[0] == pytest.approx(expected.se, rel=0.06)
    assert (found.df, found.replicates) == (20, 1500)


def test_the_bootstrap_of_a_total_has_its_exact_variance_with_a_sampling_fraction() -> None:
    rows = ROWS.assign(N=10.0)
    design = drawn(rows, population="N")
    total = bootstrap(design, 3000).estimate(lambda w: float(w @ ROWS["heures"]))
    assert total.se[0] == pytest.approx(survey_total(design, rows, "heures").one().se, rel=0.05)


def test_the_same_seed_gives_the_same_replicates_whatever_the_order_of_rows() -> None:
    order = np.random.default_rng(5).permutation(len(ROWS))
    here = list(bootstrap(DESIGN, 3, seed=8).weights())
    there = list(bootstrap(drawn(ROWS.iloc[order]), 3, seed=8).weights())
    assert all(np.array_equal(one[order], other) for one, other in zip(here, there, strict=True))


def test_weighting_done_again_on_each_replicate_removes_what_it_explains() -> None:
    women = (ROWS["sexe"] == "F").to_numpy()

    def to_known_counts(w: np.ndarray) -> np.ndarray:
        return np.where(women, w * 300 / w[women].sum(), w * 320 / w[~women].sum())

    replicates = jackknife(DESIGN, reweight=to_known_counts)
    known = replicates.estimate(lambda w: w[women].sum())
    assert known.estimate[0] == pytest.approx(300)
    assert known.se[0] == pytest.approx(0, abs=1e-9)
    calibrated = DESIGN.with_weights(
        to_known_counts(DESIGN.weights), Calibration(np.stack([women, ~women], axis=1).astype(float), DESIGN.weights)
    )
    expected = survey_mean(calibrated, ROWS, "heures").one().se
    assert replicates.estimate(weighted_mean).se[0] == pytest.approx(expected, rel=0.03)


def test_two_stages_leave_the_correction_out_of_replicates() -> None:
    rows = ROWS.assign(rang=np.arange(len(ROWS)), N1=8.0, N2=1000.0)
    two = drawn(rows, clusters=["grappe", "rang"], strata=["strate"], population=["N1", "N2"])
    assert jackknife(two).scales == pytest.approx(jackknife(DESIGN).scales)


def test_blocks_of_domains_cover_them_all() -> None:
    domains = Domains(np.array([0, 1, 2, 3, 4, 4]), 4)  # 4: outside
    blocks = domains.blocks(kernel.BLOCK // 2)
    assert [place for place, _ in blocks] == [slice(rank, rank + 1) for rank in range(4)]
    assert np.concatenate([block.sizes for _, block in blocks]).tolist() == [1, 1, 1, 1]


def test_clusters_that_agree_by_chance_give_no_interval_rather_than_a_point() -> None:
    frame = pd.DataFrame({"grappe": [1, 1, 2, 2], "oui": [0, 1, 1, 0], "note": [3.0, 5.0, 4.0, 4.0]})
    design = survey_design(frame, clusters="grappe")
    for found in (survey_share(design, frame, "oui").table, survey_mean(design, frame, "note").table):
        assert found["se"].iloc[0] == 0
        assert found[["low", "high"]].isna().all(axis=None)
        assert "ne diffèrent pas" in found["warnings"].iloc[0]


def test_a_census_is_known_to_a_point() -> None:
    frame = pd.DataFrame({"grappe": [1, 1, 2, 2], "note": [3.0, 5.0, 4.0, 1.0], "N": 2})
    found = survey_mean(survey_design(frame, clusters="grappe", population="N"), frame, "note").table
    assert found["low"].iloc[0] == found["high"].iloc[0] == found["estimate"].iloc[0]


def test_a_domain_of_one_cluster_a_stratum_says_it_has_no_degree_of_freedom() -> None:
    frame = pd.DataFrame(
        {"strate": np.repeat(["a", "b"], 6), "grappe": np.repeat([1, 2, 3, 4, 5, 6], 2), "y": np.arange(12.0) ** 1.5}
    )
    frame["ici"] = frame["grappe"].isin([1, 4])
    found = survey_mean(survey_design(frame, strata="strate", clusters="grappe"), frame, "y", by="ici").table
    told = found.set_index("ici")["warnings"]
    assert "Aucun degré de liberté" in told[True]
    assert "Aucun degré de liberté" not in told[False]


@pytest.mark.parametrize("weights", [[1.0, np.nan, 1.0], [1.0, np.inf, 1.0], [1.0, 1.0]], ids=["nan", "inf", "short"])
def test_new_weights_of_a_design_are_checked(weights: list[float]) -> None:
    design = survey_design(pd.DataFrame({"y": [1.0, 2.0, 3.0]}))
    with pytest.raises(SurveyError, match="poids"):
        design.with_weights(np.array(weights))


def test_kish_effective_size_holds_whatever_the_unit_and_is_refused_without_weight() -> None:
    weights = np.array([1.0, 3.0, 1e-9])
    for scale in (1e-200, 1e200):
        assert kish_ess(weights * scale) == pytest.approx(kish_ess(weights), rel=1e-12)
    for none in (np.zeros(3), np.array([]), np.array([1.0, np.nan])):
        with pytest.raises(SurveyError, match="poids finis"):
            kish_ess(none)
