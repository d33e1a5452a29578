"""Regressions and tests of association on a design: closed forms, invariances, and what they refuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mentorat.survey.association import survey_association
from mentorat.survey.design import SurveyDesign, SurveyError, survey_design
from mentorat.survey.models import SurveyModel
from mentorat.survey.ordinal import likelihood_ratio, ordinal_fit, rank_sum, survey_ordinal
from mentorat.survey.regression import survey_linear, survey_logistic, survey_t_test

SCALE = pd.CategoricalDtype(["non", "plutôt non", "plutôt oui", "oui"], ordered=True)
TERMS = ["age", "sexe"]


def sample(seed: int = 1, n: int = 400) -> pd.DataFrame:
    """Simulated answers in 40 clusters of 4 strata, with unequal weights."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, 40, n)
    age, girl = rng.normal(17, 2, n), rng.integers(0, 2, n)
    latent = 0.4 * (age - 17) + 0.7 * girl + rng.normal(0, 0.5, 40)[cluster] + rng.logistic(0, 1, n)
    codes = np.searchsorted([-1.0, 0.5, 2.0], latent)
    return pd.DataFrame(
        {
            "grappe": cluster,
            "strate": cluster % 4,
            "poids": rng.uniform(1, 4, n),
            "age": age,
            "sexe": np.where(girl == 1, "fille", "garçon"),
            "note": latent,
            "diplome": (latent > 0.5).astype(float),
            "avis": pd.Categorical.from_codes(codes, dtype=SCALE),
        }
    )


def plan(frame: pd.DataFrame) -> SurveyDesign:
    return survey_design(frame, weights="poids", strata="strate", clusters="grappe")


def linear(frame: pd.DataFrame, terms: list[str] = TERMS) -> SurveyModel:
    return survey_linear(plan(frame), frame, "note", terms)


def logistic(frame: pd.DataFrame, terms: list[str] = TERMS) -> SurveyModel:
    return survey_logistic(plan(frame), frame, "diplome", terms)


def ordinal(frame: pd.DataFrame, terms: list[str] = TERMS) -> SurveyModel:
    return survey_ordinal(plan(frame), frame, "avis", terms)


MODELS = pytest.mark.parametrize("fit", [linear, logistic, ordinal])
Fit = Callable[..., SurveyModel]


def assert_same(one: SurveyModel, other: SurveyModel) -> None:
    assert one.names == other.names
    assert one.coefficients == pytest.approx(other.coefficients, rel=1e-9)
    assert one.covariance == pytest.approx(other.covariance, rel=1e-8)


