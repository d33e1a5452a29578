"""How long things last: pairs that hold, files that wait, among those still open and those that end otherwise.

Survival is Kaplan and Meier's product-limit with Greenwood's variance; the incidence of one issue among several that
exclude each other is Aalen and Johansen's, with the variance of the delta method on the multinomial increments of the
hazards (Aalen 1978; Andersen, Borgan, Gill and Keiding 1993, section IV.4; the same as Greenwood's when there is one
issue). Open durations leave the risk set the day they are last seen (never counted as ended, never dropped); a
duration observed late enters it on that day (left truncation), so that pairs begun before their sender's first file,
known because they lasted, do not stretch the others.

Intervals are on the log(−log) scale (Kalbfleisch and Prentice 2002, section 1.4); quantiles read them across
(Brookmeyer and Crowley 1982). With clusters, the variance is the delete-a-cluster jackknife and Student's quantile
has clusters − 1 degrees of freedom. Times are in the unit of the column given. A curve costs O(n log n), its jackknife
O(n + clusters × times).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, nan, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.causal.balancing import NotEstimable
from mentorat.survey.design import SurveyError
from mentorat.survey.results import ESTIMATES, Estimate, Estimates
from mentorat.survey.thresholds import FEW_CLUSTERS
from mentorat.typography import fr_count, fr_number, fr_text

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Kind = Literal["survie", "incidence"]

THIN = 11
"""A step of a curve that rests on fewer durations under observation than this is told, and never published."""
ENDED = "fin"
"""The issue of a column that only says whether the duration ended."""


@dataclass(frozen=True)
class Durations:
    """Checked durations (n): observed over (`entry`, `time`], ended by `issues[issue − 1]`, or open where `issue` is 0.

    `entry` is −inf where a duration is observed from its start; `clusters`: codes of `cluster_labels`, or None;
    `n_missing`: rows left out because their time, entry or issue is unknown.
    """

    entry: Floats
    time: Floats
    issue: Codes
    issues: tuple[str, ...]
    clusters: Codes | None
    cluster_labels: tuple[str, ...]
    n_missing: int

    @property
    def n(self) -> int:
        return len(self.time)


@dataclass(frozen=True)
class DurationCurve:
    """A survival or an incidence by time: one row of `table` a time at which a duration ends.

    `table`: temps, a_risque (durations under observation just before), evenements (ends; for an incidence, by that
    issue), valeur (0-1), se, ic_bas, ic_haut. `events`: ends in all; `followed`: longest time observed; `df`: degrees
    of freedom of the intervals (inf without clusters); `warnings`: French sentences.
    """

    kind: Kind
    issue: str
    table: pd.DataFrame
    n: int
    events: int
    n_missing: int
    clusters: int
    followed: float
    level: float
    df: float
    warnings: tuple[str, ...]
    _plain_se: Floats
    _replicates: Floats | None
    _cluster_labels: tuple[str, ...]
    _risk: "_RiskSet"

    def at(self, times: Sequence[float]) -> Estimates:
        """The curve at each of `times`: column `temps`, then ESTIMATES. No figure beyond the time followed, but a
        warning; one resting somewhere on fewer than `THIN` durations says so."""
        asked = np.asarray(times, dtype=np.float64)
        steps = self._steps(asked)
        last = self.table["valeur"].to_numpy()[-1:] if len(self.table) else np.zeros(1)
        gone = self.kind == "survie" and last[0] == 0.0
        beyond = (asked > self.followed) & (not gone)
        start = 1.0 if self.kind == "survie" else 0.0
        value, se, plain = (
            np.concatenate([[first], column])[steps]
            for first, column in (
                (start, self.table["valeur"].to_numpy()),
                (0.0, self.table["se"].to_numpy()),
                (0.0, self._plain_se),
            )
        )
        thinnest = self._risk.thinnest(asked)
        low, high = _log_log(value, se, self._risk.size_behind(asked, value, self.kind), self.level, self.df)
        with np.errstate(divide="ignore", invalid="ignore"):
            deff = np.where(plain > 0, np.square(se / plain), nan)
        told = [
            _at_warning(float(time), bool(out), int(thin))
            for time, out, thin in zip(asked, beyond, thinnest, strict=True)
        ]
        columns = {"estimate": value, "se": se, "low": low, "high": high, "deff": deff, "ess": self.n / deff}
        table = self._table(
            {"temps": asked} | {name: np.where(beyond, nan, column) for name, column in columns.items()}, told
        )
        return Estimates(table, self.level, f"{self.kind}, log-log", None, self.warnings)

    def thinnest(self, times: Sequence[float]) -> list[int]:
        """Fewest durations under observation at an end up to each of `times` (the sample when nothing ended yet)."""
        return [int(one) for one in self._risk.thinnest(np.asarray(times, dtype=np.float64))]

    def still_followed(self, times: Sequence[float]) -> list[int]:
        """Durations under observation just after each of `times`."""
        return [int(one) for one in self._risk.under_observation(np.nextafter(np.asarray(times, np.float64), inf))]

    def ended_by(self, times: Sequence[float]) -> list[int]:
        """Ends (by the issue, for an incidence) up to each of `times`."""
        reached = np.concatenate([[0], self.table["evenements"].to_numpy().cumsum()])
        return [int(one) for one in reached[self._steps(np.asarray(times, dtype=np.float64))]]

    def quantile(self, probabilities: Sequence[float] = (0.25, 0.5, 0.75)) -> Estimates:
        """Time by which each share has ended (by the issue, for an incidence): column `quantile`, then ESTIMATES.

        The bounds are where the curve's interval crosses the share; a time never reached is infinite, with a warning.
        A quantile has no standard error of its own. Where the curve is flat at the share, the middle of the step.
        """
        shares = np.asarray(probabilities, dtype=np.float64)
        if not ((shares > 0) & (shares < 1)).all():
            raise ValueError("quantiles are between 0 and 1")
        names = ("valeur", "ic_haut", "ic_bas") if self.kind == "incidence" else ("valeur", "ic_bas", "ic_haut")
        times = self.table["temps"].to_numpy()
        ended = [self.table[name].to_numpy() for name in names]
        if self.kind == "survie":
            ended = [1 - column for column in ended]
        found, low, high = (np.array([_crossing(times, column, share) for share in shares]) for column in ended)
        told = [_quantile_warning(*one) for one in zip(shares, found, high, strict=True)]
        unknown = np.full(len(shares), nan)  # a quantile has no error, nor design effect, of its own
        columns = {"estimate": found, "se": unknown, "low": low, "high": high, "deff": unknown, "ess": unknown}
        table = self._table({"quantile": shares} | columns, told)
        return Estimates(table, self.level, "quantile, intervalle croisé", None, self.warnings)

    def restricted_mean(self, horizon: float) -> Estimate:
        """Mean time held before `horizon`: the area under the survival, with Greenwood's (or the jackknife's) error.

        Raises NotEstimable when nobody is followed to the horizon, ValueError on an incidence or a horizon ≤ 0.
        """
        mean, replicates = self._areas(horizon)
        plain = self._greenwood_area(horizon)
        se = plain if replicates is None else _jackknife(replicates[:, None])[0]
        half = float(stats.t.ppf(0.5 + self.level / 2, self.df)) * se
        deff = (se / plain) ** 2 if plain > 0 else nan
        low, high = max(0.0, mean - half), min(horizon, mean + half)
        told = ("Aucune fin avant l'horizon : l'intervalle de la durée moyenne est nul, ne le lisez pas.",)
        return Estimate(
            mean,
            se,
            low,
            high,
            self.df,
            n=self.n,
            clusters=self.clusters,
            deff=deff,
            ess=self.n / deff if deff > 0 else nan,
            level=self.level,
            method=f"durée moyenne restreinte à {fr_number(horizon)}",
            warnings=(*self.warnings, *(told if se == 0 else ())),
            n_missing=self.n_missing,
        )

    def _table(self, columns: Mapping[str, Floats], told: list[str]) -> pd.DataFrame:
        """A table of estimates whose first column names the rows."""
        name = next(iter(columns))
        constant = {"df": self.df, "n": self.n, "n_missing": self.n_missing, "clusters": self.clusters}
        return pd.DataFrame({**columns, **constant, "warnings": told}, columns=[name, *ESTIMATES])

    def _steps(self, asked: Floats) -> Codes:
        steps: Codes = np.searchsorted(self.table["temps"].to_numpy(), asked, side="right").astype(np.intp)
        return steps

    def _areas(self, horizon: float) -> tuple[float, Floats | None]:
        """Area under the survival up to the horizon, of the whole sample and without each cluster."""
        if self.kind != "survie" or horizon <= 0:
            raise ValueError("the restricted mean is that of a survival, up to a positive time")
        values = self.table["valeur"].to_numpy()
        if horizon > self.followed and not (len(values) and values[-1] == 0):
            raise NotEstimable(
                f"Personne n'est suivi jusqu'à {fr_number(horizon)} : la durée moyenne avant cet horizon n'est pas "
                f"connue. Choisissez un horizon d'au plus {fr_number(self.followed)}."
            )
        widths = self._widths(horizon)
        mean = float(widths[0] + values[: len(widths) - 1] @ widths[1:])
        if self._replicates is None:
            return mean, None
        return mean, widths[0] + self._replicates[:, : len(widths) - 1] @ widths[1:]

    def _widths(self, horizon: float) -> Floats:
        """Length of each step of the curve before the horizon, the first at 1."""
        times = self.table["temps"].to_numpy()
        inside = times[times < horizon]
        widths: Floats = np.diff(np.concatenate([[0.0], inside, [horizon]]))
        return widths

    def _greenwood_area(self, horizon: float) -> float:
        widths = self._widths(horizon)
        steps = len(widths) - 1
        rows = self.table.iloc[:steps]
        areas = (rows["valeur"].to_numpy() * widths[1:])[::-1].cumsum()[::-1]
        at_risk, ended = rows["a_risque"].to_numpy(np.float64), rows["evenements"].to_numpy(np.float64)
        left = at_risk - ended
        terms = np.where(left > 0, ended / (at_risk * np.where(left > 0, left, 1.0)), 0.0)
        return sqrt(float(np.square(areas) @ terms))


@dataclass(frozen=True)
class LogRank:
    """Test that the groups end at the same pace: `table` has groupe, n, evenements, attendus (under that hypothesis).

    `warnings`: French sentences.
    """

    table: pd.DataFrame
    chi2: float
    df: int
    p: float
    n: int
    n_missing: int
    warnings: tuple[str, ...]


def durations(
    frame: pd.DataFrame,
    *,
    time: str,
    issue: str,
    entry: str | None = None,
    cluster: str | None = None,
    still_open: str | None = None,
) -> Durations:
    """The durations of `frame`, by names of columns.

    `time`: length observed, from the start; `entry`: length already run when observation began (0 when from the
    start). `issue`: booleans or 0/1 (ended), or text, of which `still_open` is the label of those still open. A row
    whose time, entry or issue is missing is left out and counted.

    Raises SurveyError (French) on a missing column, text for a number, a negative or infinite time, an entry at or
    after the end of observation, an empty cluster, or no row left.
    """
    times, codes, issues = _numbers(frame, time), *_issues(frame, issue, still_open)
    entries = np.full(len(frame), -inf) if entry is None else _numbers(frame, entry)
    kept = ~(np.isnan(times) | np.isnan(entries) | (codes < 0))
    if not kept.any():
        raise SurveyError(f"Aucune durée connue dans la colonne « {time} » : vérifiez les dates, ou retirez ce calcul.")
    if (times[kept] < 0).any() or np.isinf(times[kept]).any():
        wrong = int(((times[kept] < 0) | np.isinf(times[kept])).sum())
        raise SurveyError(
            f"La colonne « {time} » porte {fr_count(wrong, 'durée négative', 'durées négatives')} ou infinies : la fin "
            "précède le début. Corrigez les dates, ou laissez la durée vide."
        )
    late = kept & (entries >= times)
    if entry is not None and late.any():
        raise SurveyError(
            f"La colonne « {entry} » (durée déjà courue au début du suivi) atteint la fin du suivi « {time} » sur "
            f"{fr_count(int(late.sum()), 'ligne', 'lignes')} : cette durée n'a jamais été observée. Retirez ces lignes."
        )
    clusters, labels = _clusters(frame, cluster)
    return Durations(
        entry=np.where(entries[kept] <= 0, -inf, entries[kept]),
        time=times[kept],
        issue=codes[kept],
        issues=issues,
        clusters=None if clusters is None else clusters[kept],
        cluster_labels=labels,
        n_missing=int((~kept).sum()),
    )


def survival(spells: Durations, *, level: float = 0.95) -> DurationCurve:
    """Kaplan-Meier: share not yet ended after each time, whatever the issue.

    S(t) = Π (1 − d/Y); Greenwood's variance S² Σ d/(Y(Y − d)), or the jackknife of the clusters. Raises NotEstimable
    with fewer than two clusters, ValueError on a level outside 0-1.
    """
    return _curve(spells, "survie", "", level)


def incidence(spells: Durations, issue: str, *, level: float = 0.95) -> DurationCurve:
    """Aalen-Johansen: share ended by `issue` at each time, the other issues being possible (never censored).

    F(t) = Σ S(s−) d_issue/Y. Raises KeyError when no duration ended by that issue is known under that name, and as
    `survival`. One minus Kaplan-Meier of one issue would count those ended otherwise as waiting for ever.
    """
    if issue not in spells.issues:
        raise KeyError(issue)
    return _curve(spells, "incidence", issue, level)


def restricted_mean_difference(first: DurationCurve, second: DurationCurve, horizon: float) -> Estimate:
    """Difference of the restricted means of two groups (first − second).

    The groups are independent, or share clusters: the jackknife then leaves each cluster out of both. Raises
    NotEstimable as `restricted_mean`, and ValueError when only one of the two curves has clusters.
    """
    means = [curve.restricted_mean(horizon) for curve in (first, second)]
    gap, plain = means[0].estimate - means[1].estimate, sqrt(means[0].se ** 2 + means[1].se ** 2)
    (_, one), (_, two) = first._areas(horizon), second._areas(horizon)
    if (one is None) != (two is None):
        raise ValueError("both curves have clusters, or none")
    clusters, df, se = means[0].clusters + means[1].clusters, inf, plain
    if one is not None and two is not None:
        left = pd.DataFrame(
            {
                "first": pd.Series(one, index=list(first._cluster_labels)),
                "second": pd.Series(two, index=list(second._cluster_labels)),
            }
        ).sort_index()
        left = left.fillna({"first": means[0].estimate, "second": means[1].estimate})
        clusters, df = len(left), float(len(left) - 1)
        se = float(_jackknife((left["first"] - left["second"]).to_numpy()[:, None])[0])
    half = float(stats.t.ppf(0.5 + first.level / 2, df)) * se
    told = dict.fromkeys((*means[0].warnings, *means[1].warnings))
    return Estimate(
        gap,
        se,
        gap - half,
        gap + half,
        df,
        n=first.n + second.n,
        clusters=clusters,
        level=first.level,
        method=f"écart de durée moyenne restreinte à {fr_number(horizon)}",
        warnings=tuple(told),
        n_missing=first.n_missing + second.n_missing,
    )


def log_rank(
    frame: pd.DataFrame,
    *,
    time: str,
    issue: str,
    group: str,
    entry: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    still_open: str | None = None,
) -> LogRank:
    """Log-rank test of the groups of `group`, within each stratum where `strata` is given (Mantel 1966).

    Observed less expected ends, with the hypergeometric covariance; χ² with groups − 1 degrees of freedom, durations
    being held independent. With `cluster`, the covariance is that of the clusters' sums of score residuals (Lee, Wei
    and Amato 1992: the robust score test of a Cox model), and p is read on F with groups − 1 and clusters − groups + 1
    degrees of freedom, as Hotelling's: with few clusters χ² would reject too often. All issues count as ends. Raises
    SurveyError as `durations`, and when fewer than two groups have a duration under observation; NotEstimable when
    there are fewer clusters than groups.
    """
    spells = durations(frame, time=time, issue=issue, entry=entry, still_open=still_open)
    known = _known(frame, time, issue, entry)
    groups, names = _coded(frame.loc[known], group)
    layers, _ = _coded(frame.loc[known], strata) if strata else (np.zeros(spells.n, dtype=np.intp), ())
    if len(names) < 2:
        raise SurveyError(f"La colonne « {group} » n'a qu'un groupe : il n'y a rien à comparer.")
    observed, expected = np.zeros(len(names)), np.zeros(len(names))
    covariance = np.zeros((len(names), len(names)))
    scores = np.zeros((spells.n, len(names)))
    for layer in range(int(layers.max()) + 1):
        rows = layers == layer
        part = _RiskSet.of(spells.entry[rows], spells.time[rows], spells.issue[rows] > 0, groups[rows], len(names))
        ended, at_risk = part.events.sum(axis=0), part.at_risk.sum(axis=0)
        share = part.at_risk / at_risk
        observed += part.events.sum(axis=1)
        expected += share @ ended
        spread = ended * (at_risk - ended) / np.maximum(at_risk - 1, 1.0)
        covariance += np.diag(share @ spread) - (share * spread) @ share.T
        if cluster:
            scores[rows] = _score_residuals(spells, rows, groups, part)
    gap = observed - expected
    clusters = 0
    if cluster:
        codes, labels = _coded(frame.loc[known], cluster)
        sums = np.zeros((len(labels), len(names)))
        np.add.at(sums, codes, scores)
        covariance, clusters = sums.T @ sums, len(labels)
        if clusters < len(names):
            raise NotEstimable(
                f"Moins de grappes ({clusters}) que de groupes ({len(names)}) : leurs durées ne se comparent pas."
            )
    rank = int(np.linalg.matrix_rank(covariance))
    if rank == 0:
        raise NotEstimable("Aucune fin tant que deux groupes sont suivis à la fois : leurs durées ne se comparent pas.")
    chi2 = float(gap @ np.linalg.pinv(covariance, hermitian=True) @ gap)
    few = [str(name) for name, seen in zip(names, expected, strict=True) if seen < 5]
    told = [f"Moins de cinq fins attendues pour : {', '.join(few)}. Le test est peu fiable."] if few else []
    table = pd.DataFrame(
        {
            "groupe": names,
            "n": np.bincount(groups, minlength=len(names)),
            "evenements": observed.astype(np.int64),
            "attendus": expected,
        }
    )
    return LogRank(
        table=table,
        chi2=chi2,
        df=rank,
        p=_tail(chi2, rank, clusters),
        n=spells.n,
        n_missing=spells.n_missing,
        warnings=tuple(fr_text(one) for one in [*told, *_left_out(spells.n_missing)]),
    )


def _score_residuals(spells: Durations, rows: NDArray[np.bool_], groups: Codes, part: "_RiskSet") -> Floats:
    """What each duration adds to observed less expected, by group: at its own end, and at each end it was at risk of.

    For row i and group g: δᵢ(1{i∈g} − p_g(tᵢ)) − Σ over its time of (1{i∈g} − p_g(t)) dN(t)/Y(t), p_g being the
    group's share of those at risk.
    """
    entry, time, ended = spells.entry[rows], spells.time[rows], spells.issue[rows] > 0
    own = np.eye(len(part.at_risk))[groups[rows]]
    at_risk, events = part.at_risk.sum(axis=0), part.events.sum(axis=0)
    share = (part.at_risk / at_risk).T
    hazard = events / at_risk
    before = np.concatenate([[0.0], hazard.cumsum()])
    weighted = np.vstack([np.zeros(len(own[0])), (share * hazard[:, None]).cumsum(axis=0)])
    first, last = (np.searchsorted(part.times, when, side="right") for when in (entry, time))
    expected = own * (before[last] - before[first])[:, None] - (weighted[last] - weighted[first])
    place = np.minimum(np.searchsorted(part.times, time), len(part.times) - 1)
    residuals: Floats = np.where(ended[:, None], own - share[place], 0.0) - expected
    return residuals


def _tail(chi2: float, rank: int, clusters: int) -> float:
    """p of a χ², or of Hotelling's F when the covariance comes from clusters (0: from independent durations)."""
    if not clusters:
        return float(stats.chi2.sf(chi2, rank))
    left = clusters - rank
    return float(stats.f.sf(chi2 * left / (rank * (clusters - 1)), rank, left)) if left > 0 else 1.0


