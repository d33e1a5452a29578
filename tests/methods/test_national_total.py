"""National totals from the collectivités that answered: closed form, R's survey, recovery, invariance, edge cases."""

import numpy as np
import pandas as pd
import pytest

from mentorat import reference
from mentorat.survey.design import SurveyError
from mentorat.survey.national import (
    NationalFrame,
    at_least,
    estimated_total,
    national_frame,
    national_total,
    reference_frame,
    sensitivities,
)

MEASURES = {
    "metropole_petites": [120, 200, 90, 150, 160, 180, 140],
    "metropole_grandes": [800, 650, 720, 900, 510, 700, 690, 610, 640, 660, 720],
}
ANSWERS = {"metropole_petites": [10, 22, 5, 14], "metropole_grandes": [60, 71, 40, 88, 35]}
R_TOTAL, R_SE = 718.8483639266, 54.6254731843
"""R 4.x, survey 4.1.1: des <- svydesign(ids = ~1, strata = ~strate, fpc = ~N, data = d), the answers above with their
measures x and N = 7, 11; predict(svyratio(~y, ~x, des, separate = TRUE), total = list(a = 1040, b = 7600))."""


def small_frame(measures: dict[str, list[int]] = MEASURES) -> NationalFrame:
    rows = [
        {
            "collectivite": f"{strate}_{rank:02}",
            "libelle": f"Collectivité {strate} {rank}",
            "accueils": (2 + rank % 3) * measure // 6,
            "actions_educatives": measure - (2 + rank % 3) * measure // 6,
            "mesures": measure,
            "strate": strate,
        }
        for strate, values in measures.items()
        for rank, measure in enumerate(values)
    ]
    return NationalFrame(pd.DataFrame(rows), {"976": "Mayotte"}, 2022)


def small_answers(answers: dict[str, list[int]] = ANSWERS) -> pd.Series:
    return pd.Series(
        {f"{strate}_{rank:02}": float(y) for strate, values in answers.items() for rank, y in enumerate(values)}
    )


def test_the_frame_is_99_collectivites_in_thirds_of_size_and_overseas():
    frame = reference_frame()
    assert len(frame.table) == 99
    assert frame.excluded == {"976": "Mayotte"}
    assert frame.table["strate"].value_counts().to_dict() == {
        "metropole_petites": 32,
        "metropole_moyennes": 31,
        "metropole_grandes": 32,
        "outre_mer": 4,
    }


def test_corse_and_alsace_are_one_unit_each_and_the_rhone_two():
    codes = set(reference_frame().table["collectivite"])
    assert {"20R", "6AE", "69D", "69M"} <= codes
    assert not {"2A", "2B", "67", "68", "69", "976"} & codes
    drees = reference.load("drees_ase").query("annee == 2022").set_index("code")
    alsace = reference_frame().table.set_index("collectivite").loc["6AE", "accueils"]
    assert alsace == drees.loc[["67", "68"], "accueils"].sum()


def test_the_ratio_and_its_variance_are_those_of_the_hand_computed_formula():
    """Σ X_h y_h/x_h, and Σ (X_h/x̂_h)² N_h² (1 − n_h/N_h)/n_h Σ e²/(n_h − 1)."""
    total, variance = 0.0, 0.0
    for strate, measures in MEASURES.items():
        x, y = np.array(measures, float), np.array(ANSWERS[strate], float)
        size, n, whole = len(x), len(y), x.sum()
        x = x[:n]
        ratio = y.sum() / x.sum()
        residuals = y - ratio * x
        gain = whole / (size / n * x.sum())
        total += whole * ratio
        variance += gain**2 * size**2 * (1 - n / size) / n * (residuals**2).sum() / (n - 1)
    found = estimated_total(small_frame(), small_answers(), variance="linearisee")
    assert found.estimate == pytest.approx(total, rel=1e-12)
    assert found.se == pytest.approx(np.sqrt(variance), rel=1e-12)


def test_the_ratio_and_its_linearised_error_are_those_of_r():
    found = estimated_total(small_frame(), small_answers(), variance="linearisee")
    assert found.estimate == pytest.approx(R_TOTAL, rel=1e-10)
    assert found.se == pytest.approx(R_SE, rel=1e-10)


def test_the_corrected_error_is_never_under_the_linearised_one_by_more_than_its_degrees_of_freedom():
    linear = estimated_total(small_frame(), small_answers(), variance="linearisee")
    corrected = estimated_total(small_frame(), small_answers())
    assert corrected.se > linear.se * np.sqrt(3 / 4)
    assert corrected.df < 7


