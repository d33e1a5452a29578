"""The evaluation of a survey by a plan, on simulated answers with a known effect."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentorat.causal import survey_robustness
from mentorat.causal.conclusion import conclude
from mentorat.causal.effect_tables import SCHEMAS, EffectTables
from mentorat.causal.plan import Plan, load_plan
from mentorat.causal.survey_effect_tables import survey_effect_tables
from mentorat.causal.survey_effects import survey_differences
from mentorat.causal.survey_respondents import in_words
from mentorat.errors import MentoratError
from mentorat.settings import CHECKOUT
from tests.unit.causal.survey_tables import survey_tables

PRIMARY, SCALE, ASKED_OF_ONE = "projection_direction", "confiance_en_soi", "envie_reussir"
DEMONSTRATION = load_plan(CHECKOUT / "notebooks" / "plans" / "demonstration.yml")


def plan_with(grille: dict[str, object] | None = None, **changed: object) -> Plan:
    """A light plan: one primary item, a small grid."""
    grid = {"toujours": ("age",), "au_choix": {"mna": ("mna",), "lieu": ("type_accueil",)}, "permutations": 19}
    enquete = DEMONSTRATION.enquete.model_dump() | {
        "familles": {"principale": (PRIMARY,)},
        "grille": DEMONSTRATION.enquete.grille.model_dump() | grid | (grille or {}),
    }
    return Plan.model_validate(DEMONSTRATION.model_dump() | {"nom": "essai", "enquete": enquete | changed})


PLAN = plan_with()
QUICK = plan_with(
    grille={"au_choix": {}, "permutations": 0, "populations": ("tous",), "estimateurs": ("entropie",)},
    secondaires="aucune",
    robustesse=(),
    sous_groupes=(),
)


@pytest.fixture(scope="module", autouse=True)
def few_draws() -> Iterator[None]:
    """What is held here does not hang on how many draws and imputations there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(survey_robustness, "DRAWS", 99)
        patch.setattr(survey_robustness, "COPIES", 3)
        yield


@pytest.fixture(scope="module")
def given() -> tuple[dict[str, pd.DataFrame], float]:
    return survey_tables(seed=7, n=1200, effect=0.6)


@pytest.fixture(scope="module")
def tables(given: tuple[dict[str, pd.DataFrame], float]) -> EffectTables:
    return survey_effect_tables(**given[0], plan=PLAN)


def effect_of(tables: EffectTables, issue: str = PRIMARY) -> pd.Series:
    return tables.effets.set_index("issue").loc[issue]


def changed(given: tuple[dict[str, pd.DataFrame], float], **columns: object) -> dict[str, pd.DataFrame]:
    """The survey with columns of both groups replaced: a value, or what makes it from the table and its group."""
    found = {name: table.copy() for name, table in given[0].items()}
    for group in ("mentores", "non_mentores"):
        for name, value in columns.items():
            found[group][name] = value(found[group], group) if callable(value) else value
    return found


def test_every_table_has_its_declared_columns_and_types(tables: EffectTables) -> None:
    for field in fields(EffectTables):
        table = getattr(tables, field.name)
        assert {name: str(dtype) for name, dtype in table.dtypes.items()} == dict(SCHEMAS[field.name]), field.name
    empty = {field.name for field in fields(EffectTables) if getattr(tables, field.name).empty}
    assert empty == {"effets_entonnoir"}


def test_the_known_effect_is_covered_and_selection_taken_back(
    given: tuple[dict[str, pd.DataFrame], float], tables: EffectTables
) -> None:
    row = effect_of(tables)
    assert row["ic_bas"] < given[1] < row["ic_haut"]
    assert row["att"] < row["ecart_naif"]
    assert row["smd_max_avant"] > 0.3
    assert row["smd_max_apres"] < 1e-6


def test_primary_outcomes_come_first_then_the_other_compared_items(tables: EffectTables) -> None:
    assert list(tables.effets["issue"]) == [PRIMARY, SCALE]
    assert list(tables.effets["role"]) == ["principale", "secondaire"]