@dataclass(frozen=True)
class _RiskSet:
    """Durations under observation just before each time, and ends at it, by group (groups × times)."""

    times: Floats
    at_risk: Floats
    events: Floats
    entry: Floats
    end: Floats

    @classmethod
    def of(cls, entry: Floats, end: Floats, ended: NDArray[np.bool_], group: Codes, groups: int) -> "_RiskSet":
        times = np.unique(end[ended])
        width = len(times) + 1
        arrives = np.searchsorted(times, entry, side="right")
        leaves = np.searchsorted(times, end, side="right")

        def table(columns: NDArray[np.intp], rows: NDArray[np.bool_] | slice) -> Floats:
            flat = group[rows] * width + columns[rows]
            return np.bincount(flat, minlength=groups * width).reshape(groups, width).astype(np.float64)

        everyone = slice(None)
        at_risk = (table(arrives, everyone) - table(leaves, everyone)).cumsum(axis=1)[:, :-1]
        events = table(np.searchsorted(times, end, side="left").astype(np.intp), ended)[:, :-1]
        return cls(times, at_risk, events, np.sort(entry), np.sort(end))

    def under_observation(self, asked: Floats) -> Floats:
        """Durations observed just before each time asked."""
        entered = np.searchsorted(self.entry, asked, side="left")
        gone = np.searchsorted(self.end, asked, side="left")
        found: Floats = (entered - gone).astype(np.float64)
        return found

    def thinnest(self, asked: Floats) -> Floats:
        """Fewest durations under observation at an end up to each time asked (all of them when there is none)."""
        least = np.minimum.accumulate(np.concatenate([[float(len(self.end))], self.at_risk.sum(axis=0)]))
        found: Floats = least[np.searchsorted(self.times, asked, side="right")]
        return found

    def size_behind(self, asked: Floats, value: Floats, kind: Kind) -> Floats:
        """Durations that a share of 0 or 1 rests on: those still observed, or those of the step that emptied it."""
        seen = np.maximum(self.under_observation(asked), 1.0)
        if kind == "incidence" or not len(self.times):
            return seen
        emptied = self.at_risk.sum(axis=0)[np.maximum(np.searchsorted(self.times, asked, side="right") - 1, 0)]
        found: Floats = np.where(value <= 0, emptied, seen)
        return found


