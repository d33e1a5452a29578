"""Those who leave between two waves: how many in each group, what it could change, and how to speak for them.

- `differential_attrition`: departures of each group and their difference, on the design of the survey;
- `attrition_weights`: the respondents of each group weighted by the inverse of their probability of answering again,
  given what the first wave says (right if departures hang on nothing else);
- `lee_bounds`: what the effect could be at the least and at the most, without any model of departures (Lee 2009,
  Review of Economic Studies 76:1071-1102): the group that answers more is trimmed of its highest, then of its lowest,
  answers, by the share that answers in excess. Within strata known before, the bounds are averaged over those who
  would answer in either group and are never wider (section III of the paper). They hold if the groups were alike at
  the start and mentoring moves everyone's answering the same way within a stratum.

Bounds have their bootstrap error by cluster, and Imbens and Manski's interval (2004, Econometrica 72:1845-1857),
which covers the effect, not both bounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.covariates import RARE
from mentorat.causal.panel import cluster_codes, column_of, numbers_of, treatment_mask
from mentorat.survey.clustered import GroupComparison, compare_groups
from mentorat.survey.design import survey_design
from mentorat.survey.estimators import kish_ess
from mentorat.survey.nonresponse import response_logit
from mentorat.survey.thresholds import FEW_CLUSTERS
from mentorat.typography import fr_percent, fr_points, fr_text

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Codes = NDArray[np.intp]

NOTABLE = 0.05
"""Difference of departures beyond which, whatever its test, an effect on the remaining ones is told to be fragile."""
DRAWS = 999
CELLS = 4_000_000
"""Draws × rows held at once by the bootstrap (32 MB a table)."""


@dataclass(frozen=True)
class AttritionWeights:
    """`weights` (n): 0 for those who left; `groups`: groupe (mentores, non_mentores) and the table of
    `response_logit`; `ess_*`: effective sizes of the respondents; `warnings`: French sentences."""

    weights: Floats
    groups: pd.DataFrame
    ess_treated: float
    ess_control: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LeeBounds:
    """The least and the most that the effect can be among those who would answer in either group.

    `low`, `high`: Imbens-Manski interval of the effect at `level`; `response_*`: shares that answered; `strata`:
    strate, n, reponse_mentores, reponse_non_mentores, part_retiree (of the group that answers more), poids,
    borne_basse, borne_haute (one row where there are none).
    """

    lower: float
    upper: float
    se_lower: float
    se_upper: float
    low: float
    high: float
    level: float
    response_treated: float
    response_control: float
    n_treated: int
    n_control: int
    clusters: int
    strata: pd.DataFrame
    method: str
    warnings: tuple[str, ...]


def differential_attrition(
    frame: pd.DataFrame,
    *,
    responded: str,
    treatment: str,
    cluster: str | None = None,
    weights: str | None = None,
    level: float = 0.95,
) -> GroupComparison:
    """Share of each group who left (first: the mentored), their difference, Newcombe's interval and a t-test.

    `frame`: everyone of the first wave; `responded`: answered the second. Raises SurveyError as `compare_groups`.
    """
    treated, answered = treatment_mask(frame, treatment), treatment_mask(frame, responded)
    rows = frame.assign(parti=~answered, groupe=np.where(treated, "mentores", "non_mentores"))
    design = survey_design(rows, weights=weights, clusters=cluster)
    found = compare_groups(design, rows, "parti", group="groupe", first="mentores", second="non_mentores", level=level)
    gap = found.estimate.estimate
    if abs(gap) <= NOTABLE and not found.p < 1 - level:
        return found
    told = fr_text(
        f"Les départs diffèrent : {fr_percent(found.share1)} des mentorés, {fr_percent(found.share2)} des autres "
        f"({fr_points(100 * gap)}). Un écart entre ceux qui restent peut n'être que celui des départs : lisez les "
        "bornes."
    )
    return replace(found, estimate=replace(found.estimate, warnings=(*found.estimate.warnings, told)))


def attrition_weights(
    frame: pd.DataFrame,
    *,
    responded: str,
    treatment: str,
    covariates: Sequence[str],
    weights: str | None = None,
) -> AttritionWeights:
    """Weights of the respondents that make each group stand for all of its first wave.

    A logit of answering on `covariates` in each group apart, since mentoring may change who leaves. Each group keeps
    its total weight as near as the logit fits. Raises SurveyError as `response_logit`.
    """
    treated = treatment_mask(frame, treatment)
    answered = treatment_mask(frame, responded)
    found, tables, told = np.zeros(len(frame)), [], []
    for name, group in (("mentores", treated), ("non_mentores", ~treated)):
        rows = frame.loc[group].assign(**{responded: answered[group]})
        corrected = response_logit(rows, responded, covariates, weights=weights)
        found[group] = corrected.weights
        tables.append(corrected.groups.rename(columns={"groupe": "score"}).assign(groupe=name))
        told += list(corrected.step.warnings)
    return AttritionWeights(
        weights=found,
        groups=pd.concat(tables, ignore_index=True),
        ess_treated=kish_ess(found[treated & answered]),
        ess_control=kish_ess(found[~treated & answered]),
        warnings=tuple(dict.fromkeys(told)),
    )


def lee_bounds(
    frame: pd.DataFrame,
    *,
    outcome: str,
    treatment: str,
    strata: str | None = None,
    cluster: str | None = None,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> LeeBounds:
    """Bounds of the effect when the outcome (numbers, or 0 and 1) is missing for those who left.

    `frame`: everyone of the first wave; `strata`: known before, tightens the bounds. Errors by `draws` bootstraps of
    the clusters (of the rows where none is given), the same whatever the order of rows.

    Raises SurveyError on a missing column, NotEstimable under `RARE` respondents of a group (in a stratum: merge it),
    or with a single cluster.
    """
    y, treated = numbers_of(frame, outcome), treatment_mask(frame, treatment)
    layers, names = _strata(frame, strata)
    codes = cluster_codes(frame, cluster)
    clusters = int(codes.max()) + 1
    if clusters < 2:
        raise NotEstimable("Toutes les réponses viennent d'une seule grappe : l'incertitude n'est pas estimable.")
    # Rows are put in an order of their own: the draws then do not hang on the file's.
    told = [np.nan_to_num(y, nan=inf), treated, layers]
    order = np.lexsort(told if cluster is None else [told[0], treated, codes, layers])
    y, treated, layers = y[order], treated[order], layers[order]
    codes = np.arange(len(y), dtype=np.intp) if cluster is None else codes[order]
    _refuse_thin(y, treated, layers, names)
    everyone = np.ones((1, len(y)))
    parts = [_stratum(y[rows], treated[rows], everyone[:, rows]) for rows in (layers == k for k in range(len(names)))]
    (lower,), (upper,) = _average(parts)
    rng = np.random.default_rng(seed)
    found = []
    step = max(1, CELLS // len(y))
    for start in range(0, draws, step):
        counts = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=min(step, draws - start))
        w = counts[:, codes].astype(np.float64)
        found.append(
            _average([_stratum(y[layers == k], treated[layers == k], w[:, layers == k]) for k in range(len(names))])
        )
    drawn = np.concatenate([np.stack(one) for one in found], axis=1)
    drawn = drawn[:, np.isfinite(drawn).all(axis=0)]
    if drawn.shape[1] < 0.9 * draws:
        raise NotEstimable(
            "Trop peu de grappes portent chaque groupe dans chaque strate pour mesurer l'incertitude des bornes. "
            "Réunissez des strates."
        )
    se_lower, se_upper = (float(one) for one in drawn.std(axis=1, ddof=1) * np.sqrt(clusters / (clusters - 1)))
    critical = imbens_manski(upper - lower, max(se_lower, se_upper), level)
    table = pd.DataFrame(
        [
            {
                "strate": name,
                "n": int((layers == k).sum()),
                "reponse_mentores": float(part.response[0][0]),
                "reponse_non_mentores": float(part.response[1][0]),
                "part_retiree": float(part.trimmed[0]),
                "poids": float(part.always[0]),
                "borne_basse": float(part.lower[0]),
                "borne_haute": float(part.upper[0]),
            }
            for k, (name, part) in enumerate(zip(names, parts, strict=True))
        ]
    )
    answered = ~np.isnan(y)
    return LeeBounds(
        lower=float(lower),
        upper=float(upper),
        se_lower=se_lower,
        se_upper=se_upper,
        low=float(lower) - critical * se_lower,
        high=float(upper) + critical * se_upper,
        level=level,
        response_treated=float(answered[treated].mean()),
        response_control=float(answered[~treated].mean()),
        n_treated=int((answered & treated).sum()),
        n_control=int((answered & ~treated).sum()),
        clusters=clusters,
        strata=table.assign(poids=table["poids"] / table["poids"].sum()),
        method=f"Bornes de Lee{' par strate' if strata else ''}, intervalle d'Imbens et Manski, bootstrap par grappe",
        warnings=_warnings(table, clusters, float(lower), float(upper)),
    )


def imbens_manski(width: float, se: float, level: float) -> float:
    """The number c such that Φ(c + width/se) − Φ(−c) = level: from the one-sided quantile to the two-sided one."""
    if se == 0:
        return 0.0
    gap = max(0.0, width) / se
    found = optimize.brentq(lambda c: stats.norm.cdf(c + gap) - stats.norm.cdf(-c) - level, 0.0, 10.0, xtol=1e-13)
    return float(found)


@dataclass(frozen=True)
class _Bounds:
    """Bounds of one stratum, one entry a draw: `response` (mentored, others), `always`: weight of those who would
    answer in either group."""

    lower: Floats
    upper: Floats
    response: tuple[Floats, Floats]
    trimmed: Floats
    always: Floats


def _stratum(y: Floats, treated: Mask, weights: Floats) -> _Bounds:
    """`weights`: draws × rows."""
    answered = ~np.isnan(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (
            weights[:, group & answered].sum(axis=1) / weights[:, group].sum(axis=1) for group in (treated, ~treated)
        )
        kept = [np.minimum(1.0, second / first), np.minimum(1.0, first / second)]
        means = [
            _kept_means(y[group & answered], weights[:, group & answered], share)
            for group, share in zip((treated, ~treated), kept, strict=True)
        ]
        always = weights.sum(axis=1) * np.minimum(first, second)
    return _Bounds(
        lower=means[0][0] - means[1][1],
        upper=means[0][1] - means[1][0],
        response=(first, second),
        trimmed=1 - np.minimum(*kept),
        always=always,
    )


def _kept_means(y: Floats, weights: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Mean of the lowest, then of the highest, `share` of the answers; the last one kept counts in part."""
    order = np.argsort(y, kind="stable")
    found = []
    for ranked in (order, order[::-1]):
        w = weights[:, ranked]
        total = w.cumsum(axis=1)
        left = np.clip((share * total[:, -1])[:, None] - (total - w), 0.0, w)
        found.append((left @ y[ranked]) / left.sum(axis=1))
    return found[0], found[1]