def test_estimators_stand_side_by_side_the_primary_one_giving_the_very_figures_of_the_effect(
    tables: EffectTables,
) -> None:
    rows = tables.effets_estimateurs[tables.effets_estimateurs["issue"] == PRIMARY].set_index("estimateur")
    assert list(rows["place"]) == ["principal", "naif", *["robustesse"] * (len(rows) - 2)]
    row = effect_of(tables)
    for one, other in (("estimation", "att"), ("ic_bas", "ic_bas"), ("ic_haut", "ic_haut"), ("p", "p")):
        assert rows.loc["entropie", one] == row[other]
    assert rows.loc["naif", "estimation"] == row["ecart_naif"]
    assert rows["estimation"].notna().all()


def test_the_raw_difference_is_that_of_the_table_of_differences(
    given: tuple[dict[str, pd.DataFrame], float], tables: EffectTables
) -> None:
    raw = survey_differences(**given[0]).set_index("item").loc[PRIMARY]
    row = effect_of(tables)
    assert (row["ecart_naif"], row["naif_ic_bas"], row["x_mentores"]) == (
        raw["ecart"],
        raw["ic_bas"],
        raw["x_mentores"],
    )


def test_the_curve_holds_the_whole_grid_and_the_primary_specification(tables: EffectTables) -> None:
    curve = tables.effets_courbe.set_index("issue")
    # 4 sets of covariates × 3 estimators × 2 populations; a yes or no has one coding, a scale two
    assert curve.index.value_counts().to_dict() == {PRIMARY: 24, SCALE: 48}
    assert (curve.loc[PRIMARY, "rang"] == np.arange(1, 25)).all()
    assert curve.loc[PRIMARY, "estimation"].is_monotonic_increasing
    tests = tables.effets_courbe_test.set_index("issue")
    assert 0 < tests.loc[PRIMARY, "p_mediane"] <= 1
    assert pd.isna(tests.loc[SCALE, "p_mediane"])
    assert (tests["estimees"] == tests["specifications"]).all()
    row = effect_of(tables)
    assert row["part_meme_signe"] == tests.loc[PRIMARY, "part_meme_signe"]
    assert row["p_courbe"] == tests.loc[PRIMARY, "p_mediane"]