class TestClosedForms:
    def test_the_slope_of_a_group_is_the_difference_of_its_weighted_means(self) -> None:
        frame = sample()
        found = survey_t_test(plan(frame), frame, "note", "sexe")
        means = [np.average(part["note"], weights=part["poids"]) for _, part in frame.groupby("sexe")]
        assert found.groups == ("fille", "garçon")
        assert found.difference.estimate == pytest.approx(means[1] - means[0])
        assert found.difference.df == 40 - 4 - 1

    def test_the_logit_of_one_group_is_the_odds_ratio_of_the_weighted_table(self) -> None:
        frame = sample()
        table = frame.pivot_table(index="sexe", columns="diplome", values="poids", aggfunc="sum").to_numpy()
        found = logistic(frame, ["sexe"]).odds_ratios().table
        assert found["estimate"].tolist() == pytest.approx([table[1, 1] * table[0, 0] / table[1, 0] / table[0, 1]])
        assert (found["low"] < found["estimate"]).all()
        assert (found["estimate"] < found["high"]).all()

    def test_an_ordinal_model_of_two_answers_is_a_logit(self) -> None:
        frame = sample()
        two, logit = survey_ordinal(plan(frame), frame, "diplome", TERMS), logistic(frame)
        assert two.names == ("0|1", "age", "sexe[garçon]")
        assert two.coefficients == pytest.approx([-logit.coefficients[0], *logit.coefficients[1:]])
        assert two.standard_errors == pytest.approx(logit.standard_errors)
        assert (two.df, two.test("age").p) == (logit.df, pytest.approx(logit.test("age").p))

    def test_thresholds_alone_give_back_the_weighted_shares(self) -> None:
        frame = sample()
        shares = frame.groupby("avis", observed=True)["poids"].sum().cumsum() / frame["poids"].sum()
        assert ordinal(frame, []).coefficients == pytest.approx(np.log(shares / (1 - shares)).to_numpy()[:3])

    def test_in_a_simple_random_sample_rao_scott_is_pearson_less_one_answer(self) -> None:
        frame = sample()
        found = survey_association(survey_design(frame), frame, "sexe", "diplome")
        pearson = stats.chi2_contingency(pd.crosstab(frame["sexe"], frame["diplome"]), correction=False)
        assert found.pearson == pytest.approx(pearson.statistic)
        assert found.design_effect == pytest.approx(400 / 399)
        assert found.statistic == pytest.approx(pearson.statistic * 399 / 400)

    @MODELS
    def test_the_test_of_one_coefficient_is_its_t_squared(self, fit: Fit) -> None:
        found = fit(sample())
        row = found.estimates().table.query("coefficient == 'age'").iloc[0]
        assert found.test("age").statistic == pytest.approx(row["t"] ** 2)
        assert found.test("age").p == pytest.approx(row["p"])
        assert found.combination({"age": 1.0}).high == pytest.approx(row["high"])

    def test_the_interval_of_a_profile_rejects_at_its_ends(self) -> None:
        frame = sample()
        full, without = ordinal_fit(frame, "avis", TERMS), ordinal_fit(frame, "avis", ["age"])
        p = likelihood_ratio(without, full).p
        low, high = full.profile_interval("sexe[garçon]", 1 - p)
        assert min(abs(low), abs(high)) == pytest.approx(0, abs=1e-8)


class TestInvariance:
    @MODELS
    def test_the_order_of_rows_changes_nothing(self, fit: Fit) -> None:
        frame = sample()
        assert_same(fit(frame.sample(frac=1, random_state=3)), fit(frame))

    @MODELS
    def test_names_of_clusters_and_scale_of_weights_change_nothing(self, fit: Fit) -> None:
        frame = sample()
        renamed = frame.assign(grappe="g" + (97 - frame["grappe"]).astype(str), poids=frame["poids"] * 1000)
        assert_same(fit(renamed), fit(frame))

    @MODELS
    def test_a_regressor_in_another_unit_has_its_slope_in_that_unit(self, fit: Fit) -> None:
        frame = sample()
        months, years = fit(frame.assign(age=frame["age"] * 12 + 24_000)), fit(frame)
        at = years.names.index("age")
        assert months.coefficients[at] * 12 == pytest.approx(years.coefficients[at], rel=1e-7)
        assert months.test("age").p == pytest.approx(years.test("age").p, rel=1e-6)

    def test_a_scale_read_the_other_way_has_the_opposite_slopes(self) -> None:
        frame = sample()
        backwards = frame.assign(avis=frame["avis"].cat.reorder_categories(SCALE.categories[::-1], ordered=True))
        there, back = ordinal(frame), ordinal(backwards)
        assert back.coefficients == pytest.approx([*-there.coefficients[2::-1], *-there.coefficients[3:]])
        assert back.standard_errors[3:] == pytest.approx(there.standard_errors[3:])

    @pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald"])
    def test_an_association_is_the_same_read_by_row_or_by_column(self, statistic: Any) -> None:
        frame = sample()
        one = survey_association(plan(frame), frame, "avis", "sexe", statistic=statistic)
        other = survey_association(plan(frame), frame, "sexe", "avis", statistic=statistic)
        assert (one.statistic, one.p) == pytest.approx((other.statistic, other.p), rel=1e-8)
        assert one.table.to_numpy() == pytest.approx(other.table.to_numpy().T)
        assert float(one.table.to_numpy().sum()) == pytest.approx(1)

    @MODELS
    def test_a_missing_answer_is_a_row_outside_the_domain(self, fit: Fit) -> None:
        frame = sample()
        holes = frame.assign(age=frame["age"].where(frame.index >= 25))
        found = fit(holes)
        assert (found.n, found.n_missing) == (375, 25)
        assert "25 lignes incomplètes sont écartées" in found.warnings[0].replace("\u00a0", " ")
        assert not found.influence[:25].any()


