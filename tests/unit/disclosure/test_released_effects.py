"""The tables of the evaluation under disclosure: an attacker who reads them all together learns no small count."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentorat.causal.effect_tables import SCHEMAS, effect_tables
from mentorat.disclosure.door import ReleasedTable
from mentorat.disclosure.effects import LEAST_LEVEL, UNCOUNTED, release_effects, uncounted
from mentorat.disclosure.rules import AUDIENCES, Audience, rules
from tests.unit.causal.effect_files import both_sources, comparison, people, tables_of

KEY = ["source", "issue", "comparateurs"]
GROUPS = ["n_mentores", "n_non_mentores"]
BY_LEVEL = ("effets_heterogeneite", "effets_entonnoir")
COHORT = ("acceptants_en_attente", "eligibles_non_mentores")


def released(tables: dict[str, pd.DataFrame], audience: Audience = "partenaire") -> dict[str, pd.DataFrame]:
    return {table.name: table.frame for table in release_effects(tables) if table.audience == audience}


def changed(tables: dict[str, pd.DataFrame], name: str, **values: object) -> dict[str, pd.DataFrame]:
    """The tables with the first row of one of them changed."""
    frame = tables[name].copy()
    for column, value in values.items():
        frame.loc[0, column] = value
    return tables | {name: frame}


@pytest.fixture(scope="module")
def survey() -> dict[str, pd.DataFrame]:
    return vars(tables_of(people(seed=1, n=4_000, rare=0.0)))


@pytest.fixture(scope="module")
def everything() -> dict[str, pd.DataFrame]:
    return vars(both_sources(seed=3, n=2_000))


def test_a_large_survey_passes_whole(survey: dict[str, pd.DataFrame]) -> None:
    for name, frame in released(survey).items():
        assert (frame["diffusion"] == "publie").all(), name


def test_every_table_keeps_its_columns_and_goes_to_whom_it_may(everything: dict[str, pd.DataFrame]) -> None:
    seen = list(release_effects(everything))
    assert {table.name for table in seen if table.audience == "partenaire"} == set(SCHEMAS)
    assert {table.name for table in seen if table.audience == "public"} == set(SCHEMAS) - {
        "effets_entonnoir",
        "equilibre",
    }
    for table in seen:
        judged = {"x_mentores", "x_non_mentores"} if table.name in BY_LEVEL else set()
        assert set(SCHEMAS[table.name]) - judged <= set(table.frame.columns)
        assert judged.isdisjoint(table.frame.columns)
        assert "effets_lies" in table.audit["rules"]


def test_an_outcome_of_few_is_hidden_whole_in_every_table(survey: dict[str, pd.DataFrame]) -> None:
    shown = released(changed(survey, "effets", x_mentores=3))
    effect = shown["effets"].iloc[0]
    assert effect["diffusion"] == "secret" and effect["issue"] == "se_sent_seul"
    assert effect[["att", "se", "p", "ecart_naif", "n_mentores", "x_non_mentores", "phrase", "evalue"]].isna().all()
    assert shown["effets"].iloc[1]["diffusion"] == "publie"
    for name in (
        "effets_estimateurs",
        "effets_courbe",
        "effets_courbe_test",
        "effets_robustesse",
        "effets_heterogeneite",
    ):
        frame = shown[name]
        assert (frame.loc[frame["issue"] == "se_sent_seul", "diffusion"] == "secret").all(), name
        assert (frame.loc[frame["issue"] != "se_sent_seul", "diffusion"] == "publie").all(), name
    assert shown["effets_robustesse"].loc[shown["effets_robustesse"]["diffusion"] == "secret", "lecture"].isna().all()


@pytest.mark.parametrize("few", [{"x_mentores": 0}, {"n_non_mentores": 4}, {"x_non_mentores": 0}])
def test_nobody_and_a_group_of_few_are_hidden(survey: dict[str, pd.DataFrame], few: dict[str, int]) -> None:
    tables = changed(survey, "effets", **few, **({"x_non_mentores": 2} if "n_non_mentores" in few else {}))
    assert released(tables)["effets"].loc[0, "diffusion"] == "secret"


def test_an_outcome_that_nobody_can_have_yet_says_so(survey: dict[str, pd.DataFrame]) -> None:
    nothing = dict.fromkeys(["att", "se", "ic_bas", "ic_haut", "ecart_naif", "x_mentores", "x_non_mentores"], np.nan)
    tables = changed(survey, "effets", **nothing, n_mentores=0, n_non_mentores=0, avertissements="Observable en 2026.")
    tables = changed(tables, "effets_estimateurs", estimation=np.nan, se=np.nan, n_mentores=0, n_non_mentores=0)
    shown = released(tables)
    row = shown["effets"].loc[0]
    assert (row["diffusion"], row["avertissements"]) == ("publie", "Observable en 2026.")
    assert shown["effets_estimateurs"].loc[0, "diffusion"] == "publie", "not estimated is not hidden"


def test_two_comparisons_that_differ_by_a_few_mentored_are_not_both_shown() -> None:
    """Three mentored have no comparator who waits: the outcomes of both comparisons would tell theirs."""
    frame = people(seed=5, n=2_000, missing=0.0)
    frame["attend"] = True
    frame.loc[frame.index[frame["mentore"]][:3], "attend"] = False
    shown = released(vars(tables_of(frame, "administratif", COHORT)))
    state = shown["effets"].set_index("comparateurs")["diffusion"]
    assert set(state["acceptants_en_attente"]) == {"publie"}
    assert set(state["eligibles_non_mentores"]) == {"secret"}
    balance = shown["equilibre"]
    classes = balance["covariable"].str.contains("=") & (balance["comparateurs"] == "eligibles_non_mentores")
    assert balance.loc[classes, "moyenne_mentores"].isna().any()


def test_a_level_of_few_is_hidden_and_no_size_gives_it_back() -> None:
    frame = people(seed=6, n=2_000, rare=0.0, missing=0.0)
    frame.loc[frame.index[:7], "sexe"] = "inconnu"
    levels = released(vars(tables_of(frame)))["effets_heterogeneite"]
    sexes = levels[levels["facteur"] == "sexe"]
    assert sexes.loc[sexes["modalite"] == "inconnu", ["estimation", "ic_bas", *GROUPS]].isna().all(axis=None)
    assert sexes[GROUPS].isna().all(axis=None)
    assert sexes.loc[sexes["modalite"] == "F", "estimation"].notna().all()
    assert set(sexes["diffusion"]) == {"secret", "partiel"}
    assert (
        levels.loc[(levels["facteur"] != "sexe") & (levels["modalite"] != "autonomie"), "diffusion"] == "publie"
    ).all()


@pytest.mark.parametrize("every", [0.0, 1.0])
def test_a_level_where_all_had_the_same_outcome_does_not_say_so(every: float) -> None:
    """A figure that lacks, a reason, an error of zero: each would tell the outcome of everyone in the level."""
    frame = people(seed=6, n=3_000, rare=0.0, missing=0.0)
    frame.loc[frame["sexe"] == "F", "se_sent_seul"] = every
    frame.loc[frame["departement"] == "35", "se_sent_seul"] = every
    tables = vars(tables_of(frame, "administratif", COHORT[1:]))
    for name in BY_LEVEL:
        tables[name]["avertissements"] = "Tous les jeunes ont eu la même issue."
    shown = released(tables)
    level, place = (shown[name] for name in BY_LEVEL)
    level = level[(level["issue"] == "se_sent_seul") & (level["modalite"] == "F")]
    place = place[(place["issue"] == "se_sent_seul") & (place["departement"] == "35")]
    for row in (level, place):
        assert set(row["diffusion"]) == {"secret"}
        assert row[["estimation", "se", "ic_bas", "avertissements"]].isna().all(axis=None)


def test_an_effect_on_a_few_with_the_outcome_is_hidden() -> None:
    """Enough young people, one of whom had the outcome: the effect beside its sizes tells how many."""
    frame = people(seed=6, n=3_000, rare=0.0, missing=0.0)
    girls = frame.index[(frame["sexe"] == "F") & frame["mentore"]]
    frame.loc[girls, "se_sent_seul"] = 0.0
    frame.loc[girls[:3], "se_sent_seul"] = 1.0
    levels = released(vars(tables_of(frame)))["effets_heterogeneite"].set_index(["issue", "modalite"])
    assert levels.loc[("se_sent_seul", "F"), "diffusion"] == "secret"
    assert levels.loc[("projection_direction", "F"), "diffusion"] == "publie"


def test_no_table_counts_the_few_that_two_comparisons_differ_by() -> None:
    """Bins add up, a mean is a sum over a number, an issue known of all is its window: each would give back three."""
    frame = people(seed=5, n=2_000, missing=0.0)
    frame["attend"] = True
    frame.loc[frame.index[frame["mentore"]][:3], "attend"] = False
    shown = released(vars(tables_of(frame, "administratif", COHORT)))
    sums = shown["effets_recouvrement"].groupby("comparateurs")["n_mentores"].agg(lambda n: n.sum(skipna=False))
    assert sums.isna().any()
    balance = shown["equilibre"].set_index(["covariable", "comparateurs"])
    for column in ("n_mentores", "moyenne_mentores"):
        assert balance.loc["age", column].isna().any(), column


def test_the_flow_hides_what_the_effects_hide_and_shows_what_they_show() -> None:
    frame = people(seed=5, n=2_000, missing=0.0)
    frame["attend"] = True
    frame.loc[frame.index[frame["mentore"]][:3], "attend"] = False
    tables = vars(tables_of(frame, "administratif", COHORT))
    sizes = tables["effets"].drop_duplicates("comparateurs")[["source", "comparateurs", *GROUPS]]
    steps = [sizes.assign(ordre=3, etape=f"{kind}_se_sent_seul", libelle=kind) for kind in ("fenetre", "issue")]
    shown = released(tables | {"effets_flux": pd.concat([tables["effets_flux"], *steps], ignore_index=True)})
    flow = shown["effets_flux"].set_index(["etape", "comparateurs"])["n_mentores"]
    told = shown["effets"].set_index(["issue", "comparateurs"])["n_mentores"].loc["se_sent_seul"]
    for step in ("fenetre_se_sent_seul", "issue_se_sent_seul"):
        both = [*flow.loc[step].dropna(), *told.dropna()]
        assert len(set(both)) <= 1, step  # of the two comparisons one at most, the same one everywhere


def test_a_step_that_effects_show_is_hidden_one_step_before() -> None:
    """Three have no whole window: hiding the window would be vain, `effets` shows those who are left."""
    tables = vars(tables_of(people(seed=5, n=2_000, missing=0.0), "administratif", COHORT[1:]))
    left = int(tables["effets"].loc[0, "n_mentores"])
    steps = {"nouveaux": 2 * left, "meme_age": left + 3, "fenetre_se_sent_seul": left, "issue_se_sent_seul": left}
    rows = [
        {"source": "administratif", "comparateurs": COHORT[1], "ordre": rank, "etape": step, "libelle": step}
        | {"n_mentores": n, "n_non_mentores": 900}
        for rank, (step, n) in enumerate(steps.items())
    ]
    said = "40 nouveaux binômes sur 700 sans jeune comparable : l'effet ne vaut que pour les autres. Peu de grappes."
    said += " La fenêtre n'est entièrement observée que pour 97 % des nouveaux binômes appariés."
    tables["effets"]["avertissements"] = said
    tables["equilibre"]["n_mentores"] = left + 3
    shown = released(
        tables | vars(effect_tables(effets_flux=rows)) | {k: v for k, v in tables.items() if k != "effets_flux"}
    )
    flow = shown["effets_flux"].set_index("etape")["n_mentores"]
    assert pd.isna(flow["meme_age"]) and flow["issue_se_sent_seul"] == left
    assert shown["equilibre"][["n_mentores", "moyenne_mentores"]].isna().all(axis=None)
    assert set(shown["effets"]["avertissements"]) == {f"Peu de grappes. {UNCOUNTED}"}


def test_the_unknown_outcomes_do_not_give_back_a_hidden_window() -> None:
    """Known and unknown outcomes add up to the window: beside the other group's, three would be found in this one."""
    tables = vars(tables_of(people(seed=5, n=2_000, missing=0.0), "administratif", COHORT[1:]))
    known = tables["effets"].loc[0, GROUPS].astype(int).to_numpy()
    steps = {"meme_age": known + 20, "fenetre_se_sent_seul": known + np.array([17, 5]), "issue_se_sent_seul": known}
    rows = [
        {"source": "administratif", "comparateurs": COHORT[1], "ordre": rank, "etape": step, "libelle": step}
        | dict(zip(GROUPS, sizes, strict=True))
        for rank, (step, sizes) in enumerate(steps.items())
    ]
    tables["effets"]["n_manquants"] = 22
    shown = released(tables | {"effets_flux": effect_tables(effets_flux=rows).effets_flux})
    flow = shown["effets_flux"].set_index("etape")
    assert pd.isna(flow.loc["fenetre_se_sent_seul", "n_mentores"])
    assert shown["effets"].set_index("issue")["n_manquants"].isna().to_dict() == {
        "se_sent_seul": True,
        "projection_direction": False,
    }