def _curve(spells: Durations, kind: Kind, issue: str, level: float) -> DurationCurve:
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level}")
    nobody = np.zeros(spells.n, dtype=np.intp)
    risk = _RiskSet.of(spells.entry, spells.time, spells.issue > 0, nobody, 1)
    at_risk, ended = risk.at_risk[0], risk.events[0]
    by_issue = _events_of(spells, issue, risk.times, nobody, 1)[0] if kind == "incidence" else ended
    value = _value(kind, at_risk, ended, by_issue)
    plain = np.sqrt(_variance(kind, at_risk, ended, by_issue))
    se, df, clusters, replicates, told = plain, inf, spells.n, None, list(_left_out(spells.n_missing))
    labels: tuple[str, ...] = ()
    if spells.clusters is not None:
        present, codes = np.unique(spells.clusters, return_inverse=True)
        clusters, labels = len(present), tuple(spells.cluster_labels[code] for code in present)
        if clusters < 2:
            raise NotEstimable("Toutes les durées viennent d'une seule grappe : l'incertitude n'est pas estimable.")
        parts = _RiskSet.of(spells.entry, spells.time, spells.issue > 0, codes.astype(np.intp), clusters)
        theirs = (
            _events_of(spells, issue, risk.times, codes.astype(np.intp), clusters)
            if kind == "incidence"
            else parts.events
        )
        replicates = _value(kind, at_risk - parts.at_risk, ended - parts.events, by_issue - theirs)
        se, df = _jackknife(replicates), float(clusters - 1)
        if clusters < FEW_CLUSTERS:
            told.append(f"Les durées ne viennent que de {clusters} grappes : l'intervalle est fragile.")
    emptied = (at_risk == ended) & (risk.times < spells.time.max())
    if emptied.any():
        told.append(
            f"Après {fr_number(float(risk.times[emptied][0]))}, plus aucune durée n'était suivie avant que d'autres "
            "n'entrent : la suite de la courbe ne se lit pas."
        )
    low, high = _log_log(value, se, risk.size_behind(risk.times, value, kind), level, df)
    table = pd.DataFrame(
        {
            "temps": risk.times,
            "a_risque": at_risk.astype(np.int64),
            "evenements": by_issue.astype(np.int64),
            "valeur": value,
            "se": se,
            "ic_bas": low,
            "ic_haut": high,
        }
    )
    return DurationCurve(
        kind=kind,
        issue=issue,
        table=table,
        n=spells.n,
        events=int(by_issue.sum()),
        n_missing=spells.n_missing,
        clusters=clusters,
        followed=float(spells.time.max()),
        level=level,
        df=df,
        warnings=tuple(fr_text(sentence) for sentence in told),
        _plain_se=plain,
        _replicates=replicates,
        _cluster_labels=labels,
        _risk=risk,
    )


