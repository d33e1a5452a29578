"""The cohort's tables: what each row says, and what it says when there is no figure."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.couverture_risques import EFFECT, simulate
from mentorat.causal.cohort_effects import cohort_effect_tables
from mentorat.causal.cohort_words import window_label
from mentorat.causal.effect_tables import SCHEMAS, EffectTables
from mentorat.causal.plan import CohortOutcome, Plan, load_plan
from mentorat.errors import MentoratError

ROOT = Path(__file__).parents[3]


def plan(**told: object) -> Plan:
    """The demonstration's plan, on the strata and covariates that the simulated cohort has."""
    whole = load_plan(ROOT / "notebooks" / "plans" / "demonstration.yml")
    cohort = whole.administratif.model_copy(
        update={
            "comparateurs": ("eligibles_non_mentores",),
            "appariement": whole.administratif.appariement.model_copy(update={"exact": ("territoire", "sexe")}),
            "covariables": ("age_index", "sexe", "handicap", "anciennete_jours", "deplacements_nb"),
            "sous_groupes": ("sexe", "age_index"),
        }
        | told
    )
    return whole.model_copy(update={"administratif": cohort})


@pytest.fixture(scope="module")
def cohort() -> tuple[pd.DataFrame, pd.DataFrame]:
    data = simulate(np.random.default_rng(4), EFFECT, people=2_500, territories=30, lost=0.2)
    home = data.risques["territoire"].str[1:].astype(int) + 31  # real codes of départements
    risques = data.risques.assign(territoire=home.astype(str), campagne=2024)
    moves = data.faits.sample(600, random_state=2).assign(fait="deplacement", valeur="")
    return risques, pd.concat([data.faits, moves], ignore_index=True)