def test_what_reads_a_hidden_control_is_hidden_with_it(survey: dict[str, pd.DataFrame]) -> None:
    robustness = survey["effets_robustesse"].copy()
    control = robustness["issue"].eq("se_sent_seul") & robustness["analyse"].eq("issue_placebo")
    robustness.loc[control, "reference"] = survey["effets"].loc[1, "libelle"]
    effects = survey["effets"].assign(x_mentores=survey["effets"]["x_mentores"].mask([False, True], 3))
    shown = released(survey | {"effets": effects, "effets_robustesse": robustness})
    assert shown["effets"]["diffusion"].tolist() == ["publie", "secret"]
    hidden = shown["effets_robustesse"]["diffusion"].eq("secret")
    assert hidden.equals(control | robustness["issue"].ne("se_sent_seul"))
    assert shown["effets_robustesse"].loc[control, ["valeur", "n", "lecture"]].isna().all(axis=None)


def test_an_estimator_that_leaves_a_few_out_is_hidden(survey: dict[str, pd.DataFrame]) -> None:
    estimators = survey["effets_estimateurs"].copy()
    estimators.loc[0, "n_mentores"] -= 3
    shown = released(survey | {"effets_estimateurs": estimators})["effets_estimateurs"]
    assert shown.loc[0, ["estimation", "n_mentores", "se"]].isna().all()
    assert (shown.loc[1:, "diffusion"] == "publie").all()