def _events_of(spells: Durations, issue: str, times: Floats, group: Codes, groups: int) -> Floats:
    """Ends by one issue, by group and time."""
    chosen = spells.issue == spells.issues.index(issue) + 1
    flat = group[chosen] * len(times) + np.searchsorted(times, spells.time[chosen])
    return np.bincount(flat, minlength=groups * len(times)).reshape(groups, len(times)).astype(np.float64)


def _value(kind: Kind, at_risk: Floats, ended: Floats, by_issue: Floats) -> Floats:
    """Survival or incidence after each time (last axis)."""
    known = np.where(at_risk > 0, at_risk, 1.0)
    survived: Floats = np.cumprod(1 - ended / known, axis=-1).astype(np.float64)
    if kind == "survie":
        return survived
    before = np.concatenate([np.ones_like(survived[..., :1]), survived[..., :-1]], axis=-1)
    reached: Floats = np.cumsum(before * by_issue / known, axis=-1).astype(np.float64)
    return reached


def _variance(kind: Kind, at_risk: Floats, ended: Floats, by_issue: Floats) -> Floats:
    """Variance of the curve after each time, by the delta method on the hazards of each time.

    The hazard of issue j at s moves F(t) by S(s−)·1(j = issue) − (F(t) − F(s))/(1 − h): its multinomial variance is a
    quadratic in F(t), so that three running sums give every t.
    """
    survived = _value("survie", at_risk, ended, ended)
    if kind == "survie":
        left = at_risk - ended
        terms = np.where(left > 0, ended / (at_risk * np.where(left > 0, left, 1.0)), 0.0)
        greenwood: Floats = np.square(survived) * terms.cumsum()
        return greenwood
    reached = _value(kind, at_risk, ended, by_issue)
    before = np.concatenate([np.ones(len(survived[:1])), survived[:-1]])
    hazard, own = ended / at_risk, by_issue / at_risk
    kept = np.where(hazard < 1, 1 - hazard, 1.0)
    later = np.where(hazard < 1, 1.0, 0.0) / kept  # nothing is reached after a step that ends everyone
    # With A = (F(t) − F(s))·later: Σ g²h − (Σ gh)² = S²·own(1 − own) − 2·S·A·own(1 − h) + A²·h(1 − h).
    square = np.square(before) * own * (1 - own) / at_risk
    cross = before * own * (1 - hazard) * later / at_risk
    rest = hazard * (1 - hazard) * np.square(later) / at_risk
    variance: Floats = (
        np.cumsum(square + 2 * cross * reached + rest * np.square(reached))
        - 2 * reached * np.cumsum(cross + rest * reached)
        + np.square(reached) * np.cumsum(rest)
    )
    return np.maximum(variance, 0.0)