def test_the_calibrated_total_reproduces_both_kinds_of_measures():
    """A count proportional to accueils and actions éducatives is estimated without error."""
    frame = small_frame({"metropole_grandes": MEASURES["metropole_grandes"]})
    exact = (0.1 * frame.table["accueils"] + 0.03 * frame.table["actions_educatives"]).set_axis(
        frame.table["collectivite"]
    )
    found = estimated_total(frame, exact.iloc[:7], "calage")
    assert found.estimate == pytest.approx(exact.sum(), rel=1e-9)
    assert found.se == pytest.approx(0, abs=1e-6)
    assert estimated_total(frame, exact.iloc[:7], "ratio").se > 0.1


def test_with_few_answers_the_calibrated_total_is_the_ratio():
    ratio, calibrated = (estimated_total(small_frame(), small_answers(), method) for method in ("ratio", "calage"))
    assert calibrated.estimate == pytest.approx(ratio.estimate, rel=1e-12)
    assert calibrated.se == pytest.approx(ratio.se, rel=1e-12)


def test_when_all_answered_the_interval_is_a_point():
    frame = small_frame()
    everyone = pd.Series(np.arange(18.0), index=frame.table["collectivite"])
    found = national_total(frame, everyone)
    for estimate in (found.ratio, found.calibrated):
        assert estimate.low == estimate.high == pytest.approx(everyone.sum())
    assert found.missing.empty
    assert (found.answering, found.share) == (18, 1.0)


def test_a_stratum_where_two_answered_joins_the_nearest_in_size_and_is_named():
    frame = small_frame({**MEASURES, "metropole_moyennes": [300, 320, 340, 360], "outre_mer": [5_000, 4_000, 6_000]})
    answers = small_answers({**ANSWERS, "metropole_moyennes": [20, 21], "outre_mer": [300, 200, 400]})
    found = national_total(frame, answers)
    groups = found.strata.set_index("strate")["groupe"]
    assert groups["metropole_moyennes"] == groups["metropole_petites"] == "metropole_petites+metropole_moyennes"
    assert groups["outre_mer"] == "outre_mer"
    assert any("collectivités moyennes » : 2 réponse(s) sur 4" in text for text in found.warnings)


def test_a_stratum_where_all_answered_adds_no_variance():
    frame = small_frame({**MEASURES, "outre_mer": [5_000, 4_000]})
    known = national_total(frame, small_answers({**ANSWERS, "outre_mer": [300, 900]})).ratio
    alone = national_total(small_frame(), small_answers()).ratio
    assert known.se == pytest.approx(alone.se, rel=1e-12)
    assert known.estimate == pytest.approx(alone.estimate + 1_200, rel=1e-12)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (pd.Series({"metropole_petites_00": 1.0, "metropole_petites_01": 2.0}), "2 collectivité"),
        (pd.Series({"inconnue": 1.0}), "« inconnue »"),
        (pd.Series({"metropole_petites_00": -1.0}), "négatif"),
        (pd.Series({"metropole_petites_00": "12"}), "texte"),
        (pd.Series([1.0, 2.0], index=["metropole_petites_00"] * 2), "deux fois"),
    ],
    ids=["too few", "unknown", "negative", "text", "twice"],
)
def test_answers_that_cannot_be_used_are_refused_in_french(answers, message):
    with pytest.raises(SurveyError, match=message):
        national_total(small_frame(), answers)


def test_an_answer_of_a_collectivite_without_drees_figure_is_left_out_and_it_is_named():
    with_it = national_total(small_frame(), pd.concat([small_answers(), pd.Series({"976": 50.0})]))
    assert with_it.ratio.estimate == pytest.approx(R_TOTAL)
    assert any("Mayotte" in text for text in with_it.warnings)


def test_a_total_is_never_under_what_is_known():
    found = national_total(small_frame(), small_answers()).ratio
    raised = at_least(found, found.estimate - 1)
    assert (raised.estimate, raised.high) == (found.estimate, found.high)
    assert raised.low == found.estimate - 1
    assert "borne basse" in raised.warnings[-1]
    above = at_least(found, found.high + 5)
    assert above.low == above.estimate == above.high == found.high + 5
    assert at_least(found, found.low - 1) == found


def test_neither_the_order_of_answers_nor_the_unit_of_measures_changes_the_total():
    frame, answers = small_frame(), small_answers()
    found = national_total(frame, answers)
    shuffled = national_total(frame, answers.sample(frac=1, random_state=3))
    columns = ["accueils", "actions_educatives", "mesures"]
    scaled = NationalFrame(frame.table.assign(**{c: frame.table[c] * 7 for c in columns}), frame.excluded, 2022)
    for other in (shuffled, national_total(scaled, answers)):
        for one, two in ((found.ratio, other.ratio), (found.calibrated, other.calibrated)):
            assert two.estimate == pytest.approx(one.estimate, rel=1e-12)
            assert two.high == pytest.approx(one.high, rel=1e-12)
        pd.testing.assert_frame_equal(
            found.missing.drop(columns="mesures"), other.missing.drop(columns="mesures"), rtol=1e-9
        )


