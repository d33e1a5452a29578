"""The cohort's comparisons by the plan: a matching for each kind of comparators, each outcome's effect, and how far
it may be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mentorat.causal.balance import balance_warnings, covariate_balance, largest_difference
from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cohort_comparison import ARM, VALUE, CohortComparison, compare_outcome
from mentorat.causal.cohort_words import outcome_label, what_it_leaves_out
from mentorat.causal.covariates import Encoded, encode_covariates
from mentorat.causal.follow_up import Facts, outcome_kind
from mentorat.causal.outcomes import outcome_effect
from mentorat.causal.plan import CohortOutcome, CohortPlan, Comparators
from mentorat.causal.risk_sets import RiskIntervals, RiskSetMatches, match_risk_sets
from mentorat.causal.robustness import HiddenConfounding, hidden_confounding
from mentorat.causal.sensitivity import EValue, e_value
from mentorat.survey.design import SurveyError

SOURCE = "administratif"
OWN_PAST = "deplacements_nb"
"""The covariate that earlier moves, a placebo, are a part of."""


@dataclass(frozen=True)
class Side:
    """One kind of comparators: its matching, and balance before and after over the covariates of the plan."""

    comparators: Comparators
    plan: CohortPlan
    matches: RiskSetMatches = field(repr=False)
    balance: pd.DataFrame = field(repr=False)


@dataclass(frozen=True)
class Issue:
    """One outcome on one side: the comparison and the sensitivity of its effect."""

    side: Side
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
        """Columns that say which comparison a row is about."""
        return {
            "source": SOURCE,
            "issue": self.name,
            "libelle": outcome_label(self.name),
            "comparateurs": self.side.comparators,
        }


def one_side(known: RiskIntervals, plan: CohortPlan, comparators: Comparators) -> Side:
    """The matching of one kind of comparators. Raises MentoratError (French) on a column that the files do not hold."""
    matches = match_risk_sets(known, plan.appariement, comparators, covariates=plan.covariables)
    return Side(comparators, plan, matches, _balance(matches, plan.covariables))


def one_issue(
    side: Side,
    known: RiskIntervals,
    facts: Facts,
    name: str,
    *,
    starts: pd.Series | None,
    level: float,
) -> Issue:
    """The comparison of an outcome (`starts`, `level`: as `compare_outcome`).

    A placebo on earlier moves is matched again without them: it must not balance itself. Raises MentoratError (French)
    on an outcome that the files do not hold.
    """
    plan, outcome = side.plan, side.plan.issues[name]
    placebo = outcome.famille == "temoin"
    covariates = tuple(
        one for one in plan.covariables if not (placebo and outcome_kind(name) == "deplacement" and one == OWN_PAST)
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
        hidden = _hidden(found, encoded, covariates, plan.grappe)
        ratio = _ratio(found, covariates, plan.grappe, level)
    cautions = effect.warnings if effect else ()
    told = dict.fromkeys(
        (*matches.warnings, *what_it_leaves_out(matches, found, name), *found.warnings, *cautions, *apart)
    )
    return Issue(side, name, outcome, covariates, found, tuple(told), after, ratio, hidden)


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


def _hidden(
    found: CohortComparison, encoded: Encoded, covariates: Sequence[str], cluster: str
) -> HiddenConfounding | None:
    try:
        return hidden_confounding(
            found.rows[VALUE].to_numpy(dtype=np.float64),
            found.rows[ARM].to_numpy(dtype=np.float64),
            encoded.columns[list(encoded.regressors)],
            benchmarks=encoded.regressors_by(covariates),
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