def test_the_curve_with_all_covariates_is_the_primary_estimate(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    everything = {name: (name,) for name in PLAN.enquete.covariables[1:]}
    plan = plan_with(
        grille={"au_choix": everything, "estimateurs": ("entropie",), "populations": ("tous",), "permutations": 0},
        secondaires="aucune",
        robustesse=(),
        sous_groupes=(),
    )
    found = survey_effect_tables(**given[0], plan=plan)
    whole = found.effets_courbe.set_index("covariables").loc["toutes", "estimation"]
    assert whole == pytest.approx(effect_of(found)["att"], abs=1e-8)


def test_every_analysis_of_robustness_has_its_sentence(tables: EffectTables) -> None:
    rows = tables.effets_robustesse
    primary = set(rows.loc[rows["issue"] == PRIMARY, "analyse"])
    light = {"e_value", "e_value_limite", "valeur_robustesse", "valeur_robustesse_limite", "reference_observee"}
    assert primary == light | {"bootstrap_sauvage", "rerandomisation", "rosenbaum", "imputation"}
    assert set(rows.loc[rows["issue"] == SCALE, "analyse"]) == light
    assert (rows["lecture"].str.len() > 30).all()
    assert (rows.loc[rows["analyse"] == "reference_observee", "reference"] != "").all()
    effect = effect_of(tables)
    of_primary = rows[rows["issue"] == PRIMARY].set_index("analyse")["valeur"]
    assert of_primary["e_value"] == effect["evalue"] >= effect["evalue_limite"] >= 1
    assert of_primary["valeur_robustesse"] == effect["valeur_robustesse"]
    assert of_primary["bootstrap_sauvage"] == effect["att"]
    assert of_primary["imputation"] == pytest.approx(effect["att"], abs=0.02)


def test_covariates_read_in_french(tables: EffectTables) -> None:
    labels = tables.equilibre.set_index("covariable")["libelle"]
    assert labels["age"] == "âge"
    assert labels["type_accueil=assistant_familial"] == "type d’accueil (famille d’accueil)"
    assert not labels.str.contains("_").any()


def test_weighting_removes_the_observed_differences(tables: EffectTables) -> None:
    assert tables.equilibre["smd_avant"].abs().max() > 0.3
    assert tables.equilibre["smd_apres"].abs().max() < 1e-6
    assert tables.equilibre["ks_apres"].notna().all()


def test_everybody_is_in_a_bin_of_the_score_and_in_the_flow(
    given: tuple[dict[str, pd.DataFrame], float], tables: EffectTables
) -> None:
    sizes = [len(given[0][group]) for group in ("mentores", "non_mentores")]
    bins = tables.effets_recouvrement
    assert len(bins) == 10
    assert [bins["n_mentores"].sum(), bins["n_non_mentores"].sum()] == sizes
    flow = tables.effets_flux
    assert list(flow["etape"]) == ["invites", "repondants", "compares", "complets"]
    assert (flow[["n_mentores", "n_non_mentores"]].astype(int).diff().iloc[1:] <= 0).all(axis=None)
    assert list(flow.set_index("etape").loc["repondants", ["n_mentores", "n_non_mentores"]]) == sizes


def test_ages_are_compared_in_bands_and_interactions_corrected_together(tables: EffectTables) -> None:
    rows = tables.effets_heterogeneite
    assert list(rows.loc[rows["facteur"] == "age", "modalite"]) == [
        "11-13\u00a0ans",
        "14-15\u00a0ans",
        "16-17\u00a0ans",
    ]
    assert set(rows.loc[rows["facteur"] == "sexe", "modalite"]) == {"fille", "garçon"}
    tested = rows.dropna(subset=["p_interaction"])
    assert (tested["p_interaction_holm"] >= tested["p_interaction"]).all()
    assert set(rows["issue"]) == {PRIMARY}


def test_row_order_changes_nothing(given: tuple[dict[str, pd.DataFrame], float], tables: EffectTables) -> None:
    shuffled = {name: table.sample(frac=1, random_state=4) for name, table in given[0].items()}
    again = survey_effect_tables(**shuffled, plan=PLAN)
    for field in fields(EffectTables):
        pd.testing.assert_frame_equal(getattr(again, field.name), getattr(tables, field.name), rtol=1e-7)


def test_no_survey_gives_empty_tables(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    none = given[0] | {"non_mentores": given[0]["non_mentores"].iloc[:0]}
    found = survey_effect_tables(**none, plan=PLAN)
    assert all(getattr(found, field.name).empty for field in fields(EffectTables))
    assert conclude(found.effets, PLAN).empty


def test_the_latest_wave_that_both_groups_answered_is_used(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    later = pd.concat([given[0]["mentores"], given[0]["mentores"].assign(vague=2)], ignore_index=True)
    found = survey_effect_tables(**given[0] | {"mentores": later}, plan=QUICK)
    assert set(found.effets["vague"]) == {1}


def test_an_item_of_the_plan_that_cannot_be_compared_keeps_its_row_with_the_reason(
    given: tuple[dict[str, pd.DataFrame], float],
) -> None:
    plan = plan_with(familles={"principale": (PRIMARY, ASKED_OF_ONE, "se_sent_seul")}, secondaires="aucune")
    found = survey_effect_tables(**given[0], plan=plan)
    told = found.effets.set_index("issue")
    assert "pas demandée aux deux groupes" in told.loc[ASKED_OF_ONE, "avertissements"].replace("’", "'")
    assert "Personne n’a répondu" in told.loc["se_sent_seul", "avertissements"]
    assert told.loc[[ASKED_OF_ONE, "se_sent_seul"], "att"].isna().all()
    assert set(conclude(found.effets, plan).set_index("issue").loc[[ASKED_OF_ONE], "preuve"]) == {"descriptif"}


def test_a_negative_control_is_read_as_one(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    found = survey_effect_tables(**given[0], plan=plan_with(temoins=(SCALE,), secondaires="aucune"))
    assert effect_of(found, SCALE)["role"] == "temoin"
    row = found.effets_robustesse.set_index("analyse").loc["temoin_negatif"]
    assert row["issue"] == SCALE
    assert "Témoin négatif" in row["lecture"]


# What the data cannot carry: a reason, never a number.


def refused(given: tuple[dict[str, pd.DataFrame], float], plan: Plan = QUICK, **columns: object) -> pd.Series:
    tables = survey_effect_tables(**changed(given, **columns), plan=plan)
    row = effect_of(tables)
    assert np.isnan(row["att"])
    assert np.isnan(row["ic_bas"])
    assert tables.effets_courbe.empty
    told = conclude(tables.effets, plan).set_index("issue").loc[PRIMARY]
    assert told["preuve"] == "descriptif"
    assert "n’est pas estimé" in told["phrase"]
    return row


def test_groups_without_overlap(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    row = refused(given, age=lambda table, group: table["age"] + (10 if group == "mentores" else 0))
    assert "ne se recouvrent pas" in row["avertissements"]
    assert "« âge »" in row["avertissements"].replace("\u00a0", " ")


def test_a_factor_that_separates_the_groups(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    row = refused(given, sexe=lambda table, group: "F" if group == "mentores" else "G")
    assert "« sexe »" in row["avertissements"].replace("\u00a0", " ")


def test_without_overlap_the_balance_before_is_still_told_and_no_score_is(
    given: tuple[dict[str, pd.DataFrame], float],
) -> None:
    apart = changed(given, age=lambda table, group: table["age"] + (10 if group == "mentores" else 0))
    found = survey_effect_tables(**apart, plan=PLAN)
    assert found.equilibre["smd_avant"].notna().all()
    assert found.equilibre["smd_apres"].isna().all()
    assert found.effets_recouvrement.empty
    told = found.effets_estimateurs.set_index(["issue", "estimateur"]).loc[PRIMARY]
    assert told.loc["score_ipw", "avertissements"] != ""
    assert np.isnan(told.loc["score_ipw", "estimation"])


def test_fewer_than_four_clusters_in_an_arm(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    few = {name: table.copy() for name, table in given[0].items()}
    mentored = few["echantillon"]["groupe"] == "mentores"
    few["echantillon"].loc[mentored, "grappe"] = "s" + (few["echantillon"].index[mentored] % 3).astype(str)
    row = effect_of(survey_effect_tables(**few, plan=QUICK))
    assert np.isnan(row["att"])
    assert "3 grappe" in row["avertissements"]


def test_an_answer_everybody_gives(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    assert "même réponse" in refused(given, **{PRIMARY: True})["avertissements"]


def test_an_answer_everybody_gives_in_one_group_is_told_beside_the_figure(
    given: tuple[dict[str, pd.DataFrame], float],
) -> None:
    unanimous = changed(given, **{PRIMARY: lambda table, group: True if group == "mentores" else table[PRIMARY]})
    row = effect_of(survey_effect_tables(**unanimous, plan=QUICK))
    assert "ont donné la même réponse" in row["avertissements"]


def test_fewer_than_eleven_answers(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    def rare(table: pd.DataFrame, group: str) -> pd.Series:
        return table[PRIMARY].where(table.index < 10) if group == "mentores" else table[PRIMARY]

    assert "Moins de 11 réponses" in refused(given, **{PRIMARY: rare})["avertissements"]


def test_weights_that_rest_on_a_handful(given: tuple[dict[str, pd.DataFrame], float]) -> None:
    def older(table: pd.DataFrame, group: str) -> pd.Series:
        if group == "mentores":
            return table["age"] * 0 + 16
        return pd.Series(np.where(table.index < 6, 17, 12), index=table.index, dtype="Int64")

    plan = plan_with(grille=QUICK.enquete.grille.model_dump(), covariables=("age",), secondaires="aucune")
    assert "équivalent de" in refused(given, plan, age=older)["avertissements"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"covariables": ("age", "moyenne_generale")}, "après le début du mentorat"),
        ({"covariables": ("age", "taille")}, "n'est pas une caractéristique connue avant le mentorat"),
        ({"sous_groupes": ("moyenne_generale",)}, "après le début du mentorat"),
        ({"grille": {"toujours": ("moyenne_generale",)}}, "après le début du mentorat"),
        ({"grille": {"populations": ("sans_age",)}}, "sans_mna"),
        ({"familles": {"principale": ("taille",)}}, "taille"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused_in_french(
    given: tuple[dict[str, pd.DataFrame], float], change: dict[str, object], told: str
) -> None:
    grille = change.pop("grille", None)
    with pytest.raises(MentoratError, match=told):
        survey_effect_tables(**given[0], plan=plan_with(grille=grille, **change))


def test_the_plan_of_the_demonstration_is_read_from_its_file() -> None:
    assert Path(CHECKOUT / "notebooks" / "plans" / "demonstration.yml").exists()
    assert set(DEMONSTRATION.enquete.familles["principale"]) == {"se_sent_seul", PRIMARY}


def test_a_level_in_a_warning_reads_as_its_label() -> None:
    said = in_words("Les deux groupes restent différents pour : « redoublement=oui » (0,12), « type_accueil=aemo ».")
    assert said.endswith("« redoublement (oui) » (0,12), « type d’accueil (AEMO) ».")
