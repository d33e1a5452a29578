"""Effects of the administrative cohort, as tables: risk sets matched, outcomes followed, each figure with its cautions.

For each kind of comparators and each outcome of the plan: the matched effect, the naive difference, the effect with
comparators censored at their own start, balance, overlap, heterogeneity, the départements shrunk, and what a hidden
cause would need to explain it away. An outcome whose window has not closed for anybody has a row without figure that
says when it will.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.causal.balance import balance_warnings, covariate_balance, largest_difference
from mentorat.causal.balancing import NotEstimable
from mentorat.causal.catalogues import cohort_catalogue, cohort_covariates
from mentorat.causal.cohort_comparison import (
    ARM,
    VALUE,
    CohortComparison,
    Estimated,
    by_departement,
    compare_outcome,
    young_people,
)
from mentorat.causal.covariates import encode_covariates
from mentorat.causal.effect_tables import EffectTables, effect_tables
from mentorat.causal.finding import Finding
from mentorat.causal.follow_up import Facts, outcome_kind
from mentorat.causal.heterogeneity import effect_by_level
from mentorat.causal.outcomes import OutcomeEffect, outcome_effect
from mentorat.causal.placebo import Placebo, PlaceboResult, run_placebo
from mentorat.causal.plan import CohortOutcome, CohortPlan, Comparators, Plan
from mentorat.causal.propensity import propensity_logit
from mentorat.causal.risk_sets import RiskIntervals, RiskSetMatches, match_risk_sets, risk_intervals
from mentorat.causal.robustness import HiddenConfounding, benchmark_sentence, hidden_confounding
from mentorat.causal.sensitivity import EValue, e_value
from mentorat.causal.shrinkage import shrink
from mentorat.errors import MentoratError
from mentorat.reference import load
from mentorat.survey.design import SurveyError
from mentorat.survey.multiplicity import holm
from mentorat.typography import fr_count, fr_number, fr_points, fr_text

Floats = NDArray[np.float64]

SOURCE = "administratif"
ESTIMAND = "ATT : commencer ce jour-là ou non, chez les jeunes qui commencent"
ESTIMANDS = {
    "appariement": ESTIMAND,
    "naif": "Écart entre les jeunes qui commencent et les jeunes à risque le même mois, sans ajustement",
    "censure_ponderee": "ATT : commencer ce jour-là ou ne pas commencer, chez les jeunes qui commencent",
}
OUTCOMES = {
    "freqsco": "Décrochage ou exclusion scolaire",
    "deplacements": "Au moins un changement de lieu d'accueil",
    "jeune_majeur": "Accompagnement jeune majeur",
    "deplacements_avant": "Au moins un changement de lieu d'accueil avant le mentorat",
}
"""Label of each outcome."""
COVARIATES = {
    "age_index": "Âge au départ (années)",
    "sexe": "Sexe",
    "type_accueil_regroupe": "Type d'accueil",
    "base_legale": "Base légale",
    "nivsco": "Niveau scolaire",
    "handicap": "Handicap",
    "mna": "Non accompagné",
    "anciennete_jours": "Jours en protection de l'enfance",
    "deplacements_nb": "Changements de lieu d'accueil antérieurs",
    "mesures_nb": "Mesures antérieures",
    "territoire": "Territoire",
}
"""Label of each covariate."""
ESTIMATORS = {
    "appariement": "Appariement au jour du départ, puis régression",
    "naif": "Écart brut avec ceux qui auraient pu commencer le même mois",
    "censure_ponderee": "Appariement, suivi arrêté au début d'un mentorat (poids de censure)",
}
AGE_BANDS = {"11 à 13 ans": 14, "14 et 15 ans": 16, "16 ans et plus": 200}
"""Bands of age and the age each stops before, in years."""
PLACEBO_MARGIN = 0.05
"""Least difference of shares on a placebo that would matter."""
MONTH = 30.5


def cohort_effect_tables(
    campagne: int, risques: pd.DataFrame, faits: pd.DataFrame, plan: Plan, *, level: float = 0.95
) -> EffectTables:
    """Tables of the cohort's effects up to a campagne: source `administratif`, comparators and outcomes of the plan.

    `risques`, `faits`: marts `risques` and `faits_suivi` of that campagne. What the plan alone decides (`statut`,
    `plan*`, `p_holm`, `preuve`, `phrase`) is left empty for `conclude`. Counts are of young people: a comparator that
    serves several sets is one. Raises MentoratError (French) on a column or an outcome that the files do not hold, or a
    column that mentoring may have changed.
    """
    _refuse_unfit(plan.administratif)
    known, facts = risk_intervals(risques), Facts(faits)
    parts: dict[str, list[Any]] = {
        name: [] for name in ("effets", "estimateurs", "robustesse", "equilibre", "recouvrement", "heterogeneite")
    } | {"entonnoir": [], "flux": []}
    starts = known.own_starts() if "censure_ponderee" in plan.administratif.robustesse else None
    for comparators in plan.administratif.comparateurs:
        side = _side(known, plan.administratif, comparators)
        found = {
            name: _issue(side, known, facts, name, starts=starts, level=level) for name in plan.administratif.issues
        }
        parts["equilibre"] += _balance_rows(side)
        parts["recouvrement"] += _overlap_rows(side, plan.administratif)
        parts["flux"] += _flow_rows(side, found)
        for one in found.values():
            parts["effets"].append(_effect_row(one, campagne))
            parts["estimateurs"] += _estimator_rows(one)
            parts["robustesse"] += _robustness_rows(one, found)
            if one.outcome.famille != "temoin":
                parts["heterogeneite"] += _heterogeneity_rows(one, plan.administratif)
                parts["entonnoir"] += _funnel_rows(one, level)
    return effect_tables(
        effets=parts["effets"],
        effets_estimateurs=parts["estimateurs"],
        effets_robustesse=parts["robustesse"],
        equilibre=parts["equilibre"],
        effets_recouvrement=parts["recouvrement"],
        effets_heterogeneite=parts["heterogeneite"],
        effets_entonnoir=parts["entonnoir"],
        effets_flux=parts["flux"],
    )


def _refuse_unfit(plan: CohortPlan) -> None:
    """Raises MentoratError (French) on a column to compare with that is told of the index date or of what follows."""
    for name in (*plan.covariables, *plan.appariement.exact, *plan.sous_groupes):
        if name not in cohort_covariates():
            raise MentoratError(
                fr_text(
                    f"« {name} » n'est pas connu avant la date de départ : s'en servir pour comparer cacherait une "
                    "part de l'effet. Retirez-le du plan d'analyse."
                )
            )


@dataclass(frozen=True)
class _Side:
    """One kind of comparators: its matching, and balance before and after over the covariates of the plan."""

    comparators: Comparators
    plan: CohortPlan
    matches: RiskSetMatches = field(repr=False)
    balance: pd.DataFrame = field(repr=False)


@dataclass(frozen=True)
class _Issue:
    """One outcome on one side: the comparison and the sensitivity of its effect."""

    side: _Side
    name: str
    outcome: CohortOutcome
    covariates: tuple[str, ...]
    found: CohortComparison
    warnings: tuple[str, ...]
    smd_after: float
    ratio: EValue | None
    hidden: HiddenConfounding | None

    @property
    def key(self) -> dict[str, object]:
        return {
            "source": SOURCE,
            "issue": self.name,
            "libelle": _label(self.name),
            "comparateurs": self.side.comparators,
        }


def _side(known: RiskIntervals, plan: CohortPlan, comparators: Comparators) -> _Side:
    matches = match_risk_sets(known, plan.appariement, comparators, covariates=plan.covariables)
    return _Side(comparators, plan, matches, _balance(matches, plan.covariables))


def _issue(
    side: _Side,
    known: RiskIntervals,
    facts: Facts,
    name: str,
    *,
    starts: pd.Series | None,
    level: float,
) -> _Issue:
    """The comparison of an outcome. A placebo on earlier moves is matched again without them: it must not balance
    itself."""
    plan, outcome = side.plan, side.plan.issues[name]
    placebo = outcome.famille == "temoin"
    covariates = tuple(
        one for one in plan.covariables if not (placebo and outcome_kind(name) == "deplacement" and one == _OWN_PAST)
    )
    matches = side.matches
    if covariates != plan.covariables:
        matches = match_risk_sets(known, plan.appariement, side.comparators, covariates=covariates)
    found = compare_outcome(
        matches,
        facts,
        name,
        outcome,
        covariates=covariates,
        cluster=plan.grappe,
        starts=None if placebo else starts,
        naive="naif" in plan.robustesse,
        level=level,
    )
    effect = found.matched.effect
    hidden, ratio, after, apart = None, None, float("nan"), tuple[str, ...]()
    if effect is not None:
        encoded = encode_covariates(found.rows, covariates, found.rows[ARM])
        balance = covariate_balance(encoded.columns, found.rows[ARM], found.weights)
        after, apart = largest_difference(balance), balance_warnings(balance)
        hidden = _hidden(found, encoded.columns, encoded.regressors, covariates, plan.grappe)
        ratio = _ratio(found, covariates, plan.grappe, level)
    cautions = effect.warnings if effect else ()
    told = dict.fromkeys((*matches.warnings, *_limits(matches, found, name), *found.warnings, *cautions, *apart))
    return _Issue(side, name, outcome, covariates, found, tuple(told), after, ratio, hidden)


_OWN_PAST = "deplacements_nb"
AT_HOME = ("aed", "aemo")
"""Kinds of care at home, from and to which no move is counted."""
WHOLE = 0.95
"""Share of the matched pairs followed under which it is said that the effect is not that of all of them."""


def _limits(matches: RiskSetMatches, found: CohortComparison, name: str) -> Iterator[str]:
    """Whose effect it is, and what the outcome cannot tell, in shares: a count here would give back a few by
    subtraction."""
    if not len(found.rows):
        return
    share = found.covered[0] / matches.sets
    if share < WHOLE:
        yield (
            f"La fenêtre n'est entièrement observée que pour {_percent(share)} des nouveaux binômes appariés, selon "
            "leur premier jour : l'effet ne vaut que pour eux."
        )
    if outcome_kind(name) != "deplacement":
        return
    if "type_accueil_regroupe" in found.rows:
        home = found.rows["type_accueil_regroupe"].isin(AT_HOME).to_numpy(dtype=np.float64)
        if (at_home := float(found.weights @ home / found.weights.sum())) >= 0.005:
            yield (
                f"{_percent(at_home)} des jeunes comparés sont aidés chez eux (AED, AEMO), où un changement de lieu "
                "d'accueil n'est pas compté."
            )
    if max(found.departed) >= 0.005:
        yield (
            f"Sont sortis avant la fin de la fenêtre sans changement connu : {_percent(found.departed[0])} des jeunes "
            f"qui commencent et {_percent(found.departed[1])} des comparateurs, comptés comme n'en ayant pas eu."
        )


def _percent(share: float) -> str:
    """A share to the percent, never 0 nor 100 where it is not."""
    if 0 < share < 0.005:
        return "moins de 1 %"
    return "plus de 99 %" if 0.995 <= share < 1 else f"{fr_number(100 * share, 0)} %"


def _hidden(
    found: CohortComparison, columns: pd.DataFrame, regressors: Sequence[str], covariates: Sequence[str], cluster: str
) -> HiddenConfounding | None:
    used = columns[list(regressors)]
    benchmarks = {
        name: [column for column in regressors if column == name or column.startswith(f"{name}=")]
        for name in covariates
    }
    try:
        return hidden_confounding(
            found.rows[VALUE].to_numpy(dtype=np.float64),
            found.rows[ARM].to_numpy(dtype=np.float64),
            used,
            benchmarks={name: held for name, held in benchmarks.items() if held},
            multiples=(1,),
            weights=found.weights,
            clusters=found.rows[cluster].to_numpy(),
        )
    except NotEstimable:
        return None


def _ratio(found: CohortComparison, covariates: Sequence[str], cluster: str, level: float) -> EValue | None:
    """E-value of the ratio of the two shares, with its own interval."""
    try:
        effect = outcome_effect(
            found.rows,
            VALUE,
            ARM,
            covariates,
            weights=found.weights,
            cluster=cluster,
            measure="ratio",
            level=level,
        )
    except (NotEstimable, SurveyError):
        return None
    return e_value(effect.estimate, effect.low, effect.high)


def _balance(matches: RiskSetMatches, covariates: Sequence[str]) -> pd.DataFrame:
    """`covariate_balance` of everyone at risk (before) and of the sets (after), the mentored counted once."""
    if not matches.sets:
        return pd.DataFrame()
    matched = matches.rows.loc[matches.rows[ARM], "id_population"]
    before = matches.unmatched
    after = matches.rows.loc[~matches.rows[ARM]]
    stacked = pd.concat([before, after], ignore_index=True)
    arm = stacked[ARM].to_numpy(dtype=np.bool_)
    base = np.concatenate([before["poids"].to_numpy(dtype=np.float64), np.zeros(len(after))])
    kept = (before[ARM] & before["id_population"].isin(matched)).to_numpy(dtype=np.float64)
    weights = np.concatenate([kept, after["poids"].to_numpy(dtype=np.float64)])
    encoded = encode_covariates(stacked, covariates, stacked[ARM])
    return covariate_balance(encoded.columns, arm, weights, base_weights=base)


def _balance_rows(side: _Side) -> Iterator[dict[str, object]]:
    others = side.matches.people_control
    for row in side.balance.to_dict("records"):
        yield {
            "source": SOURCE,
            "comparateurs": side.comparators,
            "vague": pd.NA,
            "covariable": row["covariable"],
            "libelle": _covariate_label(str(row["covariable"])),
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


def _overlap_rows(side: _Side, plan: CohortPlan) -> Iterator[dict[str, object]]:
    """Scores of new pairs and of their possible comparators, each comparator once, on his or her first month."""
    everyone = side.matches.unmatched
    arm = everyone[ARM].to_numpy(dtype=np.bool_)
    once = everyone.loc[arm | ~(everyone["id_population"].where(~arm).duplicated().to_numpy())].reset_index(drop=True)
    mask = once[ARM].to_numpy(dtype=np.bool_)
    encoded = encode_covariates(once, plan.covariables, once[ARM])
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


def _effect_row(one: _Issue, campagne: int) -> dict[str, object]:
    found, effect, naive = one.found, one.found.matched.effect, one.found.naive.effect
    told = list(one.warnings)
    if found.matched.refused:
        told.insert(0, found.matched.refused)
    elif effect is None and one.side.matches.sets:
        told.insert(0, _not_yet(one, campagne))
    return {
        **one.key,
        "dimension": "",
        "famille": one.outcome.famille,
        "role": one.outcome.famille,
        "vague": pd.NA,
        "fenetre": window_label(one.outcome),
        "estimand": ESTIMAND,
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
        "specifications": pd.NA,
        "methode": _method(one.side.plan),
        "avertissements": _in_words(" ".join(told)),
    }


def _estimator_rows(one: _Issue) -> Iterator[dict[str, object]]:
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
            "avertissements": _in_words(" ".join(effect.warnings) if effect else estimated.refused),
        }


def _robustness_rows(one: _Issue, found: Mapping[str, _Issue]) -> Iterator[dict[str, object]]:
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
                "reference": _covariate_label(str(row["repere"])),
                "valeur": row["estimation"],
                "ic_bas": row["ic_bas"],
                "ic_haut": row["ic_haut"],
                "lecture": _in_words(row["avertissement"] or _named(one.hidden, alone)),
            }
    censored = one.found.censored.effect
    if "censure_ponderee" in one.side.plan.robustesse:
        yield {
            **head,
            "analyse": "censure_ponderee",
            **(_interval(censored) | {"n": sum(one.found.censored.people)} if censored else {}),
            "lecture": _censored_sentence(censored, one.found.censored.refused),
        }
    for other in found.values():
        if other.outcome.famille == "temoin" and outcome_kind(other.name) == outcome_kind(one.name):
            placebo = _placebo(other)
            yield {
                **head,
                "analyse": "issue_placebo",
                "reference": _label(other.name),
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


def _placebo(one: _Issue) -> PlaceboResult:
    def estimator(_frame: pd.DataFrame, _placebo: Placebo) -> Finding:
        effect = one.found.matched.effect
        if effect is None:
            raise NotEstimable(one.found.matched.refused or "La fenêtre n'est observée pour aucun nouveau binôme.")
        n = sum(one.found.matched.people)
        return Finding(effect.estimate, effect.low, effect.high, effect.p, n=n, clusters=effect.clusters)

    told = Placebo(
        "resultat", VALUE, _label(one.name), f"{window_label(one.outcome)} : le mentorat n'avait pas commencé"
    )
    return run_placebo(one.found.rows, told, estimator, margin=PLACEBO_MARGIN)


def _heterogeneity_rows(one: _Issue, plan: CohortPlan) -> list[dict[str, object]]:
    if one.found.matched.effect is None:
        return []
    parts = []
    for factor in plan.sous_groupes:
        frame = one.found.rows.assign(_facteur=_levels(one.found.rows[factor], factor))
        others = [name for name in one.covariates if name != factor or factor == "age_index"]
        try:
            table = effect_by_level(
                frame,
                VALUE,
                ARM,
                "_facteur",
                others,
                weights=one.found.weights,
                cluster=plan.grappe,
                person="id_population",
            )
        except (NotEstimable, SurveyError):
            continue
        parts.append(table.assign(facteur=factor, libelle_facteur=COVARIATES.get(factor, factor)))
    if not parts:
        return []
    tests = pd.Series({part["facteur"].iloc[0]: part["p_interaction"].iloc[0] for part in parts}, dtype="float64")
    known = tests.dropna()
    corrected: dict[object, float] = {}
    if len(known):
        corrected = dict(zip(known.index, holm(known.to_numpy()), strict=True))
    rows = []
    for part in parts:
        for row in part.to_dict("records"):
            row["modalite"] = _level_label(str(row["facteur"]), str(row["modalite"]))
            row["avertissements"] = _in_words(str(row["avertissements"]))
            told = {str(name): value for name, value in row.items()}
            rows.append({**one.key, **told, "p_interaction_holm": corrected.get(row["facteur"], np.nan)})
    return rows


def _levels(values: pd.Series, factor: str) -> pd.Series:
    """Levels of a factor as text; ages in bands."""
    if factor != "age_index":
        return values.astype("object").where(values.notna(), "inconnu").astype("str")
    bands = np.searchsorted(list(AGE_BANDS.values()), values.to_numpy(dtype=np.float64), side="right")
    return pd.Series(np.array(list(AGE_BANDS))[bands], index=values.index, dtype="str")


def _funnel_rows(one: _Issue, level: float) -> list[dict[str, object]]:
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
    try:
        shrunk = shrink(own["departement"].tolist(), own["estimation"], own["se"], level=level)
    except (NotEstimable, SurveyError):
        return []
    # The figures of a département are those of `shrink`: none where nothing could be brought towards a mean.
    table = own.drop(columns=["estimation", "se"]).merge(
        shrunk.rename(columns={"avertissements": "_dit"}), on="departement", how="left"
    )
    told = table["avertissements"].where(table["avertissements"] != "", table["_dit"])
    rows = table.assign(avertissements=told).to_dict("records")
    return [{**one.key, **{str(name): value for name, value in row.items()}} for row in rows]


def _flow_rows(side: _Side, found: Mapping[str, _Issue]) -> Iterator[dict[str, object]]:
    steps = side.matches.flow.to_dict("records")
    if side.matches.sets:
        for name, one in found.items():
            label = _label(name)
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


def window_label(outcome: CohortOutcome) -> str:
    """The window of an outcome, in words."""
    if outcome.apres_18_ans_jours is not None:
        return f"dans les {_months(outcome.apres_18_ans_jours)} mois qui suivent les 18 ans"
    if outcome.de_jours is None or outcome.a_jours is None:
        return ""
    if outcome.a_jours < 0:
        return f"dans les {_months(-outcome.de_jours)} mois qui précèdent"
    if _months(outcome.de_jours) == 0:
        return f"dans les {_months(outcome.a_jours)} mois qui suivent"
    return f"{_months(outcome.de_jours)} à {_months(outcome.a_jours)} mois après"


def _months(days: int) -> int:
    return round(days / MONTH)


def _not_yet(one: _Issue, campagne: int) -> str:
    """From which campagne an outcome may be compared."""
    label = window_label(one.outcome)
    if one.outcome.a_jours is not None and one.outcome.a_jours < 0:
        return f"Aucun nouveau binôme n'est suivi assez tôt ({label}) : il y faut une campagne de plus."
    if np.isnan(one.found.earliest):
        return f"Aucun nouveau binôme n'a de fenêtre connue ({label})."
    day = np.datetime64(int(one.found.earliest), "D").astype("datetime64[Y]").astype(int) + 1970
    return (
        f"La fenêtre ({label}) n'est encore écoulée pour aucun nouveau binôme : premières observations avec la "
        f"campagne {max(int(day), campagne + 1)}."
    )


def _figures(effect: OutcomeEffect | None, name: str) -> dict[str, object]:
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


def _interval(effect: OutcomeEffect) -> dict[str, object]:
    return {"valeur": effect.estimate, "ic_bas": effect.low, "ic_haut": effect.high, "p": effect.p}


def _people(found: CohortComparison) -> dict[str, object]:
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


def _counted(estimated: Estimated) -> dict[str, object]:
    """Young people of each arm, each counted once however many days he or she serves."""
    if estimated.effect is None:
        return {}
    return {"n_mentores": estimated.people[0], "n_non_mentores": estimated.people[1]}


def _clusters(effect: OutcomeEffect | None) -> dict[str, object]:
    if effect is None:
        return {}
    return {
        "grappes": effect.clusters,
        "grappes_mentores": effect.clusters_treated,
        "grappes_non_mentores": effect.clusters_control,
        "grappes_effectives": effect.diagnostics.effective if effect.diagnostics else np.nan,
    }


def _method(plan: CohortPlan) -> str:
    strata = ", ".join(COVARIATES.get(name, name).lower() for name in plan.appariement.exact)
    return fr_text(
        f"Appariement au jour du départ ({fr_count(plan.appariement.voisins, 'comparateur', 'comparateurs')} par "
        f"nouveau binôme ; mêmes {strata} ; âge à {plan.appariement.age_ecart_mois} mois près ; distance de "
        f"Mahalanobis sur les rangs), régression sur les covariables, erreurs types CR2 par {plan.grappe} "
        "(Satterthwaite) et par jeune"
    )


def _censored_sentence(effect: OutcomeEffect | None, refused: str) -> str:
    if effect is None:
        return fr_text(f"Effet sans les mentorats plus tardifs : non estimé. {refused}")
    return fr_text(
        "Si les comparateurs n'étaient jamais mentorés pendant la fenêtre et que personne ne sortait, l'écart serait "
        f"de {fr_points(100 * effect.estimate)} (de {fr_number(100 * effect.low, 1)} à "
        f"{fr_number(100 * effect.high, 1)}), si mentorat et sortie ne dépendent que des caractéristiques mesurées."
    )


def _label(name: str) -> str:
    return OUTCOMES.get(name, name)


def _covariate_label(column: str) -> str:
    name, _, level = column.partition("=")
    spoken = COVARIATES.get(name, name)
    return fr_text(f"{spoken} : {_level_label(name, level)}") if level else spoken


def _level_label(name: str, level: str) -> str:
    return fr_text(cohort_catalogue().modalites.get(name, {}).get(level, level.replace("_", " ")))


_COLUMN = re.compile(rf"\b({'|'.join(COVARIATES)})(=[\w]+(?: rares)?)?")


def _in_words(text: str) -> str:
    """A sentence with the labels of covariates in place of the names of columns."""
    return fr_text(_COLUMN.sub(lambda found: _covariate_label(found.group(0)), text))
