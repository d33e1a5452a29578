"""The rows that the cohort's comparisons fill in the tables of `effect_tables`, with their labels and sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mentorat.causal.balance import largest_difference
from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cohort_comparison import ARM, VALUE, CohortComparison, Estimated, by_departement, young_people
from mentorat.causal.cohort_estimates import SOURCE, Issue, Side
from mentorat.causal.cohort_words import (
    ESTIMANDS,
    ESTIMATORS,
    censored_sentence,
    column_label,
    in_words,
    level_label,
    method,
    not_yet,
    outcome_label,
    window_label,
)
from mentorat.causal.covariates import encode_covariates
from mentorat.causal.evidence import rules
from mentorat.causal.finding import Finding
from mentorat.causal.follow_up import outcome_kind
from mentorat.causal.heterogeneity import level_effects
from mentorat.causal.outcomes import OutcomeEffect
from mentorat.causal.placebo import Placebo, PlaceboResult, run_placebo
from mentorat.causal.propensity import propensity_logit
from mentorat.causal.robustness import HiddenConfounding, benchmark_sentence
from mentorat.causal.shrinkage import shrink
from mentorat.reference import load
from mentorat.survey.design import SurveyError
from mentorat.survey.multiplicity import holm
from mentorat.typography import fr_text

AGE_BANDS = {"11 à 13 ans": 14, "14 et 15 ans": 16, "16 ans et plus": 200}
"""Bands of age and the age each stops before, in years."""
LEVELS = "_modalite"
"""Column of the levels compared: the factor's own stays as it is, a number being also a covariate."""
Row = dict[str, object]


def balance_rows(side: Side) -> Iterator[Row]:
    """Rows of `equilibre`, one a column of the covariates."""
    others = side.matches.people_control
    for row in side.balance.to_dict("records"):
        yield {
            "source": SOURCE,
            "comparateurs": side.comparators,
            "covariable": row["covariable"],
            "libelle": column_label(str(row["covariable"])),
            "n_mentores": side.matches.sets,
            "n_non_mentores": others,
            "moyenne_mentores": row["moyenne_mentores_apres"],
            "moyenne_non_mentores_avant": row["moyenne_non_mentores_avant"],
            "moyenne_non_mentores_apres": row["moyenne_non_mentores_apres"],
            **{
                f"{measure}_{when}": row[f"{measure}_{when}"]
                for measure in ("smd", "rapport_variances", "ks")
                for when in ("avant", "apres")
            },
        }


def overlap_rows(side: Side) -> Iterator[Row]:
    """Rows of `effets_recouvrement`: scores of new pairs and of those who could be compared to them.

    Each comparator once, on his or her first month.
    """
    everyone = side.matches.unmatched
    arm = everyone[ARM].to_numpy(dtype=np.bool_)
    once = everyone.loc[arm | ~(everyone["id_population"].where(~arm).duplicated().to_numpy())].reset_index(drop=True)
    mask = once[ARM].to_numpy(dtype=np.bool_)
    encoded = encode_covariates(once, side.plan.covariables, once[ARM])
    try:
        overlap = propensity_logit(encoded.columns[list(encoded.regressors)], mask).overlap
    except NotEstimable:
        return
    for row in overlap.curves.to_dict("records"):
        yield {
            "source": SOURCE,
            "comparateurs": side.comparators,
            "score_bas": row["borne_basse"],
            "score_haut": row["borne_haute"],
            "n_mentores": row["n_mentores"],
            "n_non_mentores": row["n_non_mentores"],
        }