def test_the_balance_does_not_count_the_levels_that_heterogeneity_withholds() -> None:
    frame = people(seed=6, n=2_000, rare=0.0, missing=0.0)
    frame.loc[frame.index[:30], "sexe"] = "inconnu"  # enough for a class, too few for an effect
    shown = released(vars(tables_of(frame)))
    balance = shown["equilibre"].set_index("covariable")
    assert balance.loc[["sexe=F", "sexe=G", "sexe=inconnu"], "moyenne_mentores"].isna().all()
    assert balance.loc[["sexe=F", "sexe=G"], "smd_avant"].notna().all()
    assert pd.notna(balance.loc["age", "moyenne_mentores"])


def test_effects_of_levels_are_told_to_the_point() -> None:
    """A difference of two shares at full precision has one pair of numerators: it would give both back."""
    levels = released(vars(tables_of(people(seed=1, n=4_000, rare=0.0))))["effets_heterogeneite"]
    for column in ("estimation", "se", "ic_bas", "ic_haut"):
        assert (levels[column].dropna() * 100 % 1).round(6).isin([0, 1]).all()
    assert (levels["ic_bas"] <= levels["estimation"]).all() and (levels["estimation"] <= levels["ic_haut"]).all()


def test_a_population_that_leaves_a_few_out_is_hidden(survey: dict[str, pd.DataFrame]) -> None:
    curve = survey["effets_courbe"].copy()
    whole = curve["population"] == "tous"
    curve.loc[~whole, "n"] = (curve.loc[whole, "n"] - 3).to_numpy()
    shown = released(survey | {"effets_courbe": curve})["effets_courbe"]
    assert shown.loc[~whole.to_numpy(), ["n", "estimation", "population"]].isna().all(axis=None)
    assert (shown.loc[whole.to_numpy(), "diffusion"] == "publie").all()