def _average(parts: Sequence[_Bounds]) -> tuple[Floats, Floats]:
    always = np.stack([part.always for part in parts])
    share = always / always.sum(axis=0)
    lower, upper = (np.stack([getattr(part, name) for part in parts]) for name in ("lower", "upper"))
    return (share * lower).sum(axis=0), (share * upper).sum(axis=0)


def _strata(frame: pd.DataFrame, name: str | None) -> tuple[Codes, list[str]]:
    if name is None:
        return np.zeros(len(frame), dtype=np.intp), ["ensemble"]
    column = column_of(frame, name).astype("object")
    codes, labels = pd.factorize(column.where(column.notna(), "inconnu").astype("str"), sort=True)
    return codes.astype(np.intp), [str(label) for label in labels]


def _refuse_thin(y: Floats, treated: Mask, layers: Codes, names: Sequence[str]) -> None:
    for k, name in enumerate(names):
        rows = (layers == k) & ~np.isnan(y)
        if min((rows & treated).sum(), (rows & ~treated).sum()) < RARE:
            where = "" if len(names) == 1 else f" dans la strate « {name} »"
            raise NotEstimable(
                f"Moins de {RARE} réponses dans l'un des deux groupes{where} : les bornes ne sont pas estimées. "
                "Réunissez des strates, ou renoncez à la comparaison."
            )


def _warnings(table: pd.DataFrame, clusters: int, lower: float, upper: float) -> tuple[str, ...]:
    said = [
        "Les bornes supposent des groupes semblables au départ, et un mentorat qui joue dans le même sens sur la "
        "réponse de chacun."
    ]
    if lower <= 0 <= upper:
        said.append("Les départs suffisent à rendre l'écart compatible avec une absence d'effet.")
    more = table["reponse_mentores"] > table["reponse_non_mentores"]
    if more.any() and not more.all():
        said.append(
            "Selon la strate, l'un ou l'autre groupe répond davantage : le sens de la réponse n'est pas le même."
        )
    if clusters < FEW_CLUSTERS:
        said.append(f"Les réponses ne viennent que de {clusters} grappes : l'intervalle est fragile.")
    return tuple(fr_text(sentence) for sentence in said)