def effect_row(one: Issue, campagne: int) -> Row:
    """The row of `effets`; what the plan decides is left to `conclude`."""
    found, effect, naive = one.found, one.found.matched.effect, one.found.naive.effect
    told = list(one.warnings)
    if found.matched.refused:
        told.insert(0, found.matched.refused)
    elif effect is None and one.side.matches.sets:
        told.insert(0, not_yet(one.outcome, found.earliest, campagne))
    return {
        **one.key,
        "famille": one.outcome.famille,
        "role": one.outcome.famille,
        "fenetre": window_label(one.outcome),
        "estimand": ESTIMANDS["appariement"],
        "estimateur": "appariement",
        **_figures(effect, "att"),
        "ecart_naif": naive.estimate if naive else np.nan,
        "naif_ic_bas": naive.low if naive else np.nan,
        "naif_ic_haut": naive.high if naive else np.nan,
        **_people(found),
        "n_manquants": found.missing if found.covered[0] else pd.NA,
        **_clusters(effect),
        "ess": effect.ess_control if effect else np.nan,
        "smd_max_avant": largest_difference(one.side.balance, "avant") if len(one.side.balance) else np.nan,
        "smd_max_apres": one.smd_after,
        "evalue": one.ratio.point if one.ratio else np.nan,
        "evalue_limite": one.ratio.limit if one.ratio else np.nan,
        "valeur_robustesse": one.hidden.rv_q if one.hidden else np.nan,
        "methode": method(one.side.plan),
        "avertissements": in_words(" ".join(told)),
    }


def estimator_rows(one: Issue) -> Iterator[Row]:
    """Rows of `effets_estimateurs`: the principal estimate, then those beside it."""
    wanted: list[tuple[str, str, Estimated]] = [("appariement", "principal", one.found.matched)]
    if "naif" in one.side.plan.robustesse:
        wanted.append(("naif", "naif", one.found.naive))
    if "censure_ponderee" in one.side.plan.robustesse and one.outcome.famille != "temoin":
        wanted.append(("censure_ponderee", "robustesse", one.found.censored))
    for name, place, estimated in wanted:
        effect = estimated.effect
        yield {
            **one.key,
            "estimateur": name,
            "libelle_estimateur": ESTIMATORS[name],
            "place": place,
            "estimand": ESTIMANDS[name],
            # the naive difference takes each month as it is: no error of its own for who comes back the next one
            "variance": f"CR2 par {one.side.plan.grappe}" + ("" if name == "naif" else ", et par jeune"),
            **_figures(effect, "estimation"),
            **(_people(one.found) if name == "appariement" else _counted(estimated)),
            "ess": effect.ess_control if effect else np.nan,
            "smd_max_apres": one.smd_after if name == "appariement" else np.nan,
            "avertissements": in_words(" ".join(effect.warnings) if effect else estimated.refused),
        }


def robustness_rows(one: Issue, found: Mapping[str, Issue]) -> Iterator[Row]:
    """Rows of `effets_robustesse`; `found`: every outcome of the side, its placebos among them."""
    effect = one.found.matched.effect
    if effect is None or one.outcome.famille == "temoin":
        return
    head = {**one.key, "reference": "", "n": sum(one.found.matched.people)}
    if one.ratio is not None:
        yield {**head, "analyse": "e_value", "valeur": one.ratio.point, "lecture": one.ratio.sentence}
        yield {**head, "analyse": "e_value_limite", "valeur": one.ratio.limit, "lecture": one.ratio.sentence}
    if one.hidden is not None:
        sentence = one.hidden.sentence
        yield {**head, "analyse": "valeur_robustesse", "valeur": one.hidden.rv_q, "lecture": sentence}
        yield {**head, "analyse": "valeur_robustesse_limite", "valeur": one.hidden.rv_qa, "lecture": sentence}
        for row in one.hidden.bounds.to_dict("records"):
            alone = one.hidden.bounds["repere"] == row["repere"]
            yield {
                **head,
                "analyse": "reference_observee",
                "reference": column_label(str(row["repere"])),
                "valeur": row["estimation"],
                "ic_bas": row["ic_bas"],
                "ic_haut": row["ic_haut"],
                "lecture": in_words(row["avertissement"] or _named(one.hidden, alone)),
            }
    censored = one.found.censored.effect
    if "censure_ponderee" in one.side.plan.robustesse:
        yield {
            **head,
            "analyse": "censure_ponderee",
            **(_interval(censored) | {"n": sum(one.found.censored.people)} if censored else {}),
            "lecture": censored_sentence(censored, one.found.censored.refused),
        }
    for other in found.values():
        if other.outcome.famille == "temoin" and outcome_kind(other.name) == outcome_kind(one.name):
            placebo = _placebo(other)
            yield {
                **head,
                "analyse": "issue_placebo",
                "reference": outcome_label(other.name),
                **(
                    {
                        "valeur": placebo.finding.estimate,
                        "ic_bas": placebo.finding.low,
                        "ic_haut": placebo.finding.high,
                        "p": placebo.finding.p,
                        "n": placebo.finding.n,
                    }
                    if placebo.finding
                    else {"n": pd.NA}
                ),
                "lecture": placebo.sentence,
            }