def test_bins_of_few_are_merged_and_the_publics_split_none_of_the_partners(everything: dict[str, pd.DataFrame]) -> None:
    edges = {}
    for audience in AUDIENCES:
        bins = released(everything, audience)["effets_recouvrement"]
        counts = bins[GROUPS].to_numpy(dtype=np.int64)
        assert ((counts == 0) | (counts >= rules().threshold(audience))).all()
        edges[audience] = set(bins[["source", "comparateurs", "score_bas"]].itertuples(index=False, name=None))
        before = everything["effets_recouvrement"].groupby("comparateurs")[GROUPS].sum()
        pd.testing.assert_frame_equal(bins.groupby("comparateurs")[GROUPS].sum(), before, check_dtype=False)
    assert edges["public"] <= edges["partenaire"]


def test_the_new_pairs_that_one_comparison_shows_are_those_of_the_other() -> None:
    """Hidden in one comparison, their number would be read in the other: what comes after is hidden instead."""
    steps = {COHORT[0]: (136, 99, 71, 0), COHORT[1]: (136, 135, 131, 113)}
    rows = [
        {"source": "administratif", "comparateurs": name, "ordre": rank, "etape": step, "libelle": step}
        | {"n_mentores": n, "n_non_mentores": 900}
        for name, sizes in steps.items()
        for rank, (step, n) in enumerate(
            zip(("nouveaux_binomes", "meme_strate", "meme_age", "fenetre_x"), sizes, strict=True)
        )
    ]
    for table in release_effects(vars(effect_tables(effets_flux=rows))):
        if table.name == "effets_flux":
            flow = table.frame.set_index(["comparateurs", "etape"])["n_mentores"]
            assert flow.xs("nouveaux_binomes", level="etape").notna().all()
            # known to begin with the same pairs, nothing that is left tells the one or the five who were lost
            assert pd.isna(flow[COHORT[1], "meme_strate"])
            assert table.audience == "partenaire" or pd.isna(flow[COHORT[1], "meme_age"])


