"""Effects of the administrative cohort, as tables: risk sets matched, outcomes followed, each figure with its cautions.

For each kind of comparators and each outcome of the plan: the matched effect, the naive difference, the effect with
comparators censored at their own start, balance, overlap, heterogeneity, the départements shrunk, and what a hidden
cause would need to explain it away. An outcome whose window has not closed for anybody has a row without figure that
says when it will.

Comparisons are made in `cohort_estimates`, rows in `cohort_rows`, sentences in `cohort_words`.
"""

from collections import defaultdict

import pandas as pd

from mentorat.causal.cohort_estimates import one_issue, one_side
from mentorat.causal.cohort_rows import (
    Row,
    balance_rows,
    effect_row,
    estimator_rows,
    flow_rows,
    funnel_rows,
    heterogeneity_rows,
    overlap_rows,
    robustness_rows,
)
from mentorat.causal.effect_tables import EffectTables, effect_tables
from mentorat.causal.follow_up import Facts
from mentorat.causal.plan import Plan
from mentorat.causal.plan_checks import cohort_covariate_faults
from mentorat.causal.risk_sets import risk_intervals
from mentorat.errors import MentoratError


def cohort_effect_tables(
    campagne: int, risques: pd.DataFrame, faits: pd.DataFrame, plan: Plan, *, level: float = 0.95
) -> EffectTables:
    """Tables of the cohort's effects up to a campagne: source `administratif`, comparators and outcomes of the plan.

    `risques`, `faits`: marts `risques` and `faits_suivi` of that campagne. What the plan alone decides (`statut`,
    `plan*`, `p_holm`, `preuve`, `phrase`) is left empty for `conclude`. Counts are of young people: a comparator that
    serves several sets is one. Raises MentoratError (French) on a column or an outcome that the files do not hold, or a
    column that mentoring may have changed.
    """
    asked = plan.administratif
    named = [*asked.covariables, *asked.appariement.exact, *asked.sous_groupes]
    if unfit := list(cohort_covariate_faults("administratif", named)):
        raise MentoratError("\n".join(unfit))
    known, facts = risk_intervals(risques), Facts(faits)
    starts = known.own_starts() if "censure_ponderee" in asked.robustesse else None
    tables: dict[str, list[Row]] = defaultdict(list)
    for comparators in asked.comparateurs:
        side = one_side(known, asked, comparators)
        found = {name: one_issue(side, known, facts, name, starts=starts, level=level) for name in asked.issues}
        tables["equilibre"] += balance_rows(side)
        tables["effets_recouvrement"] += overlap_rows(side)
        tables["effets_flux"] += flow_rows(side, found)
        tables["effets_heterogeneite"] += heterogeneity_rows(found)
        for one in found.values():
            tables["effets"].append(effect_row(one, campagne))
            tables["effets_estimateurs"] += estimator_rows(one)
            tables["effets_robustesse"] += robustness_rows(one, found)
            if one.outcome.famille != "temoin":
                tables["effets_entonnoir"] += funnel_rows(one, level)
    return effect_tables(**tables)