def _jackknife(replicates: Floats) -> Floats:
    """Standard error of each column, from its values without each cluster."""
    groups = len(replicates)
    away = replicates - replicates.mean(axis=0)
    found: Floats = np.sqrt((groups - 1) / groups * np.square(away).sum(axis=0))
    return found


def _log_log(value: Floats, se: Floats, size: Floats, level: float, df: float) -> tuple[Floats, Floats]:
    """Interval on the log(−log) scale; where the share is 0 or 1, Clopper-Pearson's on the durations behind it."""
    inside = (value > 0) & (value < 1)
    p = np.where(inside, value, 0.5)
    half = float(stats.t.ppf(0.5 + level / 2, df)) * se / np.abs(p * np.log(p))
    tail = ((1 - level) / 2) ** (1 / np.maximum(size, 1.0))
    with np.errstate(over="ignore"):  # exp(710) is inf and p to that power 0, as it should
        low = np.where(inside, p ** np.exp(half), np.where(value <= 0, 0.0, tail))
    high = np.where(inside, p ** np.exp(-half), np.where(value <= 0, 1 - tail, 1.0))
    return low, high


def _crossing(times: Floats, ended: Floats, share: float) -> float:
    """First time at which the share is passed; the middle of the step where the curve is flat at the share."""
    slack = 1e-12
    reached = np.flatnonzero(ended >= share - slack)
    if not len(reached):
        return inf
    first = reached[0]
    if ended[first] <= share + slack:
        passed = np.flatnonzero(ended > share + slack)
        return float((times[first] + times[passed[0]]) / 2) if len(passed) else float(times[first])
    return float(times[first])