def test_a_step_that_loses_a_few_is_hidden_in_the_cohort_and_not_in_a_survey() -> None:
    steps = [("nouveaux", 400, 900), ("a_risque", 397, 880), ("apparies", 380, 380), ("fenetre_x", 378, 370)]
    rows = [
        {"source": source, "comparateurs": name, "ordre": rank, "etape": step, "libelle": step}
        | {"n_mentores": mentored, "n_non_mentores": others}
        for source, name in (("administratif", COHORT[1]), ("enquete", "non_mentores"))
        for rank, (step, mentored, others) in enumerate(steps)
    ]
    flow = released(vars(effect_tables(effets_flux=rows)))["effets_flux"]
    cohort = flow[flow["source"] == "administratif"].set_index("etape")["n_mentores"]
    assert cohort[["nouveaux", "a_risque"]].isna().any()
    assert cohort[["apparies", "fenetre_x"]].isna().any()
    assert flow.loc[flow["source"] == "enquete", GROUPS].notna().all(axis=None)


def test_a_small_departement_is_not_the_country_less_the_others() -> None:
    frame = people(seed=8, n=3_000, missing=0.0)
    frame["departement"] = np.where(frame.index < 6, "48", np.where(frame.index % 2, "59", "62"))
    funnel = released(vars(tables_of(frame, "administratif", COHORT[1:])))["effets_entonnoir"].set_index("departement")
    assert funnel.loc["48", ["estimation", "retrecie", *GROUPS]].isna().all(axis=None)
    assert funnel.loc[["59", "62"], "n_mentores"].isna().any()
    assert funnel.loc[["59", "62"], "estimation"].notna().all()


