"""Scales and missing answers of a survey's two groups: tables made from its files, whatever they hold."""

import numpy as np
import pandas as pd
import pytest

from mentorat.disclosure.rules import AUDIENCES
from mentorat.disclosure.survey import SCALES, release_scales
from mentorat.survey.scales import top_box
from mentorat.survey.survey_groups import TwoGroups, two_groups
from mentorat.survey.survey_missing import missing_table, sensitivity_table
from mentorat.survey.survey_results import samples
from mentorat.survey.survey_scales import index_table, ordinal_table, reliability_table
from mentorat.survey.survey_weights import Sample
from tests.unit.survey.survey_files import survey_files

CONFIDENCE = ("confiance_en_soi", "confiance_adultes", "confiance_avenir")


def with_a_trait(seed: int = 3, n: int = 800) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """A survey where three confidence items and loneliness measure one trait, higher among the mentored."""
    tables, sample = survey_files(seed, n)
    rng = np.random.default_rng(seed)
    for group, table in tables.items():
        trait = rng.normal(0.5 if group == "mentores" else 0.0, 1, len(table))
        for name in CONFIDENCE:
            noisy = trait + rng.normal(0, 0.7, len(table))
            table[name] = pd.array(np.clip(np.round(3 + noisy), 1, 5).astype(int), dtype="Int64")
        lonely = pd.array(trait + rng.normal(0, 0.7, len(table)) < -0.6, dtype="boolean")
        lonely[rng.random(len(table)) < 0.1] = pd.NA
        table["se_sent_seul"] = lonely
    return tables, sample


@pytest.fixture(scope="module")
def weighted() -> list[Sample]:
    return list(samples(*with_a_trait()))


@pytest.fixture(scope="module")
def groups(weighted: list[Sample]) -> TwoGroups:
    found = two_groups(weighted)
    assert found is not None
    return found


def test_a_dimension_made_of_one_trait_is_reliable_and_its_unfavourable_item_is_turned(weighted: list[Sample]) -> None:
    table = reliability_table(weighted).set_index(["dimension", "groupe"])
    for group in ("mentores", "non_mentores"):
        row = table.loc[("socio_affectif", group)]
        assert set(row["items"].split("|")) == {*CONFIDENCE, "se_sent_seul"}
        assert 0.7 < row["ic_bas"] < row["alpha"] < row["ic_haut"]
        assert row["omega"] == pytest.approx(row["alpha"], abs=0.05)


def test_the_index_is_zero_among_the_non_mentored_and_finds_the_difference(groups: TwoGroups) -> None:
    row = index_table(groups).set_index("dimension").loc["socio_affectif"]
    assert row["indice_non_mentores"] == pytest.approx(0, abs=1e-9)
    assert row["ecart"] == pytest.approx(row["indice_mentores"], abs=1e-9)
    assert row["ic_bas"] > 0.2
    assert row["n_mentores"] + row["n_non_mentores"] + row["n_sans_indice"] == len(groups.frame)


def test_what_the_groups_weigh_beside_one_another_changes_nothing() -> None:
    tables, sample = with_a_trait()
    heavier = sample.assign(poids=sample["poids"].where(sample["groupe"] == "mentores", sample["poids"] * 40))
    for table in (index_table, ordinal_table, missing_table):
        one, other = (table(two_groups(samples(tables, drawn))) for drawn in (sample, heavier))
        pd.testing.assert_frame_equal(one, other)


def test_the_order_of_the_rows_changes_nothing(groups: TwoGroups) -> None:
    tables, sample = with_a_trait()
    turned = {group: table[::-1].reset_index(drop=True) for group, table in tables.items()}
    again = two_groups(samples(turned, sample[::-1].reset_index(drop=True)))
    pd.testing.assert_frame_equal(sensitivity_table(groups, 2024), sensitivity_table(again, 2024))


def test_a_whole_scale_is_compared_and_a_yes_or_no_is_not(groups: TwoGroups) -> None:
    table = ordinal_table(groups).set_index("item")
    assert set(table.index) == set(CONFIDENCE)
    assert (table["ic_bas"] > 1).all()
    assert (table["p_holm"] >= table["p"]).all()
    assert table["x_mentores"].le(table["n_mentores"]).all()