@pytest.fixture(scope="module")
def tables(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> EffectTables:
    return cohort_effect_tables(2024, *cohort, plan())


def row(tables: EffectTables, issue: str) -> pd.Series:
    return tables.effets.set_index("issue").loc[issue]


def test_each_table_has_its_columns(tables: EffectTables) -> None:
    for name, columns in SCHEMAS.items():
        assert list(getattr(tables, name).columns) == list(columns)


def test_an_effect_travels_with_its_sample_balance_and_sensitivity(tables: EffectTables) -> None:
    found = row(tables, "freqsco")
    assert found["ic_bas"] < found["att"] < found["ic_haut"] < 0
    assert found["att"] > found["ecart_naif"], "the naive difference adds the selection to the effect"
    assert found["smd_max_apres"] < found["smd_max_avant"] / 2
    assert found["n_manquants"] > 0 and "L’issue est connue de" in found["avertissements"]
    assert found["evalue"] > found["evalue_limite"] > 1
    assert 0 < found["valeur_robustesse"] < 1
    assert 10 < found["ess"] <= found["n_non_mentores"]
    assert found["grappes"] == 30 and found["fenetre"] == "6 à 18 mois après"
    assert (found[["statut", "plan", "preuve", "phrase"]] == "").all(), "the plan alone decides"


def test_estimators_stand_side_by_side(tables: EffectTables) -> None:
    found = tables.effets_estimateurs.set_index(["issue", "estimateur"])
    assert found.loc[("freqsco", "appariement"), "estimation"] == row(tables, "freqsco")["att"]
    assert found.loc[("freqsco", "naif"), "estimation"] == row(tables, "freqsco")["ecart_naif"]
    censored = found.loc[("freqsco", "censure_ponderee")]
    assert censored["estimation"] < found.loc[("freqsco", "appariement"), "estimation"]
    assert "Censure" in censored["avertissements"]


def test_an_outcome_that_no_pair_can_have_says_when_it_will_be_known(
    cohort: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    risques, faits = cohort
    early = cohort_effect_tables(2022, risques.assign(fin_observation="2022-03-01"), faits, plan())
    for issue, told in (("freqsco", "campagne 2023"), ("deplacements", "campagne 2023")):
        found = row(early, issue)
        assert np.isnan(found["att"]) and found["n_mentores"] == 0
        assert told in found["avertissements"].replace("\xa0", " ")
    assert early.effets_heterogeneite.empty and early.effets_entonnoir.empty


def test_too_few_clusters_are_refused_in_words(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    risques, faits = cohort
    few = risques[risques["territoire"].isin(["31", "32", "33"])]
    found = row(cohort_effect_tables(2024, few, faits, plan()), "freqsco")
    assert np.isnan(found["att"]) and found["n_mentores"] > 11
    assert "grappe" in found["avertissements"]


def alone(risques: pd.DataFrame) -> pd.DataFrame:
    """The same, the mentored never being comparators beforehand."""
    mentored = risques["evenement"].eq("binome")
    return risques.assign(statut=risques["statut"].where(~mentored, "refus"))


def separated_by_a_factor(risques: pd.DataFrame) -> pd.DataFrame:
    return alone(risques).assign(handicap=risques["evenement"].eq("binome"))


def separated_by_a_number(risques: pd.DataFrame) -> pd.DataFrame:
    return alone(risques).assign(deplacements_nb=risques["deplacements_nb"] + 50 * risques["evenement"].eq("binome"))


def held_by_a_handful(risques: pd.DataFrame) -> pd.DataFrame:
    found = alone(risques).assign(sexe="F")
    mentored = found["evenement"].eq("binome")
    return pd.concat([found[mentored], found[~mentored].iloc[::200]])


def without_comparators_in_the_strata(risques: pd.DataFrame) -> pd.DataFrame:
    return alone(risques).assign(sexe=risques["evenement"].eq("binome").map({True: "F", False: "G"}))


@pytest.mark.parametrize(
    ("bad", "exact", "told"),
    [
        (separated_by_a_factor, ("territoire", "sexe"), "ne se recouvrent pas"),
        (separated_by_a_number, ("territoire", "sexe"), "ne se recouvrent pas"),
        (held_by_a_handful, ("sexe",), "moins de 10"),
        (without_comparators_in_the_strata, ("territoire", "sexe"), "sans personne de même profil"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_a_row_without_figure_that_says_why(
    cohort: tuple[pd.DataFrame, pd.DataFrame],
    bad: Callable[[pd.DataFrame], pd.DataFrame],
    exact: tuple[str, ...],
    told: str,
) -> None:
    risques, faits = cohort
    matching = plan().administratif.appariement.model_copy(update={"exact": exact, "age_ecart_mois": 60})
    found = row(cohort_effect_tables(2024, bad(risques), faits, plan(appariement=matching)), "freqsco")
    assert found[["att", "se", "ic_bas", "ic_haut", "p"]].isna().all()
    assert told in found["avertissements"].replace("\xa0", " ")


@pytest.mark.parametrize("mentored", [True, False])
def test_an_outcome_that_nobody_of_a_group_has_is_told_beside_the_figure(
    cohort: tuple[pd.DataFrame, pd.DataFrame], mentored: bool
) -> None:
    risques, faits = cohort
    starts = set(risques.loc[risques["evenement"] == "binome", "id_population"])
    chosen = faits["id_population"].isin(starts) if mentored else ~faits["id_population"].isin(starts)
    known = faits[~(chosen & faits["fait"].eq("deplacement"))]
    matched = alone(risques)  # else those mentored later have moves as comparators
    found = row(cohort_effect_tables(2024, matched, known, plan()), "deplacements")
    assert found["x_mentores" if mentored else "x_non_mentores"] == 0
    assert "leur part de l’incertitude ne se mesure pas" in found["avertissements"]
    assert np.isnan(found["evalue"]), "there is no ratio of a share to none"


@pytest.mark.parametrize("name", ["evenement", "debut_accompagnement", "fin", "freqsco"])
@pytest.mark.parametrize("key", ["covariables", "sous_groupes"])
def test_what_mentoring_may_have_changed_is_no_covariate(
    cohort: tuple[pd.DataFrame, pd.DataFrame], name: str, key: str
) -> None:
    with pytest.raises(MentoratError, match=name):
        cohort_effect_tables(2024, *cohort, plan(**{key: ("age_index", name)}))


def test_whose_effect_it_is_and_who_left_is_told_in_shares(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    risques, faits = cohort
    comparators = risques.loc[risques["evenement"] != "binome", ["id_population", "fin"]]
    gone = comparators.assign(fait="sortie", date_fait="2022-12-01", valeur="connue").drop(columns="fin")
    # the windows of those who start after June 2023 are not closed
    short = risques.assign(fin_observation="2023-06-30", type_accueil_regroupe="aemo")
    found = row(cohort_effect_tables(2023, short, pd.concat([faits, gone]), plan()), "deplacements")
    told = found["avertissements"].replace("\xa0", " ").replace("\u202f", " ")
    assert re.search(r"La fenêtre n’est entièrement observée que pour \d+ % des nouveaux binômes appariés", told)
    assert "100 % des jeunes comparés sont aidés chez eux" in told
    assert re.search(
        r"Sont sortis avant la fin de la fenêtre sans changement connu : \d+ % des jeunes qui commencent", told
    )


def test_each_young_person_counts_once_whatever_the_days_he_or_she_serves(
    cohort: tuple[pd.DataFrame, pd.DataFrame], tables: EffectTables
) -> None:
    people = cohort[0]["id_population"].nunique()
    for table in (tables.effets_estimateurs, tables.effets_heterogeneite):
        assert (table["n_mentores"] + table["n_non_mentores"]).max() <= 2 * people
        assert table["n_non_mentores"].max() <= people
    naive = tables.effets_estimateurs.query("issue == 'freqsco' and estimateur == 'naif'").iloc[0]
    assert naive["n_non_mentores"] >= naive["ess"] > 0
    assert "sans ajustement" in naive["estimand"] and "jeune" not in naive["variance"]
    effect = row(tables, "freqsco")
    assert (
        tables.effets_robustesse.query("issue == 'freqsco' and analyse == 'e_value'")["n"]
        == effect["n_mentores"] + effect["n_non_mentores"]
    ).all()
    by_sex = tables.effets_heterogeneite.query("issue == 'freqsco' and facteur == 'sexe'")
    assert by_sex["n_non_mentores"].sum() == effect["n_non_mentores"], "sex is exact: a comparator has one"


def test_a_cohort_without_pairs_has_its_rows_without_figures(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    risques, faits = cohort
    none = cohort_effect_tables(2024, risques[risques["evenement"] != "binome"], faits, plan())
    assert none.effets["att"].isna().all() and len(none.effets) == 4
    assert none.effets["avertissements"].str.contains("Aucun nouveau").all()
    assert none.equilibre.empty and none.effets_recouvrement.empty


def test_the_placebo_is_not_balanced_by_itself(tables: EffectTables) -> None:
    found = tables.effets_robustesse
    assert found.loc[(found["issue"] == "deplacements") & (found["analyse"] == "issue_placebo")].shape[0] == 1
    assert not (found["issue"] == "deplacements_avant").any()
    assert row(tables, "deplacements_avant")["role"] == "temoin"


def test_tests_of_interaction_are_corrected_together_whatever_the_outcome(tables: EffectTables) -> None:
    tested = tables.effets_heterogeneite.drop_duplicates(["issue", "facteur"])
    known = tested["p_interaction"].dropna()
    assert len(known) > len(set(tested["facteur"])), "several outcomes are tested"
    smallest = tested.loc[known.idxmin()]
    assert smallest["p_interaction_holm"] == pytest.approx(min(1, len(known) * smallest["p_interaction"]), rel=1e-5)
    assert (tested["p_interaction_holm"] >= tested["p_interaction"]).loc[known.index].all()


def test_a_factor_that_cannot_be_compared_keeps_a_row_that_says_why(cohort: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    found = cohort_effect_tables(2024, *cohort, plan(sous_groupes=("territoire",))).effets_heterogeneite
    freqsco = found[found["issue"] == "freqsco"]
    assert freqsco["libelle_facteur"].to_list() == ["Territoire"] and freqsco["estimation"].isna().all()
    assert "« Territoire » a 30 valeurs" in freqsco["avertissements"].iloc[0].replace("\xa0", " ")


def test_departements_are_in_the_order_of_codes_and_never_alone(tables: EffectTables) -> None:
    found = tables.effets_entonnoir.query("issue == 'freqsco'")
    assert len(found) == 101 and found["departement"].is_monotonic_increasing
    away = found[found["n_mentores"] == 0]
    assert away["estimation"].isna().all() and (away["avertissements"] != "").all()
    own = found["estimation"].notna()
    assert own.any() and (found.loc[own, "retrecie"].std() < found.loc[own, "estimation"].std())


def test_too_few_departements_to_have_a_mean_show_no_figure_of_their_own(
    cohort: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    risques, faits = cohort
    four = risques[risques["territoire"].astype(int) < 35]
    found = cohort_effect_tables(2024, four, faits, plan()).effets_entonnoir
    assert found["n_mentores"].gt(0).any()
    assert found[["estimation", "se", "retrecie", "moyenne"]].isna().all(axis=None)
    assert found.loc[found["n_mentores"] > 0, "avertissements"].str.contains("aucun ne se lit seul").any()


def test_every_label_is_in_words(tables: EffectTables) -> None:
    told = " ".join([*tables.equilibre["libelle"], *tables.effets_heterogeneite["modalite"]])
    assert "Sexe\u00a0: fille" in told and "_" not in told and "Sexe\u00a0: F " not in told


def test_the_flow_never_goes_up(tables: EffectTables) -> None:
    flow = tables.effets_flux.set_index("etape")["n_mentores"].astype(int)
    assert flow["nouveaux_binomes"] >= flow["meme_strate"] >= flow["meme_age"] >= flow["fenetre_freqsco"]
    assert flow["fenetre_freqsco"] > flow["issue_freqsco"]


def test_overlap_counts_each_young_person_once(tables: EffectTables) -> None:
    flow = tables.effets_flux.set_index("etape").loc["nouveaux_binomes"]
    assert tables.effets_recouvrement["n_mentores"].sum() == flow["n_mentores"]
    assert tables.effets_recouvrement["n_non_mentores"].sum() <= flow["n_non_mentores"]


def test_the_order_of_the_files_changes_nothing(
    cohort: tuple[pd.DataFrame, pd.DataFrame], tables: EffectTables
) -> None:
    shuffled = cohort_effect_tables(2024, *(one.sample(frac=1, random_state=5) for one in cohort), plan())
    for name in SCHEMAS:
        pd.testing.assert_frame_equal(getattr(shuffled, name), getattr(tables, name), rtol=1e-8)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (CohortOutcome(famille="principale", de_jours=183, a_jours=548), "6 à 18 mois après"),
        (CohortOutcome(famille="secondaire", de_jours=1, a_jours=183), "dans les 6 mois qui suivent"),
        (CohortOutcome(famille="temoin", de_jours=-183, a_jours=-1), "dans les 6 mois qui précèdent"),
        (
            CohortOutcome(famille="secondaire", apres_18_ans_jours=183),
            "dans les 6 mois qui suivent les 18 ans",
        ),
    ],
)
def test_windows_in_words(outcome: CohortOutcome, told: str) -> None:
    assert window_label(outcome) == told