def test_a_departement_that_is_brought_to_no_mean_shows_no_effect_of_its_own() -> None:
    frame = people(seed=8, n=3_000, missing=0.0)
    tables = vars(tables_of(frame, "administratif", COHORT[1:]))
    tables["effets_entonnoir"] = tables["effets_entonnoir"].assign(retrecie=np.nan)
    funnel = released(tables)["effets_entonnoir"]
    assert funnel[["estimation", "se"]].isna().all(axis=None)
    assert (funnel["diffusion"] == "secret").all()


def test_a_sentence_that_counts_a_few_young_people_is_taken_out() -> None:
    said = "3 nouveaux binômes sur 700 sans jeune comparable : l'effet vaut pour les autres. 4 grappes seulement."
    assert uncounted(said, 5) == f"4 grappes seulement. {UNCOUNTED}"
    assert uncounted("1\u202f203 jeunes comparés à 12 autres.", 11) == "1\u202f203 jeunes comparés à 12 autres."
    assert uncounted(None, 5) == ""


@pytest.mark.parametrize("share", ["4", "97", "0"])
def test_a_share_of_a_hundred_young_people_is_a_count(share: str) -> None:
    said = f"Sont sortis : 40\u202f% des jeunes qui commencent et {share}\u202f% des comparateurs, sans changement."
    assert uncounted(said, 5, 100.0) == UNCOUNTED
    assert uncounted(said.replace(f" {share}\u202f", " 5\u202f"), 5, 100.0) != UNCOUNTED


def test_a_class_that_nearly_no_matched_comparator_has_is_hidden() -> None:
    tables = vars(tables_of(people(seed=5, n=2_000, missing=0.0), "administratif", COHORT[1:]))
    balance = tables["equilibre"]
    girls = balance["covariable"] == "sexe=F"
    assert girls.any()
    few = balance["moyenne_non_mentores_apres"].mask(girls, 2 / balance["n_mentores"].astype("float64"))
    shown = released(tables | {"equilibre": balance.assign(moyenne_non_mentores_apres=few)})["equilibre"]
    assert (shown.loc[shown["covariable"].str.startswith("sexe="), "diffusion"] == "secret").all()


def test_a_comparison_given_twice_is_refused(survey: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(ValueError, match="twice"):
        list(release_effects(survey | {"effets": pd.concat([survey["effets"]] * 2)}))


def test_the_order_of_rows_changes_nothing(everything: dict[str, pd.DataFrame]) -> None:
    """A table of shuffled rows hides the same figures."""
    mixed = {name: frame.sample(frac=1, random_state=1, ignore_index=True) for name, frame in everything.items()}
    for first, second in zip(release_effects(everything), release_effects(mixed), strict=True):
        assert first.audit["hidden_primary"] == second.audit["hidden_primary"], first.name
        assert first.audit["hidden_secondary"] == second.audit["hidden_secondary"], first.name


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(60, 900), waiting=st.floats(0.9, 1.0))
def test_no_small_count_comes_back_from_all_tables_together(seed: int, n: int, waiting: float) -> None:
    frame = people(seed, n)
    frame["attend"] = np.random.default_rng(seed).random(n) < waiting
    tables = vars(tables_of(frame, "administratif", COHORT))
    seen = list(release_effects(tables))
    for audience in AUDIENCES:
        shown = {table.name: table.frame for table in seen if table.audience == audience}
        threshold = rules().threshold(audience)
        counts = list(_deduced(shown))
        assert not [one for one in counts if 0 < one[1] < threshold], audience
        _no_small_outcome(shown, frame, threshold)
    _nested(seen)


