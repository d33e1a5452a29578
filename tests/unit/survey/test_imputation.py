"""Multiple imputation: what is kept, what is drawn, what is refused, and what changes nothing."""

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.design import SurveyError, survey_design
from mentorat.survey.estimators import survey_mean
from mentorat.survey.imputation import Imputations, Shift, imputation_seed, impute, kind_of
from mentorat.survey.pooling import pool, pool_estimates

KINDS = {
    "seul": "binaire",
    "confiance": "ordonnee",
    "diplome": "nominale",
    "absences": "ordonnee",
    "note": "continu",
    "age_arrivee": "nombre",
}


def survey(n: int = 240, seed: int = 1, structures: int = 24) -> pd.DataFrame:
    """Simulated answers with about one missing in eight."""
    rng = np.random.default_rng(seed)
    structure = rng.integers(0, structures, n)
    trait = rng.normal(size=n) + 0.5 * rng.normal(size=structures)[structure]
    noisy = [trait + rng.normal(size=n) for _ in range(6)]
    levels = np.array(["aucun", "bac", "cap"], dtype=object)
    frame = pd.DataFrame(
        {
            "id": [f"r{rank:04d}" for rank in range(n)],
            "mentore": rng.random(n) < 0.5,
            "structure": [f"s{code:02d}" for code in structure],
            "sexe": np.where(rng.random(n) < 0.5, "F", "G"),
            "seul": pd.Series(noisy[0] > 0.5, dtype="object"),
            "confiance": np.clip(np.round(3 + noisy[1]), 1, 5),
            "diplome": levels[np.digitize(noisy[2], [-0.7, 0.7])],
            "absences": pd.Categorical.from_codes(
                np.digitize(noisy[3], [-1, 1]), ["jamais", "parfois", "souvent"], ordered=True
            ),
            "note": 10 + 3 * noisy[4],
            "age_arrivee": np.round(8 + 2 * noisy[5]),
        }
    )
    for name in KINDS:
        frame[name] = frame[name].where(rng.random(n) >= 0.12)
    return frame


def imputed(frame: pd.DataFrame, **changes: object) -> Imputations:
    arguments: dict[str, object] = {
        "items": KINDS, "treatment": "mentore", "cluster": "structure", "covariates": ["sexe"], "m": 5, "cycles": 4,
        "seed": 7,
    } | changes  # fmt: skip
    return impute(frame, **arguments)


def test_answers_given_are_kept_and_every_missing_one_is_filled_with_an_answer_that_exists() -> None:
    frame = survey()
    copies = imputed(frame)
    assert len(copies) == 5
    for copy in copies:
        assert copy.index.equals(frame.index)
        for name, kind in KINDS.items():
            known = frame[name].notna()
            assert copy[name].dtype == frame[name].dtype
            assert copy[name].notna().all()
            pd.testing.assert_series_equal(copy.loc[known, name], frame.loc[known, name])
            if kind != "continu":
                assert set(copy[name].unique()) <= set(frame.loc[known, name].unique())
        rest = [name for name in frame.columns if name not in KINDS]
        pd.testing.assert_frame_equal(copy[rest], frame[rest])


def test_imputations_differ_from_one_copy_to_the_next() -> None:
    copies = imputed(survey(), m=4)
    for name in KINDS:
        assert len({tuple(row) for row in copies.filled[name].tolist()}) == 4


def test_the_same_seed_gives_the_same_copies_and_another_one_others() -> None:
    first, second, third = imputed(survey()), imputed(survey()), imputed(survey(), seed=8)
    pd.testing.assert_frame_equal(first[3], second[3])
    assert not first[3].equals(third[3])


def test_the_order_of_rows_columns_and_items_changes_nothing() -> None:
    frame = survey()
    moved = frame.sample(frac=1, random_state=3)[frame.columns[::-1]]
    first = imputed(frame)
    second = imputed(moved, items=dict(reversed(KINDS.items())))
    pd.testing.assert_frame_equal(first[2], second[2].loc[frame.index, frame.columns])


def test_one_column_is_read_in_every_copy_as_in_whole_copies() -> None:
    copies = imputed(survey())
    for name in ("confiance", "note", "seul"):
        expected = np.stack([copy[name].astype(float) for copy in copies])
        assert np.array_equal(copies.numbers(name), expected)
    assert np.array_equal(copies.numbers("absences"), np.stack([copy["absences"].cat.codes for copy in copies]))


def test_kinds_are_read_from_the_columns() -> None:
    frame = survey()
    expected = KINDS | {"confiance": "nombre", "note": "nombre"}
    assert {name: kind_of(frame[name]) for name in KINDS} == expected


def test_the_seed_is_that_of_a_campagne_and_a_set_of_items() -> None:
    assert imputation_seed(2024, ["a", "b"]) == imputation_seed(2024, ["b", "a"])
    assert (
        len({imputation_seed(2024, ["a", "b"]), imputation_seed(2025, ["a", "b"]), imputation_seed(2024, ["a"])}) == 3
    )


