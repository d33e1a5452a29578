"""What is said of each effect: status by the plan, Holm by family, grade, and a sentence that never says more."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentorat.causal.conclusion import conclude, sentence
from mentorat.causal.effect_tables import EFFETS, ROBUSTESSE, typed
from mentorat.causal.evidence import GRADES, Rule, finding, overstated, rules
from mentorat.causal.plan import load_plan
from mentorat.causal.plan_register import DEMONSTRATION, PLANS, TEMPLATE, in_force
from mentorat.survey.multiplicity import holm
from mentorat.typography import fr_points

PLAN = load_plan(PLANS / DEMONSTRATION)
REAL = replace(in_force(PLAN), simule=False)
"""The registered plan, as if on real data: no banner in sentences."""
SURVEY: dict[str, Any] = {
    "source": "enquete",
    "comparateurs": "non_mentores",
    "issue": "se_sent_seul",
    "libelle": "Se sentir seul",
    "estimateur": "entropie",
    "vague": 1,
    "ecart_naif": -0.104,
    "att": -0.06,
    "se": 0.02,
    "ic_bas": -0.1,
    "ic_haut": -0.02,
    "df": 80.0,
    "p": 0.003,
    "n_mentores": 800,
    "n_non_mentores": 900,
    "x_mentores": 240,
    "x_non_mentores": 330,
    "n_manquants": 100,
    "grappes_mentores": 90,
    "grappes_non_mentores": 100,
    "ess": 600.0,
    "smd_max_apres": 0.0,
    "evalue_limite": 1.4,
}
COHORT = SURVEY | {
    "source": "administratif",
    "comparateurs": "acceptants_en_attente",
    "issue": "freqsco",
    "libelle": "Décrochage ou exclusion scolaire",
    "estimateur": "appariement",
    "fenetre": "6 à 18 mois après",
    "vague": None,
}
CONTROL = COHORT | {
    "issue": "deplacements_avant",
    "libelle": "Changement de lieu avant",
    "att": 0.001,
    "ic_bas": -0.02,
    "ic_haut": 0.022,
    "p": 0.9,
}
UNKNOWN = {"att": np.nan, "se": np.nan, "ic_bas": np.nan, "ic_haut": np.nan, "df": np.nan, "p": np.nan}


def concluded(*rows: dict[str, Any], plan: Any = REAL, robustesse: pd.DataFrame | None = None) -> pd.DataFrame:
    return conclude(typed(list(rows), EFFETS), plan, robustesse)


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text).replace("\u2019", "'").replace("\u2212", "-")


# --- confirmatory or exploratory ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (SURVEY, "confirmatoire"),
        (SURVEY | {"estimateur": "regression"}, "exploratoire"),
        (SURVEY | {"issue": "confiance_en_soi"}, "exploratoire"),
        (COHORT, "confirmatoire"),
        (COHORT | {"estimateur": "naif"}, "exploratoire"),
        (COHORT | {"estimateur": "censure_ponderee"}, "exploratoire"),
        (COHORT | {"comparateurs": "eligibles_non_mentores"}, "exploratoire"),
        (COHORT | {"issue": "deplacements"}, "exploratoire"),
        (CONTROL, "exploratoire"),
    ],
)
def test_only_what_the_registered_plan_announced_is_confirmatory(row: dict[str, Any], status: str) -> None:
    assert concluded(row)["statut"].tolist() == [status]


def test_nothing_of_an_unregistered_plan_is_confirmatory_and_each_row_says_why() -> None:
    found = concluded(SURVEY, COHORT, plan=load_plan(PLANS / TEMPLATE))
    assert set(found["statut"]) == {"exploratoire"}
    assert set(found["preuve"]) == {"non concluant"}
    assert found["avertissements"].str.contains("n’est pas enregistré").all()


def test_a_reserve_on_one_source_leaves_the_other_confirmatory() -> None:
    found = concluded(
        SURVEY | {"avertissements": "Peu de jeunes."}, COHORT, plan=replace(REAL, reserves={"enquete": "Tard."})
    )
    assert found["statut"].tolist() == ["exploratoire", "confirmatoire"]
    assert found["avertissements"].tolist() == ["Peu de jeunes. Tard.", ""]


def test_each_row_carries_the_plan_its_version_and_its_hash() -> None:
    row = concluded(SURVEY).iloc[0]
    assert (row["plan"], row["plan_version"], row["plan_empreinte"]) == (PLAN.nom, PLAN.version, PLAN.empreinte)


# --- families -----------------------------------------------------------------------------------------


def test_holm_runs_inside_the_families_the_plan_declares_each_source_and_comparison_apart() -> None:
    rows = [
        SURVEY | {"issue": "se_sent_seul", "p": 0.01},
        SURVEY | {"issue": "projection_direction", "p": 0.03},
        SURVEY | {"issue": "confiance_en_soi", "p": 0.02},
        SURVEY | {"issue": "ose_interroger_prof", "p": 0.04},
        SURVEY | {"issue": "diplome_vise", **UNKNOWN},
        COHORT | {"p": 0.04},
        COHORT | {"p": 0.02, "comparateurs": "eligibles_non_mentores"},
        COHORT | {"issue": "deplacements", "p": 0.01},
        COHORT | {"issue": "jeune_majeur", "p": 0.5},
        CONTROL | {"p": 0.6},
    ]
    found = concluded(*rows)
    expected = [
        *holm([0.01, 0.03]),
        *holm([0.02, 0.04, np.nan]),
        0.04,
        0.02,
        *holm([0.01, 0.5]),
        0.6,
    ]
    assert found["p_holm"].to_numpy() == pytest.approx(expected, nan_ok=True)
    assert found["role"].tolist() == ["principale"] * 2 + ["secondaire"] * 3 + ["principale"] * 2 + [
        "secondaire"
    ] * 2 + ["temoin"]
    assert found["famille"].tolist()[:3] == ["principale", "principale", "exploratoire"]


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [SURVEY, SURVEY | {"issue": "projection_direction", "p": 0.03}, COHORT, CONTROL]
    once, again = concluded(*rows), concluded(*rows[::-1])
    pd.testing.assert_frame_equal(once, again.iloc[::-1].reset_index(drop=True))


def test_an_empty_table_stays_empty() -> None:
    assert concluded().empty
    assert list(concluded().columns) == list(EFFETS)


# --- grades -------------------------------------------------------------------------------------------


def test_a_survey_of_one_wave_never_concludes_whatever_its_figures() -> None:
    found = concluded(SURVEY | {"p": 1e-12, "part_meme_signe": 1.0, "part_exclut_zero": 1.0, "evalue_limite": 3.0})
    assert found["preuve"].tolist() == ["non concluant"]


def test_risk_sets_are_probable_at_most_and_with_a_control_that_passes() -> None:
    assert concluded(COHORT, CONTROL)["preuve"].tolist() == ["probable", "descriptif"]
    assert concluded(COHORT)["preuve"].tolist() == ["non concluant"]
    failed = CONTROL | {"ic_bas": 0.001, "ic_haut": 0.03, "att": 0.015}
    assert concluded(COHORT, failed)["preuve"].tolist() == ["non concluant", "descriptif"]


@pytest.mark.parametrize(
    ("low", "high", "reached"),
    [(-0.05, 0.05, "probable"), (-0.051, 0.04, "non concluant"), (-0.04, 0.051, "non concluant")],
)
def test_a_control_too_wide_to_tell_is_not_a_control_passed(low: float, high: float, reached: str) -> None:
    assert concluded(COHORT, CONTROL | {"ic_bas": low, "ic_haut": high})["preuve"].iloc[0] == reached


@pytest.mark.parametrize(
    "counts", [{"x_mentores": 0}, {"x_mentores": 800}, {"x_non_mentores": 0}, {"x_non_mentores": 900}]
)
def test_a_group_that_has_one_outcome_only_concludes_nothing_and_it_is_said(counts: dict[str, int]) -> None:
    found = concluded(COHORT | counts, CONTROL).iloc[0]
    assert found["preuve"] == "non concluant"
    assert "Tout un groupe a eu le même résultat" in found["phrase"]


def test_a_control_of_another_comparison_does_not_count() -> None:
    other = CONTROL | {"comparateurs": "eligibles_non_mentores"}
    assert concluded(COHORT, other)["preuve"].iloc[0] == "non concluant"


@pytest.mark.parametrize(("low", "reached"), [(-0.01, "probable"), (0.001, "non concluant")])
def test_placebos_of_the_robustness_table_count_too(low: float, reached: str) -> None:
    placebo = {
        "source": "administratif",
        "issue": "freqsco",
        "comparateurs": "acceptants_en_attente",
        "analyse": "date_placebo",
        "valeur": 0.01,
        "ic_bas": low,
        "ic_haut": 0.03,
    }
    assert concluded(COHORT, CONTROL, robustesse=typed([placebo], ROBUSTESSE))["preuve"].iloc[0] == reached


@pytest.mark.parametrize(("missing", "reached"), [(425, "probable"), (426, "non concluant")])
def test_missing_outcomes_count_over_all_that_were_asked(missing: int, reached: str) -> None:
    assert concluded(COHORT | {"n_manquants": missing}, CONTROL)["preuve"].iloc[0] == reached


def test_the_smaller_group_s_clusters_count() -> None:
    assert concluded(COHORT | {"grappes_mentores": 9}, CONTROL)["preuve"].iloc[0] == "non concluant"
    assert concluded(COHORT | {"grappes_non_mentores": 3}, CONTROL)["preuve"].iloc[0] == "descriptif"


def test_an_unadjusted_gap_is_descriptive() -> None:
    assert concluded(SURVEY | {"estimateur": "naif"})["preuve"].tolist() == ["descriptif"]


# --- sentences ----------------------------------------------------------------------------------------


def test_a_useful_a_harmful_and_a_null_result_are_told_by_one_template() -> None:
    effects = {
        "moins": COHORT,
        "plus": COHORT | {"att": 0.06, "ic_bas": 0.02, "ic_haut": 0.1},
        "absence": COHORT | {"att": 0.01, "ic_bas": -0.03, "ic_haut": 0.05, "p": 0.6},
    }
    told = {name: plain(concluded(row, CONTROL)["phrase"].iloc[0]) for name, row in effects.items()}
    assert {concluded(row, CONTROL)["preuve"].iloc[0] for row in effects.values()} == {"probable"}
    assert "Le mentorat rend probablement cette situation moins fréquente." in told["moins"]
    assert "Le mentorat rend probablement cette situation plus fréquente." in told["plus"]
    assert "compatible avec une absence d'effet" in told["absence"]
    assert "c'est probablement de moins de 5,0 points" in told["absence"]
    frames = {re.sub(r"est de .*$", "", text) for text in told.values()}
    assert len(frames) == 1


def test_an_interval_that_holds_zero_says_what_size_it_excludes() -> None:
    row = SURVEY | {"att": -0.02, "ic_bas": -0.078, "ic_haut": 0.014, "p": 0.2}
    told = plain(concluded(row)["phrase"].iloc[0])
    assert "compatible avec une absence d'effet" in told
    assert "une hausse de 1,4 point ni d'une baisse de 7,8 points" in told


def test_an_interval_without_zero_that_holm_does_not_keep_says_so() -> None:
    told = concluded(SURVEY | {"p": 0.04}, SURVEY | {"issue": "projection_direction", "p": 0.9})["phrase"].iloc[0]
    assert "nombre de questions posées" in told


@pytest.mark.parametrize(("smd", "compared"), [(0.05, True), (0.2, False), (np.nan, False)])
def test_groups_that_still_differ_are_not_said_to_be_comparable(smd: float, compared: bool) -> None:
    said = plain(concluded(SURVEY | {"smd_max_apres": smd}).iloc[0]["phrase"])
    assert ("caractéristiques observées comparables" in said) is compared
    assert ("ne rend pas les groupes comparables" in said) is not compared


def test_simulated_data_say_so_in_the_sentence() -> None:
    assert concluded(SURVEY, plan=PLAN)["phrase"].iloc[0].startswith("Données simulées. «")
    assert not concluded(SURVEY)["phrase"].iloc[0].startswith("Données simulées")


def test_an_outcome_that_could_not_be_estimated_says_so_and_gives_no_figure() -> None:
    row = concluded(SURVEY | UNKNOWN | {"smd_max_apres": np.nan}).iloc[0]
    assert row["preuve"] == "descriptif"
    assert "l’écart ajusté n’est pas estimé" in row["phrase"]
    assert not re.search(r"\d", row["phrase"])


def test_an_outcome_of_the_cohort_not_observed_yet_is_not_said_to_lack_a_comparison() -> None:
    row = concluded(COHORT | UNKNOWN | {"n_non_mentores": 0, "ecart_naif": np.nan}).iloc[0]
    assert row["preuve"] == "descriptif"
    assert "groupe de comparaison" not in row["phrase"]


def test_questions_put_to_the_mentored_alone_tell_a_satisfaction() -> None:
    row = concluded(SURVEY | UNKNOWN | {"n_non_mentores": None, "ecart_naif": np.nan}).iloc[0]
    assert "Sans groupe de comparaison" in row["phrase"]


def test_a_sentence_never_tells_the_words_of_another_grade() -> None:
    row = concluded(SURVEY).iloc[0].to_dict()
    stronger = Rule(preuve="non concluant", si=rules().regles[0].si, motif="C'est prouvé.")
    with pytest.raises(ValueError, match="says more than « non concluant »"):
        sentence(row, stronger)


SHARES = st.floats(-0.6, 0.6, allow_nan=False).map(lambda x: round(x, 4))


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Any row of effects, of either source."""
    low, estimate, high = sorted(draw(st.tuples(SHARES, SHARES, SHARES)))
    chosen = draw(st.sampled_from([SURVEY, COHORT, CONTROL]))
    return chosen | {
        "comparateurs": chosen["comparateurs"]
        if chosen["source"] == "enquete"
        else draw(st.sampled_from(["acceptants_en_attente", "eligibles_non_mentores"])),
        "att": estimate,
        "ic_bas": low,
        "ic_haut": high,
        "p": draw(st.floats(0, 1)),
        "estimateur": draw(st.sampled_from([chosen["estimateur"], "naif"])),
        "ecart_naif": draw(st.sampled_from([np.nan, 0.1])),
        "ess": draw(st.sampled_from([5.0, 20.0, 500.0, np.nan])),
        "smd_max_apres": draw(st.sampled_from([0.0, 0.2, np.nan])),
        "grappes_mentores": draw(st.sampled_from([2, 6, 90])),
        "evalue_limite": draw(st.sampled_from([1.0, 1.1, 2.0, np.nan])),
        "n_manquants": draw(st.sampled_from([0, 4000])),
        "libelle": draw(st.sampled_from(["Se sentir seul", "Le mentorat rend probablement prouvé"])),
    }