def _deduced(shown: dict[str, pd.DataFrame]) -> list[tuple[str, int]]:
    """Counts read, and differences of counts one of which is part of the other, in every table."""
    found: list[tuple[str, int]] = []

    def tell(name: str, *values: object) -> None:
        if not any(pd.isna(value) for value in values):
            first, *rest = (int(str(value)) for value in values)
            found.append((name, first - sum(rest)))

    for _, row in shown["effets"].iterrows():
        for size in GROUPS:
            x = size.replace("n_", "x_", 1)
            tell(f"effets {size}", row[size])
            tell(f"effets {x}", row[x])
            tell(f"effets sans {x}", row[size], row[x])
            levels = _own(shown["effets_heterogeneite"], row)
            for factor, inside in levels.groupby("facteur"):
                tell(f"hors {factor}", row[size], *inside[size])
                for level in inside.index:
                    tell(f"modalité {factor}", inside.loc[level, size])
    for _, same in shown["effets"].groupby(["source", "issue"]):
        for (_, a), (_, b) in combinations(same.iterrows(), 2):
            large, small = (a, b) if a["comparateurs"] == COHORT[1] else (b, a)
            tell("hors attente", large["n_mentores"], small["n_mentores"])
            tell("hors attente, oui", large["x_mentores"], small["x_mentores"])
    for _, same in shown["effets_heterogeneite"].groupby(["issue", "facteur", "modalite"]):
        sizes = same.set_index("comparateurs")["n_mentores"]
        tell("modalité, hors attente", sizes.get(COHORT[1]), sizes.get(COHORT[0]))
    if "equilibre" in shown:
        balance = shown["equilibre"]
        for _, same in balance.groupby("covariable"):
            sizes = same.set_index("comparateurs")["x_mentores"]
            if len(sizes) == 2:
                tell("classe, hors attente", sizes[COHORT[1]], sizes[COHORT[0]])
        for column in ("x_mentores", "x_non_mentores"):
            for value in balance[column]:
                tell(f"classe {column}", value)
    if "effets_entonnoir" in shown:
        for key, inside in shown["effets_entonnoir"].groupby(KEY):
            whole = shown["effets"].set_index(KEY).loc[key]
            for size in GROUPS:
                tell("départements", whole[size], *inside[size])
                for value in inside[size]:
                    tell("département", value)
    return found


def _own(frame: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    return frame[(frame[KEY] == row[KEY]).all(axis=1)]


def _no_small_outcome(shown: dict[str, pd.DataFrame], frame: pd.DataFrame, threshold: int) -> None:
    """An effect of a level is on as many as the rule asks, whatever is said of its size."""
    levels = shown["effets_heterogeneite"]
    for _, row in levels[levels["estimation"].notna()].iterrows():
        inside = comparison(frame, str(row["comparateurs"]))
        inside = inside[(inside[row["facteur"]] == row["modalite"]) & inside[row["issue"]].notna()]
        counts = inside.groupby("mentore")[row["issue"]].agg(["size", "sum"])
        assert len(counts) == 2 and (counts["size"] >= LEAST_LEVEL * threshold).all()
        assert counts["sum"].between(threshold, counts["size"] - threshold).all()


def _nested(seen: list[ReleasedTable]) -> None:
    """What the public is told, the partner is."""
    by_name = {(table.name, table.audience): table.frame for table in seen}
    for name in ("effets", "effets_heterogeneite"):
        public, partner = by_name[name, "public"], by_name[name, "partenaire"]
        value = "att" if name == "effets" else "estimation"
        assert not (public[value].notna() & partner[value].isna()).any()
        assert not (public["n_mentores"].notna() & partner["n_mentores"].isna()).any()