def test_an_estimator_runs_on_every_copy_with_the_design_of_the_sample_and_is_pooled() -> None:
    frame = survey()
    design = survey_design(frame, clusters="structure")
    tables = [survey_mean(design, copy, ["confiance"], by="mentore") for copy in imputed(frame)]
    found = pool_estimates(tables).one(mentore=True)
    each = [one.one(mentore=True) for one in tables]
    expected = pool([one.estimate for one in each], [one.se**2 for one in each], complete_df=each[0].df)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (expected.estimate[0], expected.low[0], expected.high[0])
    )
    assert found.se > min(one.se for one in each)


def test_nothing_missing_gives_copies_of_the_answers() -> None:
    frame = survey().dropna()
    copies = imputed(frame)
    pd.testing.assert_frame_equal(copies[4], frame)
    assert copies.convergence.empty


def test_each_chain_is_traced_and_its_settling_measured() -> None:
    copies = imputed(survey(), cycles=10)
    assert len(copies.trace) == 10 * 5 * len(KINDS)
    assert copies.convergence["r_hat"].between(0.8, 1.3).all()
    assert copies.convergence.set_index("item")["manquants"].to_dict() == survey()[list(KINDS)].isna().sum().to_dict()


def test_an_imputed_answer_follows_its_cluster_when_answers_do() -> None:
    rng = np.random.default_rng(9)
    structure = np.repeat(np.arange(30), 12)
    lift = 2 * rng.normal(size=30)[structure]
    y = pd.Series(lift + rng.normal(size=360)).where(rng.random(360) >= 0.3)
    frame = pd.DataFrame({"y": y, "structure": structure, "mentore": np.arange(360) % 2 == 0})
    hidden = y.isna().to_numpy()
    means = {
        cluster: impute(frame, {"y": "continu"}, "mentore", cluster=cluster, seed=1)
        .numbers("y")[:, hidden]
        .mean(axis=0)
        for cluster in ("structure", None)
    }
    assert np.corrcoef(means["structure"], lift[hidden])[0, 1] > 0.9
    assert abs(np.corrcoef(means[None], lift[hidden])[0, 1]) < 0.4


def test_a_group_that_answered_all_alike_does_not_break_the_draws() -> None:
    frame = survey()
    frame.loc[frame["mentore"] & frame["seul"].notna(), "seul"] = True
    copies = imputed(frame)
    mentored = copies.numbers("seul")[:, frame["mentore"].to_numpy()]
    assert mentored.mean() > 0.95


def test_a_shift_moves_the_missing_answers_of_its_group_alone() -> None:
    frame = survey(400)
    hidden, mentored = frame["note"].isna().to_numpy(), frame["mentore"].to_numpy()
    base, moved = (
        imputed(frame, items={"note": "continu"}, shifts=shifts).numbers("note")
        for shifts in (None, {"note": Shift(5.0)})
    )
    gap = (moved - base).mean(axis=0)
    assert gap[hidden & mentored] == pytest.approx(5)
    assert gap[~(hidden & mentored)] == pytest.approx(0)


def test_an_item_mostly_missing_is_told() -> None:
    frame = survey()
    frame.loc[frame.index % 3 > 0, "note"] = np.nan
    assert any("« note »" in text.replace("\u00a0", " ") and "modèle" in text for text in imputed(frame).warnings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seul": None}, "Personne n'a répondu à l'item « seul »"),
        ({"note": 3.0}, "« note » est constant"),
        ({"mentore": None}, "ne s'impute pas"),
        ({"structure": None}, "« structure » .grappe. est vide"),
        ({"sexe": None}, "covariable « sexe » est vide"),
        ({"note": "quinze"}, "constant|contient du texte"),
    ],
)
def test_what_cannot_be_imputed_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(SurveyError, match=message):
        imputed(survey().assign(**change))


def test_a_group_that_never_answered_is_refused() -> None:
    frame = survey()
    frame.loc[~frame["mentore"], "note"] = np.nan
    with pytest.raises(SurveyError, match="Aucun des jeunes non mentorés n'a répondu à l'item « note »"):
        imputed(frame)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"items": {"id": "nominale"}}, "240 modalités"),
        ({"items": {"diplome": "binaire"}}, "plus de deux réponses"),
        ({"items": {"diplome": "nombre"}}, "contient du texte"),
        ({"items": {"mentore": "binaire"}}, "« mentore » ne s'impute pas"),
        ({"items": {"absente": "nombre"}}, "La colonne « absente » manque"),
        ({"items": {}}, "Aucun item"),
        ({"covariates": ["note"]}, "à la fois"),
        ({"shifts": {"sexe": Shift(1.0)}}, "« sexe », qui n'est pas un item"),
        ({"shifts": {"diplome": Shift(1.0)}}, "n'a pas d'ordre"),
        ({"m": 1}, "deux imputations"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SurveyError, match=message):
        imputed(survey(), **changes)


def test_more_predictors_than_answers_is_refused() -> None:
    rng, names = np.random.default_rng(1), [f"c{rank}" for rank in range(22)]
    frame = survey(24, structures=4).assign(**{name: rng.normal(size=24) for name in names})
    frame.loc[0, "note"] = np.nan
    with pytest.raises(SurveyError, match="prédicteurs"):
        imputed(frame, items={"note": "continu"}, covariates=names)