@settings(deadline=None, max_examples=40)
@given(st.lists(rows(), min_size=1, max_size=3), st.booleans())
def test_no_sentence_says_more_than_its_grade_and_signs_agree_with_figures(
    drawn: list[dict[str, Any]], control: bool
) -> None:
    found = concluded(*drawn, *([CONTROL] if control else []))
    for row in found.to_dict("records"):
        told, grade = plain(row["phrase"]), row["preuve"]
        assert overstated(told, rules().interdits[grade]) == ""
        outside = re.sub(r"«[^»]*»", "", told)
        if GRADES.index(grade) < GRADES.index("probable"):
            assert "probablement" not in outside
            assert "Le mentorat rend" not in outside
        if grade != "établi":
            assert not re.search(r"Le mentorat rend (?!probablement)", outside)
        more, less = ("plus fréquente" in outside, "moins fréquente" in outside)
        assert more <= (row["ic_bas"] > 0)
        assert less <= (row["ic_haut"] < 0)
        holds = row["ic_bas"] <= 0 <= row["ic_haut"]
        assert ("compatible avec une absence d'effet" in outside) == holds
        found_here = finding(row["att"], row["ic_bas"], row["ic_haut"], row["p_holm"])
        assert (more or less) == (found_here == "ecart")
        assert plain(f"est de {fr_points(100 * row['att'])} (") in outside