def _named(hidden: HiddenConfounding, rows: pd.Series) -> str:
    """The sentence of one benchmark."""
    return benchmark_sentence(replace(hidden, bounds=hidden.bounds.loc[rows]))


def _placebo(one: Issue) -> PlaceboResult:
    def estimator(_frame: pd.DataFrame, _placebo: Placebo) -> Finding:
        effect = one.found.matched.effect
        if effect is None:
            raise NotEstimable(one.found.matched.refused or "La fenêtre n'est observée pour aucun nouveau binôme.")
        n = sum(one.found.matched.people)
        return Finding(effect.estimate, effect.low, effect.high, effect.p, n=n, clusters=effect.clusters)

    told = Placebo(
        "resultat", VALUE, outcome_label(one.name), f"{window_label(one.outcome)} : le mentorat n'avait pas commencé"
    )
    return run_placebo(one.found.rows, told, estimator, margin=rules().seuils.marge_absence.valeur)


def heterogeneity_rows(found: Mapping[str, Issue]) -> list[Row]:
    """Rows of `effets_heterogeneite`: each outcome of the side but its placebos, in each level of the plan's factors.

    Holm's correction runs over every test of the side, outcomes and factors together, as in a survey. A factor that
    cannot be compared keeps a row, with the reason.
    """
    tables = [
        (one, factor, _by_level(one, factor))
        for one in found.values()
        if one.outcome.famille != "temoin" and one.found.matched.effect is not None
        for factor in one.side.plan.sous_groupes
    ]
    corrected = holm([float(table["p_interaction"].iloc[0]) for *_, table in tables])
    return [
        {
            **one.key,
            **{str(name): value for name, value in row.items()},
            "facteur": factor,
            "libelle_facteur": column_label(factor),
            "modalite": level_label(factor, str(row["modalite"])),
            "p_interaction_holm": p,
            "avertissements": in_words(str(row["avertissements"])),
        }
        for (one, factor, table), p in zip(tables, corrected, strict=True)
        for row in table.to_dict("records")
    ]


def _by_level(one: Issue, factor: str) -> pd.DataFrame:
    try:
        return level_effects(
            one.found.rows.assign(**{LEVELS: _levels(one.found.rows[factor], factor)}),
            VALUE,
            ARM,
            LEVELS,
            [name for name in one.covariates if name != factor or factor == "age_index"],
            weights=one.found.weights,
            cluster=one.side.plan.grappe,
            person="id_population",
        ).table
    except (NotEstimable, SurveyError) as reason:
        told = str(reason).replace(LEVELS, factor)
        return pd.DataFrame([{"modalite": "", "p_interaction": np.nan, "avertissements": told}])


def _levels(values: pd.Series, factor: str) -> pd.Series:
    """Levels of a factor as text; ages in bands."""
    if factor != "age_index":
        return values.astype("object").where(values.notna(), "inconnu").astype("str")
    bands = np.searchsorted(list(AGE_BANDS.values()), values.to_numpy(dtype=np.float64), side="right")
    return pd.Series(np.array(list(AGE_BANDS))[bands], index=values.index, dtype="str")