def _at_warning(time: float, beyond: bool, thinnest: int) -> str:
    if beyond:
        return fr_text(f"Personne n'est suivi jusqu'à {fr_number(time)} : aucun chiffre n'est possible à cette durée.")
    if thinnest < THIN:
        return fr_text(
            f"Une marche de la courbe repose sur {fr_count(thinnest, 'durée suivie', 'durées suivies')} : trop peu "
            "pour être publiée."
        )
    return ""


def _quantile_warning(share: float, found: float, high: float) -> str:
    part = fr_number(100 * float(share))
    if np.isinf(found):
        return fr_text(f"Moins de {part} % sont arrivés à leur terme pendant le suivi : ce délai n'est pas atteint.")
    return fr_text("La borne haute n'est pas atteinte pendant le suivi.") if np.isinf(high) else ""


def _left_out(n_missing: int) -> tuple[str, ...]:
    if not n_missing:
        return ()
    counted = fr_count(n_missing, "durée inconnue est laissée", "durées inconnues sont laissées")
    return (f"{counted} de côté : les chiffres valent si elles ressemblent aux autres.",)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise SurveyError(f"La colonne « {name} » manque parmi les durées. Ajoutez-la, ou corrigez son nom.")
    return frame[name]


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    column = _column(frame, name)
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise SurveyError(f"La colonne « {name} » (durée) contient autre chose que des nombres. Donnez des jours.")
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _issues(frame: pd.DataFrame, name: str, still_open: str | None) -> tuple[Codes, tuple[str, ...]]:
    """Code of each issue: −1 unknown, 0 open, then the rank of the issue, in alphabetical order."""
    column = _column(frame, name)
    if pd.api.types.is_numeric_dtype(column):  # booleans are numbers
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
            raise SurveyError(f"La colonne « {name} » a d'autres valeurs que 0 (en cours) et 1 (fini). Corrigez-la.")
        return np.where(np.isnan(values), -1, values == 1).astype(np.intp), (ENDED,)
    if column.dropna().isin([True, False]).all() and not column.dropna().empty:
        return _issues(frame.assign(**{name: column.astype("boolean")}), name, still_open)
    labels = column.astype("str").where(column.notna())
    issues = tuple(sorted(set(labels.dropna()) - {still_open}))
    ranks = {label: rank + 1 for rank, label in enumerate(issues)} | ({still_open: 0} if still_open else {})
    return labels.map(ranks).fillna(-1).to_numpy().astype(np.intp), issues


def _clusters(frame: pd.DataFrame, name: str | None) -> tuple[Codes | None, tuple[str, ...]]:
    return (None, ()) if name is None else _coded(frame, name)


def _coded(frame: pd.DataFrame, name: str) -> tuple[Codes, tuple[str, ...]]:
    column = _column(frame, name)
    if column.isna().any():
        raise SurveyError(
            f"La colonne « {name} » est vide sur {fr_count(int(column.isna().sum()), 'ligne', 'lignes')} : chaque "
            "durée a son groupe, sa strate et sa grappe. Complétez-la, ou retirez-la du calcul."
        )
    codes, labels = pd.factorize(column, sort=True)
    return codes.astype(np.intp), tuple(str(label) for label in labels)


def _known(frame: pd.DataFrame, *names: str | None) -> pd.Series:
    known: pd.Series = frame[[name for name in names if name is not None]].notna().all(axis=1)
    return known