def test_the_last_missing_answer_closes_the_interval_and_each_narrows_it():
    missing = national_total(small_frame(), small_answers()).missing
    assert missing["rang"].tolist() == list(range(1, 10))
    assert missing["reduction_cumulee"].is_monotonic_increasing
    assert missing["reduction_cumulee"].iloc[-1] == pytest.approx(1)
    assert (missing["reduction"] > 0).all()
    assert missing["reduction"].iloc[0] == missing["reduction_cumulee"].iloc[0]


def test_in_a_stratum_a_larger_collectivite_narrows_the_interval_more():
    missing = national_total(small_frame(), small_answers()).missing
    for _, group in missing.groupby("groupe"):
        assert group.sort_values("mesures")["reduction"].is_monotonic_increasing


def test_what_an_answer_weighs_is_what_it_moves():
    frame, answers = small_frame(), small_answers()
    code = answers.index[2]
    before, after = (
        estimated_total(frame, values) for values in (answers, answers.where(answers.index != code, answers[code] + 1))
    )
    moved = sensitivities(frame, answers).loc[code]
    assert moved["ratio_estimation"] == pytest.approx(after.estimate - before.estimate, rel=1e-9)
    assert moved["ratio_ic_haut"] == pytest.approx(after.high - before.high, rel=1e-9)


def test_the_interval_recovers_a_known_total_over_draws_of_who_answers():
    """Small seeded draw; `benchmarks/couverture_redressement.py` takes 2 000."""
    frame, rng = reference_frame(), np.random.default_rng(20241231)
    x = frame.table["mesures"].to_numpy(float)
    y = pd.Series(np.round(0.02 * x * rng.gamma(6, 1 / 6, len(x))), index=frame.table["collectivite"])
    strata = [group["collectivite"].to_numpy() for _, group in frame.table.groupby("strate")]
    held = []
    for _ in range(150):
        chosen = np.concatenate([rng.choice(codes, min(20, len(codes) - 1), replace=False) for codes in strata])
        found = estimated_total(frame, y[chosen])
        held.append(found.low <= y.sum() <= found.high)
    assert 0.88 <= np.mean(held) <= 0.99


def test_the_latest_year_of_drees_is_the_one_used():
    drees = reference.load("drees_ase")
    later = drees.query("annee == 2022").assign(annee=2023)
    tables = [reference.load(name) for name in ("collectivites", "territoires")]
    assert national_frame(pd.concat([drees, later]), *tables).year == 2023


def test_the_reader_is_told_when_a_silent_collectivite_is_far_larger_than_those_that_answered():
    """Its number is out of what the answers show: the interval cannot hold that it stands apart."""
    frame = small_frame({**MEASURES, "metropole_grandes": [*MEASURES["metropole_grandes"], 22_178]})
    told = [text for text in national_total(frame, small_answers()).ratio.warnings if "fait exception" in text]
    assert len(told) == 1
    assert "« Collectivité metropole_grandes 11 »" in told[0]
    assert "24,6 fois" in told[0]
    answered = pd.concat([small_answers(), pd.Series({"metropole_grandes_11": 2_000.0})])
    assert not any("fait exception" in text for text in estimated_total(frame, answered).warnings)


def test_nothing_is_told_of_sizes_that_the_answers_cover():
    assert not any("fait exception" in text for text in estimated_total(small_frame(), small_answers()).warnings)


def test_intervals_miss_the_total_where_the_reader_is_told_and_not_elsewhere():
    """One collectivité apart, far larger: of the draws without it, all are told; `benchmarks/` takes 2 000."""
    frame, rng = reference_frame(), np.random.default_rng(20241231)
    x = frame.table["mesures"].to_numpy(float)
    shares = np.where(x == x.max(), 0.06, 0.02)
    noise = 0.3 * np.sqrt(x) * rng.normal(size=len(x))
    y = pd.Series(np.round(np.maximum(shares * x + noise, 0)), index=frame.table["collectivite"])
    strata = [group["collectivite"].to_numpy() for _, group in frame.table.groupby("strate")]
    missed = []
    for _ in range(60):
        chosen = np.concatenate([rng.choice(codes, min(20, len(codes) - 1), replace=False) for codes in strata])
        found = estimated_total(frame, y[chosen])
        if found.high < y.sum():
            missed.append(any("fait exception" in text for text in found.warnings))
    assert len(missed) >= 10
    assert all(missed)