class TestRefusals:
    """What cannot be estimated is refused with the column's name; nothing comes out as a silent NaN."""

    @pytest.mark.parametrize(
        ("change", "terms", "said"),
        [
            ({}, ["taille"], "« taille » manque"),
            ({"age": "17"}, TERMS, "« age » contient des nombres écrits comme du texte"),
            ({"age": 17.0}, TERMS, "« age » est constant"),
            ({"age": np.nan}, TERMS, "« age » est vide sur toutes les lignes"),
            ({"age": np.inf}, TERMS, "« age » est infinie"),
            ({"sexe": "fille"}, TERMS, "« sexe » ne prend qu'une valeur"),
            ({}, ["age", "age"], "nomme deux fois"),
            ({}, ["age", "age:sexe"], "ajoutez age et sexe"),
        ],
    )
    @MODELS
    def test_a_bad_term_is_named(self, fit: Fit, change: dict[str, Any], terms: list[str], said: str) -> None:
        with pytest.raises(SurveyError, match=said):
            fit(sample().assign(**change), terms)

    @pytest.mark.parametrize(("fit", "outcome"), [(linear, "note"), (logistic, "diplome"), (ordinal, "avis")])
    def test_a_constant_outcome_is_named(self, fit: Fit, outcome: str) -> None:
        frame = sample()
        with pytest.raises(SurveyError, match=f"« {outcome} » ne prend qu'une valeur"):
            fit(frame.assign(**{outcome: frame[outcome].iloc[[0] * len(frame)].set_axis(frame.index)}))

    @MODELS
    def test_terms_that_determine_one_another_are_named(self, fit: Fit) -> None:
        frame = sample().assign(naissance=lambda rows: 2024 - rows["age"])
        with pytest.raises(SurveyError, match=r"« (age|naissance) » est constant ou se déduit"):
            fit(frame, ["age", "sexe", "naissance"])

    @pytest.mark.parametrize("fit", [logistic, ordinal])
    def test_a_term_that_separates_the_answers_is_named(self, fit: Fit) -> None:
        frame = sample().assign(parfait=lambda rows: np.where(rows["note"] > 0.5, "a", "b"))
        with pytest.raises(SurveyError, match=r"« parfait\[b\] » croît sans s'arrêter"):
            fit(frame, ["age", "parfait"])

    @pytest.mark.parametrize("fit", [logistic, ordinal])
    def test_a_level_without_variety_is_named(self, fit: Fit) -> None:
        frame = sample()
        rare = (frame["note"] > 2.1) & (frame["grappe"] < 20)
        with pytest.raises(SurveyError, match=r"« groupe\[rare\] » croît sans s'arrêter"):
            fit(frame.assign(groupe=np.where(rare, "rare", "courant")), ["age", "groupe"])

    @pytest.mark.parametrize("fit", [logistic, ordinal])
    def test_one_answer_of_small_weight_does_not_pass_for_an_effect(self, fit: Fit) -> None:
        frame = sample()
        last = frame.index == frame["note"].idxmax()
        frame = frame.assign(seul=last.astype(float), poids=np.where(last, 1e-7, frame["poids"]))
        with pytest.raises(SurveyError, match="« seul » croît sans s'arrêter"):
            fit(frame, ["age", "seul"])

    def test_a_design_that_leaves_no_variance_is_refused(self) -> None:
        frame = sample().assign(tous=400)
        with pytest.raises(SurveyError, match="aucune variance"):
            survey_linear(survey_design(frame, population="tous"), frame, "note", ["age"])

    @MODELS
    def test_more_terms_than_clusters_allow_are_refused(self, fit: Fit) -> None:
        frame = sample().assign(grappe=lambda rows: rows["grappe"] % 3, strate=0)
        with pytest.raises(SurveyError, match="3 grappes"):
            fit(frame)

    def test_an_outcome_of_text_is_refused(self) -> None:
        frame = sample()
        with pytest.raises(SurveyError, match="« sexe » contient du texte"):
            survey_linear(plan(frame), frame, "sexe", ["age"])
        with pytest.raises(SurveyError, match="dites lequel"):
            survey_logistic(plan(frame), frame, "sexe", ["age"])
        with pytest.raises(SurveyError, match="texte sans ordre"):
            survey_ordinal(plan(frame), frame, "sexe", ["age"])

    def test_a_logit_of_more_than_two_answers_is_refused(self) -> None:
        frame = sample()
        with pytest.raises(SurveyError, match="4 niveaux"):
            survey_logistic(plan(frame), frame, "avis", ["age"], success="oui")
        with pytest.raises(SurveyError, match="d'autres valeurs que 0 et 1"):
            survey_logistic(plan(frame), frame, "note", ["age"])
        with pytest.raises(SurveyError, match="jamais la valeur « peut-être »"):
            survey_logistic(plan(frame), frame, "avis", ["age"], success="peut-être")

    def test_an_outcome_that_the_terms_give_exactly_is_refused(self) -> None:
        frame = sample().assign(note=lambda rows: 2 * rows["age"] + 1)
        with pytest.raises(SurveyError, match="se déduit exactement"):
            linear(frame)

    def test_tests_without_an_object_are_refused(self) -> None:
        frame = sample()
        with pytest.raises(SurveyError, match="pas de terme « taille »"):
            linear(frame).test("taille")
        with pytest.raises(SurveyError, match="n'est pas un logit"):
            linear(frame).odds_ratios()
        with pytest.raises(SurveyError, match="4 niveaux : la comparaison en demande deux"):
            survey_t_test(plan(frame), frame, "note", "avis")
        with pytest.raises(SurveyError, match="ne s'emboîtent pas"):
            likelihood_ratio(ordinal_fit(frame, "avis", TERMS), ordinal_fit(frame, "avis", TERMS))
        with pytest.raises(SurveyError, match="deux groupes"):
            rank_sum([1, 2], [])

    def test_an_association_of_a_measure_or_of_too_few_clusters_is_refused(self) -> None:
        frame = sample()
        with pytest.raises(SurveyError, match="« note » prend 400 valeurs"):
            survey_association(plan(frame), frame, "note", "sexe")
        few = frame.assign(grappe=frame["grappe"] % 3, strate=0)
        with pytest.raises(SurveyError, match="plus de grappes"):
            survey_association(plan(few), few, "avis", "sexe", statistic="Wald")
        with pytest.raises(SurveyError, match="aucun degré de liberté"):
            survey_association(plan(few), few, "avis", "sexe", domain=few["grappe"] == 1)

    def test_a_frame_that_is_not_the_design_s_is_refused(self) -> None:
        frame = sample()
        with pytest.raises(SurveyError, match="399 lignes et le plan de sondage 400"):
            survey_linear(plan(frame), frame.iloc[1:], "note", TERMS)
        with pytest.raises(SurveyError, match="vrai ou faux"):
            survey_linear(plan(frame), frame, "note", TERMS, domain=np.ones(3))

    def test_few_clusters_come_with_a_warning(self) -> None:
        frame = sample().assign(grappe=lambda rows: rows["grappe"] % 12)
        assert any("12 grappes seulement" in said for said in linear(frame).warnings)