def funnel_rows(one: Issue, level: float) -> list[Row]:
    """Rows of `effets_entonnoir`: every département of the reference, with or without an effect of its own."""
    if one.found.matched.effect is None:
        return []
    departement = load("territoires").set_index("territoire")["departement"]
    own = by_departement(one.found, departement, one.covariates)
    every = pd.DataFrame({"departement": sorted(departement.unique())})
    own = every.merge(own, on="departement", how="left")
    absent = own["n_mentores"].isna()
    own.loc[absent, "avertissements"] = fr_text("Aucun nouveau binôme apparié dans le département.")
    counts = ["n_mentores", "n_non_mentores", "x_mentores", "x_non_mentores"]
    own[counts] = own[counts].fillna(0)
    shrunk = shrink(own["departement"].tolist(), own["estimation"], own["se"], level=level)
    # The figures of a département are those of `shrink`: none where nothing could be brought towards a mean.
    table = own.drop(columns=["estimation", "se"]).merge(
        shrunk.rename(columns={"avertissements": "_dit"}), on="departement", how="left"
    )
    told = table["avertissements"].where(table["avertissements"] != "", table["_dit"])
    rows = table.assign(avertissements=told).to_dict("records")
    return [{**one.key, **{str(name): value for name, value in row.items()}} for row in rows]


def flow_rows(side: Side, found: Mapping[str, Issue]) -> Iterator[Row]:
    """Rows of `effets_flux`: who is left at each step, down to each outcome."""
    steps = side.matches.flow.to_dict("records")
    if side.matches.sets:
        for name, one in found.items():
            label = outcome_label(name)
            steps.append(
                {
                    "etape": f"fenetre_{name}",
                    "libelle": f"{label} : fenêtre entièrement observée ({window_label(one.outcome)})",
                    "n_mentores": one.found.covered[0],
                    "n_non_mentores": one.found.covered[1],
                }
            )
            steps.append(
                {
                    "etape": f"issue_{name}",
                    "libelle": f"{label} : issue connue, jeunes comparés",
                    **{key: value for key, value in _people(one.found).items() if key.startswith("n_")},
                }
            )
    for rank, step in enumerate(steps, 1):
        yield {
            "source": SOURCE,
            "comparateurs": side.comparators,
            "ordre": rank,
            **{str(key): fr_text(value) if key == "libelle" else value for key, value in step.items()},
        }


def _figures(effect: OutcomeEffect | None, name: str) -> Row:
    if effect is None:
        return {}
    return {
        name: effect.estimate,
        "se": effect.standard_error,
        "ic_bas": effect.low,
        "ic_haut": effect.high,
        "df": effect.degrees_of_freedom,
        "p": effect.p,
    }


def _interval(effect: OutcomeEffect) -> Row:
    return {"valeur": effect.estimate, "ic_bas": effect.low, "ic_haut": effect.high, "p": effect.p}


def _people(found: CohortComparison) -> Row:
    """Young people of each arm whose outcome is known, and those of them for whom it was 1 at least once.

    A comparator that serves on several days may have several outcomes: the shares compared are not x over n.
    """
    counts = young_people(found.rows)
    positive = young_people(found.rows.loc[found.rows[VALUE] == 1])
    return {
        "n_mentores": counts[0],
        "n_non_mentores": counts[1],
        "x_mentores": positive[0],
        "x_non_mentores": positive[1],
    }


def _counted(estimated: Estimated) -> Row:
    """Young people of each arm, each counted once however many days he or she serves."""
    if estimated.effect is None:
        return {}
    return {"n_mentores": estimated.people[0], "n_non_mentores": estimated.people[1]}


def _clusters(effect: OutcomeEffect | None) -> Row:
    if effect is None:
        return {}
    return {
        "grappes": effect.clusters,
        "grappes_mentores": effect.clusters_treated,
        "grappes_non_mentores": effect.clusters_control,
        "grappes_effectives": effect.diagnostics.effective if effect.diagnostics else np.nan,
    }