def test_imputation_and_complete_cases_agree_when_answers_are_missing_at_random(groups: TwoGroups) -> None:
    """One loneliness answer in ten is missing whatever it is: both must agree, and lie within the bounds."""
    table = sensitivity_table(groups, 2024).set_index("methode")
    complete, imputed, bounds = (table.loc[name] for name in ("cas_complets", "imputation_multiple", "bornes"))
    assert imputed["ecart"] == pytest.approx(complete["ecart"], abs=0.02)
    assert 0 < imputed["information_manquante"] < 0.3
    for row in (complete, imputed):
        assert bounds["ecart_bas"] < row["ecart"] < bounds["ecart_haut"]
    assert bounds["ic_bas"] < bounds["ecart_bas"] < bounds["ecart_haut"] < bounds["ic_haut"]
    assert all("Se sentir seul" in table.loc[name, "phrase"] for name in ("bascule_mentores", "bascule_non_mentores"))


def test_imputation_uses_what_else_was_answered() -> None:
    """The lonely skip the question: complete cases see too few of them, imputation finds part of what is missing."""
    tables, sample = with_a_trait(n=2000)
    whole = two_groups(samples(tables, sample))
    assert whole is not None
    mentored = tables["mentores"]
    skips = mentored["confiance_en_soi"].le(2) & (np.arange(len(mentored)) % 2 == 0)
    mentored.loc[skips, "se_sent_seul"] = pd.NA
    truth = sensitivity_table(whole, 2024).set_index("methode").loc["cas_complets", "ecart"]
    table = sensitivity_table(two_groups(samples(tables, sample)), 2024).set_index("methode")
    errors = {name: abs(table.loc[name, "ecart"] - truth) for name in ("cas_complets", "imputation_multiple")}
    assert errors["imputation_multiple"] < errors["cas_complets"] / 2


def test_missing_answers_are_counted_in_each_group(groups: TwoGroups) -> None:
    row = missing_table(groups).set_index("item").loc["se_sent_seul"]
    missing = groups.frame.loc[groups.arm, "se_sent_seul"].isna()
    assert row["n_manquants_mentores"] == missing.sum()
    assert row["taux_mentores"] == pytest.approx(missing.mean())
    assert row["libelle"] == "Se sentir seul"


def test_a_constant_item_and_a_group_that_did_not_answer_keep_their_rows_with_the_reason() -> None:
    tables, sample = with_a_trait()
    tables["mentores"]["confiance_avenir"] = pd.array([4] * len(tables["mentores"]), dtype="Int64")
    weighted = list(samples(tables, sample))
    row = reliability_table(weighted).set_index(["dimension", "groupe"]).loc[("socio_affectif", "mentores")]
    assert pd.isna(row["alpha"])
    assert "confiance_avenir" in row["avertissements"]
    for table in tables.values():
        table["se_sent_seul"] = pd.array([True] * len(table), dtype="boolean")
    table = sensitivity_table(two_groups(samples(tables, sample)), 2024).set_index("methode")
    assert "unanime" in table.loc["imputation_multiple", "avertissements"]


@pytest.mark.parametrize("absent", ["mentores", "non_mentores"])
def test_without_both_groups_the_tables_are_empty_and_keep_their_columns(absent: str) -> None:
    tables, sample = survey_files()
    found = two_groups(samples({group: t for group, t in tables.items() if group != absent}, sample))
    assert found is None
    for table in (index_table(None), ordinal_table(None), missing_table(None), sensitivity_table(None, 2024)):
        assert table.empty
        assert "libelle" in table


def test_no_row_leaves_on_too_few_answers(weighted: list[Sample]) -> None:
    """Nine mentored respondents: nothing of them reaches the public, and no figure of their few positive answers."""
    tables, sample = with_a_trait()
    few = list(samples({**tables, "mentores": tables["mentores"][:9]}, sample))
    small = two_groups(few)
    made = {
        "enquete_fiabilite": reliability_table(few),
        "enquete_indices": index_table(small),
        "enquete_ordinal": ordinal_table(small),
        "enquete_manquants": missing_table(small),
        "enquete_sensibilite": sensitivity_table(small, 2024),
    }
    assert set(made) == set(SCALES)
    for name, table in made.items():
        assert len(table)
        for audience in AUDIENCES:
            shown = release_scales(table, name, audience).frame
            named = set(SCALES[name][0]) | {"diffusion"}
            secret = shown[shown["diffusion"] == "secret"]
            assert secret.drop(columns=list(named)).isna().all().all(), (name, audience)
            if audience == "public":
                own = shown[shown["groupe"] == "mentores"] if name == "enquete_fiabilite" else shown
                assert (own["diffusion"] == "secret").all(), name


def test_positive_answers_are_those_of_the_codebook(groups: TwoGroups) -> None:
    row = ordinal_table(groups).set_index("item").loc["confiance_en_soi"]
    counted = top_box(groups.frame["confiance_en_soi"].astype("object"), ("4", "5"))[groups.arm].sum()
    assert row["x_mentores"] == counted
