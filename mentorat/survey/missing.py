"""Missing items: how many by group, how far they could move a difference, and what would have to be true for that.

A missing item is an answer asked for and not given: an item that a filter did not put to the respondent is left out by
the caller. Counts by pattern describe single respondents: they are looked at, not published.

Sources: Newcombe (1998), method 10; Horowitz and Manski (2000), JASA 95:77-84 (bounds); Imbens and Manski (2004),
Econometrica 72:1845-1857 (interval of a quantity known up to bounds); Yan, Lee and Li (2009), J. Biopharm. Stat.
19:1085-1098 (tipping point of a binary outcome).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from mentorat.survey.answers import Booleans, arm_of, column, numbers
from mentorat.survey.design import SurveyDesign, SurveyError, survey_design
from mentorat.survey.multiplicity import holm
from mentorat.survey.proportions import two_proportions
from mentorat.typography import fr_number, fr_percent, fr_points, fr_text

Floats = NDArray[np.float64]
Conclusion = Literal["plus", "moins", "non concluant"]
"""The interval of mentored less non-mentored lies above zero, below, or holds it."""

RATES = {
    "item": "str",
    "n_mentores": "int64",
    "n_manquants_mentores": "int64",
    "taux_mentores": "float64",
    "n_non_mentores": "int64",
    "n_manquants_non_mentores": "int64",
    "taux_non_mentores": "float64",
    "ecart": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "p": "float64",
    "p_holm": "float64",
    "deff": "float64",
}
"""Columns of `MissingRates.table` and their types; rates and differences between 0 and 1."""
UNEQUAL = 0.05
"""Difference of missing rates, and level of its test, above which the observed difference may come from it."""


@dataclass(frozen=True)
class MissingRates:
    """Missing answers item by item and group by group, with the columns of `RATES`; `warnings` are French sentences."""

    table: pd.DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Bounds:
    """Mentored less non-mentored when the missing answers are all that they can be; shares between 0 and 1.

    `low`, `high`: the difference in the worst and the best case; `ci_low`, `ci_high`: interval that holds the true
    difference with probability `level` whatever the missing answers (never less); `observed`: on the answers given.
    `method`, `warnings` as in `Estimate`.
    """

    low: float
    high: float
    ci_low: float
    ci_high: float
    observed: float
    n: int
    n_missing_mentored: int
    n_missing_others: int
    clusters: int
    deff: float
    level: float
    method: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class TippingPoint:
    """What the unanswered of one group would have to have answered for the conclusion to change.

    `table`: positifs_supposes, part_supposee (share of positive answers supposed among the unanswered), ecart, ic_bas,
    ic_haut, conclusion; one row a supposition. `conclusion`: on the answers given. `observed_share`: positive among
    the answers of the group. `lower`, `upper`: nearest supposed share at which the conclusion changes, under and above
    the observed one (nan: never). `sentence`: French.
    """

    table: pd.DataFrame
    conclusion: Conclusion
    observed_share: float
    lower: float
    upper: float
    n_missing: int
    deff: float
    level: float
    sentence: str


@dataclass(frozen=True)
class _Arms:
    """Shares of two groups with what they rest on: answers, missing, and their weight."""

    share: Floats
    answered: Floats
    missing: Floats
    weight_answered: Floats
    weight_missing: Floats
    deff: float
    clusters: int


def missing_rates(
    frame: pd.DataFrame, items: Sequence[str], treatment: str, *, cluster: str | None = None, level: float = 0.95
) -> MissingRates:
    """Share of missing answers to each item in the two groups, its difference (mentored less others) and a test.

    Newcombe's interval and Pearson's χ² (Fisher's exact test where independent answers are few), sample sizes divided
    by the design effect of `cluster` when given; Holm over the items. Raises SurveyError on a missing column or group.
    """
    if not items:
        raise SurveyError("Aucun item n'est donné : dites lesquels examiner.")
    arm = arm_of(frame, treatment)
    absent: Floats = np.column_stack([column(frame, name).isna().to_numpy() for name in items]).astype(np.float64)
    design = survey_design(frame, clusters=cluster)
    deff = _design_effects(absent, arm, design) if cluster else np.ones(len(items))
    groups = (arm, ~arm)
    n1, n0 = (int(group.sum()) for group in groups)
    rows = []
    for j, name in enumerate(items):
        x1, x0 = (int(absent[group, j].sum()) for group in groups)
        found = two_proportions(x1, n1, x0, n0, level=level, design_effect=float(deff[j]))
        few = min(x1 + x0, n1 + n0 - x1 - x0) * min(n1, n0) / (n1 + n0) < 5
        p = found.fisher_p if few and deff[j] == 1 else found.chi2_p
        gap = (found.difference, found.low, found.high, p, nan, float(deff[j]))
        rows.append((name, n1, x1, x1 / n1, n0, x0, x0 / n0, *gap))
    table = pd.DataFrame(rows, columns=list(RATES)).astype(RATES)
    table["p_holm"] = holm(table["p"].to_numpy())
    return MissingRates(table, _rate_warnings(table))


def missing_patterns(frame: pd.DataFrame, items: Sequence[str], treatment: str) -> pd.DataFrame:
    """Which items are missing together: one row a pattern, the commonest first.

    Columns: each item (true: answered), n_manquants (items missing), n, n_mentores, n_non_mentores, part.
    """
    arm = arm_of(frame, treatment)
    answered = pd.DataFrame({name: column(frame, name).notna().to_numpy() for name in items})
    counted = answered.assign(n=1, n_mentores=arm.astype(int), n_non_mentores=(~arm).astype(int))
    patterns = counted.groupby(list(items), as_index=False, sort=True).sum()
    patterns.insert(len(items), "n_manquants", (~patterns[list(items)]).sum(axis=1))
    patterns["part"] = patterns["n"] / len(frame)
    order = ["n", "n_manquants", *items]
    return patterns.sort_values(order, ascending=[False, True, *[False] * len(items)], ignore_index=True)


def worst_case_bounds(
    frame: pd.DataFrame, outcome: str, treatment: str, *, design: SurveyDesign | None = None, level: float = 0.95
) -> Bounds:
    """Bounds of the difference of two shares of positive answers (`outcome`: 1, 0 or missing), mentored less others.

    Worst case: every missing answer of the mentored is negative and of the others positive; best case: the reverse.
    The interval widens both by Newcombe's half-widths at the level of Imbens and Manski: between one-sided and
    two-sided as the bounds part, so that it holds the difference, not the whole range. Weights and clusters of
    `design` count through the design effect.

    Raises SurveyError: an outcome with other values than 0 and 1, answered by nobody, or by nobody in a group.
    """
    y, arm, plan = _checked(frame, outcome, treatment, design)
    missing = np.isnan(y)
    cases = [np.where(missing, np.where(arm, value, 1 - value), y) for value in (0.0, 1.0)]
    arms = [_arms(case, arm, plan) for case in cases]
    differences = [float(one.share[0] - one.share[1]) for one in arms]
    errors = [_standard_error(one) for one in arms]
    cut = _imbens_manski(differences[1] - differences[0], max(errors), level)
    (_, low, _), (_, _, high) = (_newcombe(list(one.share), list(one.answered / one.deff), cut) for one in arms)
    seen = _arms(y, arm, plan)
    absent = [int((missing & group).sum()) for group in (arm, ~arm)]
    return Bounds(
        low=differences[0],
        high=differences[1],
        ci_low=float(low),
        ci_high=float(high),
        observed=float(seen.share[0] - seen.share[1]),
        n=len(y),
        n_missing_mentored=absent[0],
        n_missing_others=absent[1],
        clusters=plan.clusters,
        deff=max(one.deff for one in arms),
        level=level,
        method="Horowitz-Manski, intervalle d'Imbens-Manski",
        warnings=_bounds_warnings(outcome, differences, float(seen.share[0] - seen.share[1])),
    )


def tipping_point(
    frame: pd.DataFrame,
    outcome: str,
    treatment: str,
    *,
    arm: bool = True,
    design: SurveyDesign | None = None,
    label: str | None = None,
    level: float = 0.95,
) -> TippingPoint:
    """Every supposition on the missing answers of one group (`arm`: mentored), from none positive to all.

    The other group keeps the share of those who answered. Newcombe's interval, design effect of the answers given.
    `label`: the item as a reader knows it. Raises SurveyError as `worst_case_bounds`.
    """
    y, mentored, plan = _checked(frame, outcome, treatment, design)
    seen = _arms(y, mentored, plan)
    mine = 0 if arm else 1
    absent = int(seen.missing[mine])
    supposed = np.arange(absent + 1) / max(absent, 1) if absent else np.array([float(seen.share[mine])])
    shares = [np.broadcast_to(seen.share[g], supposed.shape) for g in (0, 1)]
    sizes = [np.broadcast_to(seen.answered[g], supposed.shape) for g in (0, 1)]
    shares[mine], sizes[mine] = _completed(seen, mine, supposed)
    table = _scenarios(shares, sizes, seen.deff, level)
    table.insert(0, "part_supposee", supposed if absent else nan)
    table.insert(0, "positifs_supposes", np.arange(len(supposed)))
    base = _scenarios([seen.share[[0]], seen.share[[1]]], [seen.answered[[0]], seen.answered[[1]]], seen.deff, level)
    conclusion: Conclusion = base["conclusion"].iloc[0]
    changed = table.loc[table["conclusion"] != conclusion, "part_supposee"]
    observed = float(seen.share[mine])
    under, above = changed[changed <= observed], changed[changed > observed]
    lower = float(under.max()) if len(under) else nan
    upper = float(above.min()) if len(above) else nan
    found = TippingPoint(table, conclusion, observed, lower, upper, absent, seen.deff, level, "")
    return TippingPoint(**{**found.__dict__, "sentence": _tipping_sentence(found, label or outcome, arm)})


def tipping_grid(
    frame: pd.DataFrame,
    outcome: str,
    treatment: str,
    *,
    design: SurveyDesign | None = None,
    steps: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Suppositions on both groups at once: (steps + 1)² rows, corners being the worst and best cases.

    Columns: part_mentores, part_non_mentores (shares of positive answers supposed among the missing of each group),
    ecart, ic_bas, ic_haut, conclusion.
    """
    y, mentored, plan = _checked(frame, outcome, treatment, design)
    seen = _arms(y, mentored, plan)
    first, second = (grid.ravel() for grid in np.meshgrid(*[np.linspace(0, 1, steps + 1)] * 2, indexing="ij"))
    completed = [_completed(seen, g, supposed) for g, supposed in enumerate((first, second))]
    table = _scenarios([one[0] for one in completed], [one[1] for one in completed], seen.deff, level)
    table.insert(0, "part_non_mentores", second)
    table.insert(0, "part_mentores", first)
    return table


def _checked(
    frame: pd.DataFrame, outcome: str, treatment: str, design: SurveyDesign | None
) -> tuple[Floats, Booleans, SurveyDesign]:
    arm, y = arm_of(frame, treatment), numbers(frame, outcome)
    known = ~np.isnan(y)
    if not known.any():
        raise SurveyError(f"Personne n'a répondu à l'item « {outcome} » : retirez-le, ou vérifiez sa colonne.")
    if not np.isin(y[known], (0, 1)).all():
        raise SurveyError(f"L'item « {outcome} » doit valoir 1 (réponse positive) ou 0 : dites ses codes positifs.")
    for group, label in ((arm, "mentorés"), (~arm, "non mentorés")):
        if not known[group].any():
            raise SurveyError(
                f"Aucun des jeunes {label} n'a répondu à l'item « {outcome} » : il n'y a rien à comparer. Retirez-le."
            )
    plan = survey_design(frame) if design is None else design
    if plan.n != len(frame):
        raise SurveyError(
            f"Le plan de sondage a {plan.n} lignes et les réponses {len(frame)}. Refaites-le sur celles-ci."
        )
    return y, arm, plan


def mean_differences(values: Floats, arm: Booleans, design: SurveyDesign) -> tuple[Floats, Floats]:
    """Mentored less others for the weighted mean of each column (n × k, nan left out), and its linearised variance."""
    means, influence = _influence(values, arm, design.weights)
    return means[0] - means[1], np.diag(design.covariance(influence))


def _influence(values: Floats, arm: Booleans, weights: Floats) -> tuple[Floats, Floats]:
    """Means of the two groups (2 × k) and influence of each row on their difference (n × k)."""
    known, filled = ~np.isnan(values), np.nan_to_num(values)
    influence, means = np.zeros_like(filled), []
    for group, sign in ((arm, 1.0), (~arm, -1.0)):
        inside = known & group[:, None]
        share = inside * weights[:, None]
        mass = share.sum(axis=0)
        means.append((share * filled).sum(axis=0) / mass)
        influence += sign * np.where(inside, filled - means[-1], 0.0) / mass
    return np.stack(means), influence


def _design_effects(values: Floats, arm: Booleans, design: SurveyDesign) -> Floats:
    """Design effect (≥ 1) of the difference of two means of 0/1 columns (n × k, nan left out), mentored less others."""
    means, influence = _influence(values, arm, design.weights)
    known = ~np.isnan(values)
    answered = np.stack([known[arm].sum(axis=0), known[~arm].sum(axis=0)])
    independent = (means * (1 - means) / answered).sum(axis=0)
    variance = np.diag(design.covariance(influence))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(independent > 0, np.maximum(variance / independent, 1.0), 1.0)
    return found


def _arms(y: Floats, arm: Booleans, design: SurveyDesign) -> _Arms:
    known, w = ~np.isnan(y), design.weights
    groups = [arm, ~arm]
    mass = np.array([w[group & known].sum() for group in groups])
    trivial = (w == w[0]).all() and design.clusters == design.n
    return _Arms(
        share=np.array([(w * np.nan_to_num(y))[group & known].sum() for group in groups]) / mass,
        answered=np.array([(group & known).sum() for group in groups], dtype=np.float64),
        missing=np.array([(group & ~known).sum() for group in groups], dtype=np.float64),
        weight_answered=mass,
        weight_missing=np.array([w[group & ~known].sum() for group in groups]),
        # Linearised over binomial variance is n/(n − 1) for independent answers: that is 1.
        deff=1.0 if trivial else float(_design_effects(y[:, None], arm, design)[0]),
        clusters=design.clusters,
    )


def _completed(seen: _Arms, group: int, supposed: Floats) -> tuple[Floats, Floats]:
    """Share and size of a group once its missing answers are supposed positive in the shares `supposed`."""
    known, absent = seen.weight_answered[group], seen.weight_missing[group]
    share = (seen.share[group] * known + supposed * absent) / (known + absent)
    return share, np.full(supposed.shape, seen.answered[group] + seen.missing[group])


def _wilson(share: Floats, n: Floats, z: float) -> tuple[Floats, Floats]:
    centre = (share * n + z**2 / 2) / (n + z**2)
    half = z * np.sqrt(np.maximum(share * (1 - share), 0) * n + z**2 / 4) / (n + z**2)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def _newcombe(shares: Sequence[Floats], sizes: Sequence[Floats], z: float) -> tuple[Floats, Floats, Floats]:
    """Difference of two shares and Newcombe's limits, elementwise; `sizes` may be effective; `z`: normal quantile."""
    (share1, share2), (n1, n2) = shares, sizes
    (low1, high1), (low2, high2) = _wilson(share1, n1, z), _wilson(share2, n2, z)
    gap = np.asarray(share1 - share2, dtype=np.float64)
    low = gap - np.sqrt((share1 - low1) ** 2 + (high2 - share2) ** 2)
    high = gap + np.sqrt((high1 - share1) ** 2 + (share2 - low2) ** 2)
    return gap, low, high


def _scenarios(shares: Sequence[Floats], sizes: Sequence[Floats], deff: float, level: float) -> pd.DataFrame:
    z = float(stats.norm.ppf(0.5 + level / 2))
    gap, low, high = _newcombe(shares, [size / deff for size in sizes], z)
    conclusion = np.select([low > 0, high < 0], ["plus", "moins"], "non concluant")
    return pd.DataFrame({"ecart": gap, "ic_bas": low, "ic_haut": high, "conclusion": conclusion})


def _standard_error(one: _Arms) -> float:
    return sqrt(float((one.share * (1 - one.share) / one.answered).sum()) * one.deff)


def _imbens_manski(width: float, error: float, level: float) -> float:
    """c with Φ(c + width/error) − Φ(−c) = level: 1.96 for a point, 1.64 for bounds far apart."""
    two, one = float(stats.norm.ppf(0.5 + level / 2)), float(stats.norm.ppf(level))
    if error == 0 or width / error > 20:
        return two if width == 0 else one
    ratio = width / error
    return float(optimize.brentq(lambda c: stats.norm.cdf(c + ratio) - stats.norm.cdf(-c) - level, one - 1e-9, two))


def _rate_warnings(table: pd.DataFrame) -> tuple[str, ...]:
    found = []
    told = table[["taux_mentores", "taux_non_mentores", "ecart", "p_holm"]].to_numpy(dtype=np.float64).tolist()
    for item, (mentored, others, gap, p) in zip(table["item"], told, strict=True):
        if mentored == others == 1:
            found.append(f"Personne n'a répondu à l'item « {item} » : il ne se compare pas.")
        elif 1 in (mentored, others):
            found.append(f"Tout un groupe n'a pas répondu à l'item « {item} » : il ne se compare pas.")
        elif p < UNEQUAL and abs(gap) >= UNEQUAL:
            found.append(
                f"L'item « {item} » manque pour {fr_percent(mentored)} des mentorés et {fr_percent(others)} des autres "
                f"({fr_points(100 * gap)}) : l'écart observé peut en venir ; lisez-le avec ses bornes."
            )
    return tuple(fr_text(one) for one in found)


def _bounds_warnings(outcome: str, differences: Sequence[float], observed: float) -> tuple[str, ...]:
    low, high = differences
    if low < 0 < high and observed != 0:
        return (
            fr_text(
                f"Selon ce qu'auraient répondu ceux qui ne l'ont pas fait, l'écart sur « {outcome} » va de "
                f"{fr_points(100 * low)} à {fr_points(100 * high)} : son signe même tient à une hypothèse sur eux."
            ),
        )
    return ()


def _tipping_sentence(found: TippingPoint, label: str, arm: bool) -> str:
    who = "mentorés" if arm else "non mentorés"
    if found.n_missing == 0:
        return fr_text(f"« {label} » : tous les jeunes {who} ont répondu, la conclusion ne tient à aucune supposition.")
    absent = (
        f"aient répondu les {fr_number(found.n_missing)} jeunes {who}"
        if found.n_missing > 1
        else f"ait répondu le jeune {who.removesuffix('s')}"
    )
    limits = [limit for limit in (found.lower, found.upper) if not np.isnan(limit)]
    if not limits:
        return fr_text(
            f"« {label} » : quoi qu'{absent} sans réponse, la conclusion ({in_words(found.conclusion)}) reste la même."
        )
    nearest = min(limits, key=lambda limit: (abs(limit - found.observed_share), limit))
    most = "au plus" if nearest <= found.observed_share else "au moins"
    supposed = round(nearest * found.n_missing)
    return fr_text(
        f"« {label} » : la conclusion ({in_words(found.conclusion)}) changerait si {most} {fr_percent(nearest, 0)} "
        f"({fr_number(supposed)} sur {fr_number(found.n_missing)}) des jeunes {who} sans réponse avaient donné une "
        f"réponse positive, contre {fr_percent(found.observed_share, 0)} parmi ceux qui ont répondu."
    )


def in_words(conclusion: Conclusion) -> str:
    """A conclusion as a French sentence says it between brackets."""
    return {
        "plus": "réponse positive plus fréquente chez les mentorés",
        "moins": "réponse positive moins fréquente chez les mentorés",
        "non concluant": "écart compatible avec zéro",
    }[conclusion]
