"""Means, totals, ratios and shares of a survey, by domains, with the variance of its design.

Every estimate is a function of weighted sums; its variance is that of the total of its influence function (Taylor
linearisation, Binder 1983; Särndal, Swensson and Wretman 1992, section 5.5), taken for all domains in one pass over
the rows. A missing answer leaves the domain: it is counted, never set to zero. Figures are those of R's survey:
svymean, svytotal, svyratio, svyby.

Degrees of freedom of a domain are the primary clusters its answers touch less the strata they touch (Korn and
Graubard 1999, section 5.2; R's degf of a subset): a département with three clusters is not known with the precision
of the country's two thousand. `df` asks for others.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.survey.design import Codes, Domains, Floats, SurveyDesign, SurveyError
from mentorat.survey.intervals import ShareInterval, share_interval
from mentorat.survey.results import ESTIMATES, Estimates
from mentorat.typography import fr_count, fr_text

Names = str | Sequence[str]
Flags = NDArray[np.bool_]
DesignEffect = Literal["avec_remise", "sans_remise"]
"""What the design is compared with: a simple random sample with replacement (R's deff="replace") or without."""

FEW_CLUSTERS = 10
"""Below, an interval's level is no longer assured: variances are estimated on too few clusters (Korn and Graubard)."""


@dataclass(frozen=True)
class Partition:
    """Rows of a sample cut into domains: `labels` has one row a domain and one column a name of `by`."""

    domains: Domains
    labels: pd.DataFrame
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Linearised:
    """Estimates of every domain (arrays of `count`) and the influence (n) of each row on that of its own.

    `spread`: variance of the variable inside the domain, weighted, as R's svyvar (nan under two answers).
    `scale`: what multiplies spread/n to give the variance under simple random sampling (1 for a mean, N² for a total).
    """

    domains: Domains
    estimate: Floats
    influence: Floats
    spread: Floats
    weight: Floats
    scale: Floats
    centred: bool = True


Statistic = Callable[[SurveyDesign, Floats, Domains], Linearised]


@dataclass(frozen=True)
class Request:
    """What is asked of a figure beyond its value."""

    level: float
    df: float | None = None
    design_effect: DesignEffect = "avec_remise"
    interval: ShareInterval | None = None


def survey_mean(
    design: SurveyDesign,
    frame: pd.DataFrame,
    variables: Names,
    *,
    by: Names | None = None,
    level: float = 0.95,
    df: float | None = None,
    design_effect: DesignEffect = "avec_remise",
    covariance: bool = False,
) -> Estimates:
    """Weighted mean Σwy/Σw of each numeric column, over the answered rows of each domain of `by`.

    Influence of a row: (y − ȳ)/Σw. Table: the columns of `by`, `variable`, then ESTIMATES; the interval is
    ȳ ± t(df)·se. Booleans count as 0 and 1; for the share of an answer, `survey_share` has better intervals.

    Raises SurveyError on a missing column, a column of text, one nobody answered, a frame that is not the design's.
    """
    return _estimates(
        _mean, design, frame, _list(variables), by=by, request=Request(level, df, design_effect), covariance=covariance
    )


def survey_total(
    design: SurveyDesign,
    frame: pd.DataFrame,
    variables: Names,
    *,
    by: Names | None = None,
    level: float = 0.95,
    df: float | None = None,
    design_effect: DesignEffect = "avec_remise",
    covariance: bool = False,
) -> Estimates:
    """Total Σwy of each numeric column over the answered rows of each domain; influence of a row: y.

    A missing answer adds nothing, so the total is of those who answered: `n_missing` counts the others. Same table
    and errors as `survey_mean`.
    """
    return _estimates(
        _total, design, frame, _list(variables), by=by, request=Request(level, df, design_effect), covariance=covariance
    )


def survey_ratio(
    design: SurveyDesign,
    frame: pd.DataFrame,
    numerator: str,
    denominator: str,
    *,
    by: Names | None = None,
    level: float = 0.95,
    df: float | None = None,
    covariance: bool = False,
) -> Estimates:
    """Ratio Σwy/Σwx over the rows of each domain where both are known; influence of a row: (y − R x)/Σwx.

    Same table (`variable` reads « numerator/denominator ») and errors as `survey_mean`; a denominator that sums to
    zero gives no ratio, with a warning. The design effect is that of the total of y − R x.
    """
    below = _answers(design, frame, denominator)

    def ratio(design: SurveyDesign, y: Floats, domains: Domains) -> Linearised:
        missing = np.isnan(below)
        return _ratio(design, np.where(missing, 0.0, y), np.where(missing, 0.0, below), domains.without(missing))

    found = _estimates(ratio, design, frame, [numerator], by=by, request=Request(level, df), covariance=covariance)
    return replace(found, table=found.table.assign(variable=f"{numerator}/{denominator}"))


def survey_share(
    design: SurveyDesign,
    frame: pd.DataFrame,
    variable: str,
    *,
    by: Names | None = None,
    level: float = 0.95,
    interval: ShareInterval = "logit",
    df: float | None = None,
    design_effect: DesignEffect = "avec_remise",
    covariance: bool = False,
) -> Estimates:
    """Weighted share (0-1) of each answer of a column, over the answered rows of each domain of `by`.

    A column of booleans, or of 0 and 1, gives the share of true; any other gives one row for each of its values
    (column `modalite`; categories nobody chose are kept). `interval`: see `mentorat.survey.intervals`. Table: the
    columns of `by`, `variable`, `modalite`, then ESTIMATES.

    When everybody or nobody gave an answer the design says nothing of its variance: the interval is then
    Clopper-Pearson's on Kish's effective size, with a warning. Same errors as `survey_mean`.
    """
    levels = list(_levels(design, frame, variable))
    missing = _column(design, frame, variable).isna().to_numpy()
    cut = partition(design, frame, by)
    request = Request(level, df, design_effect, interval)
    found = [_linearised(_mean, design, np.where(missing, nan, chosen), cut) for _, chosen in levels]
    tables = [
        _table(design, one, cut, {"variable": variable, "modalite": label}, request)
        for (label, _), one in zip(levels, found, strict=True)
    ]
    order = np.arange(len(levels) * cut.domains.count).reshape(len(levels), -1).T.ravel()
    return Estimates(
        _stacked(tables).loc[order].reset_index(drop=True),  # the answers of a domain side by side
        level,
        f"part, intervalle {interval}",
        _covariance(design, found)[np.ix_(order, order)] if covariance else None,
        cut.warnings,
    )


def kish_ess(weights: Floats) -> float:
    """Kish's effective sample size (Σw)²/Σw²: what unequal weights alone leave of n (Kish 1965)."""
    given = np.asarray(weights, dtype=np.float64)
    return float(given.sum() ** 2 / np.square(given).sum())


def partition(design: SurveyDesign, frame: pd.DataFrame, by: Names | None) -> Partition:
    """The rows of the design cut by the columns of `by`: the combinations seen, sorted; one domain without `by`.

    A row where one of them is missing is in no domain; a warning counts such rows.
    """
    _same_rows(design, frame)
    if by is None:
        return Partition(Domains(np.zeros(design.n, dtype=np.intp), 1, everything=True), pd.DataFrame(index=range(1)))
    names = _list(by)
    codes, outside = np.zeros(design.n, dtype=np.intp), np.zeros(design.n, dtype=bool)
    values: list[pd.Index] = []
    for name in names:
        found, labels = _coded(_column(design, frame, name))
        outside |= found < 0
        codes = codes * max(1, len(labels)) + found
        values.append(labels)
    if outside.all():
        raise SurveyError(f"La colonne « {names[0]} » est vide partout : aucun domaine à estimer. Complétez-la.")
    cells = int(np.prod([max(1, len(labels)) for labels in values]))
    codes[outside] = cells
    seen = np.flatnonzero(np.bincount(codes, minlength=cells + 1)[:cells])
    rank = np.full(cells + 1, len(seen), dtype=np.intp)
    rank[seen] = np.arange(len(seen))
    places = np.unravel_index(seen, [len(labels) for labels in values])
    labelled = {name: labels.take(place) for name, labels, place in zip(names, values, places, strict=True)}
    warnings: tuple[str, ...] = ()
    if outside.any():
        lost = fr_count(int(outside.sum()), "réponse n'est", "réponses ne sont")
        warnings = (f"{lost} dans aucun domaine : « {' », « '.join(names)} » y manque.",)
    return Partition(Domains(rank[codes], len(seen)), pd.DataFrame(labelled), warnings)


def _coded(column: pd.Series) -> tuple[Codes, pd.Index]:
    """Codes of the sorted values (−1 when missing), and those values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.intp), column.cat.categories
    codes, labels = pd.factorize(column, sort=True)
    return codes.astype(np.intp), pd.Index(labels)


def _mean(design: SurveyDesign, y: Floats, domains: Domains) -> Linearised:
    w = design.weights
    weight = domains.sums(w)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = domains.sums(w * y) / weight
        inverse = 1 / weight
    left = y - domains.at_rows(estimate)
    spread = _spread(design, left, domains, weight)
    return Linearised(domains, estimate, left * domains.at_rows(inverse), spread, weight, np.ones(domains.count))


def _total(design: SurveyDesign, y: Floats, domains: Domains) -> Linearised:
    weight, total = domains.sums(design.weights), domains.sums(design.weights * y)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = y - domains.at_rows(total / weight)
    spread = _spread(design, left, domains, weight)
    return Linearised(domains, total, y, spread, weight, np.square(weight), centred=False)


def _ratio(design: SurveyDesign, y: Floats, x: Floats, domains: Domains) -> Linearised:
    weight, below = domains.sums(design.weights), domains.sums(design.weights * x)
    with np.errstate(invalid="ignore", divide="ignore"):
        inverse = np.where(below != 0, 1 / below, nan)
        estimate = domains.sums(design.weights * y) * inverse
        left = y - domains.at_rows(estimate) * x
        spread = _spread(design, left, domains, weight)
        return Linearised(
            domains, estimate, left * domains.at_rows(inverse), spread, weight, np.square(weight * inverse)
        )


def _spread(design: SurveyDesign, left: Floats, domains: Domains, weight: Floats) -> Floats:
    """n/(n − 1) × Σw·left²/Σw."""
    n = domains.sizes
    with np.errstate(invalid="ignore", divide="ignore"):
        return domains.sums(design.weights * left * left) / weight * n / (n - 1)


def _estimates(
    statistic: Statistic,
    design: SurveyDesign,
    frame: pd.DataFrame,
    variables: list[str],
    *,
    by: Names | None,
    request: Request,
    covariance: bool,
) -> Estimates:
    cut = partition(design, frame, by)
    found = [_linearised(statistic, design, _answers(design, frame, name), cut) for name in variables]
    tables = [_table(design, one, cut, {"variable": name}, request) for name, one in zip(variables, found, strict=True)]
    matrix = _covariance(design, found) if covariance else None
    return Estimates(_stacked(tables), request.level, "linéarisation de Taylor", matrix, cut.warnings)


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def _linearised(statistic: Statistic, design: SurveyDesign, y: Floats, cut: Partition) -> Linearised:
    """The statistic over the answered rows (`y`, n, nan where missing) of each domain."""
    if np.isfinite(y.sum()):  # one pass tells that nothing is missing
        return statistic(design, y, cut.domains)
    missing = np.isnan(y)
    return statistic(design, np.where(missing, 0.0, y), cut.domains.without(missing))


def _covariance(design: SurveyDesign, found: Sequence[Linearised]) -> Floats:
    """Rows in the order of the table: all domains of the first variable, then of the second.

    A row that answered one question and not another has no influence on the second: each keeps its own domains.
    """
    count = found[0].domains.count
    codes = np.minimum.reduce([one.domains.codes for one in found])
    influence = [np.where(one.domains.codes < count, one.influence, 0.0) for one in found]
    return design.domain_covariance(np.stack(influence, axis=1), Domains(codes, count))


def _table(
    design: SurveyDesign, found: Linearised, cut: Partition, names: Mapping[str, object], request: Request
) -> pd.DataFrame:
    """One row a domain: its labels, `names` (the variable first), then ESTIMATES."""
    domains = found.domains
    n, asked = domains.sizes, cut.domains.sizes
    if not n.any():
        raise SurveyError(
            f"Personne n'a répondu à « {names['variable']} » dans les domaines demandés. Retirez cette colonne, ou vérifiez sa "
            "lecture."
        )
    clusters, free = touched(design, domains)
    known = (n > 0) & np.isfinite(found.estimate)
    # One cluster: the deviations from its own mean add to zero, which is not a variance of zero.
    single = known & found.centred & (clusters < 2) & bool(design.layers[0].multiplier.any())
    variance = np.where(known & ~single, design.domain_variances(found.influence, domains), nan)
    df = np.maximum(free, 1.0) if request.df is None else np.full(domains.count, float(request.df))
    constant = known & ~(found.spread > 0)
    if request.interval is None:
        half = np.where(constant & found.centred, nan, stats.t.ppf(0.5 + request.level / 2, df) * np.sqrt(variance))
        low, high = found.estimate - half, found.estimate + half
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            kish = np.square(found.weight) / domains.sums(np.square(design.weights))
        low, high = share_interval(
            request.interval, found.estimate, variance, n=n, df=df, level=request.level, kish=kish
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        deff = variance / np.where(constant, nan, found.spread * found.scale / n)
        ess = n / np.where(deff > 0, deff, nan)
        if request.design_effect == "sans_remise":
            deff = np.where(found.weight > n, deff / (1 - n / found.weight), nan)
    counts = (column.astype(int) for column in (n, asked - n, clusters))
    columns = (found.estimate, np.sqrt(variance), low, high, df, *counts, deff, ess)
    told = _warnings(n, clusters, single, constant & found.centred, known, share=request.interval is not None)
    labels = {str(name): cut.labels[name] for name in cut.labels}
    named = {name: [label] * domains.count for name, label in names.items()}
    return pd.DataFrame(labels | named | dict(zip(ESTIMATES, (*columns, told), strict=True)))


def touched(design: SurveyDesign, domains: Domains) -> tuple[Floats, Floats]:
    """For each domain, the primary clusters that its rows touch, and these less the strata that they touch."""
    layer = design.layers[0]
    if domains.everything:
        return np.array([float(layer.size)]), np.array([float(design.degrees_of_freedom)])
    clusters, strata = np.zeros(domains.count), np.zeros(domains.count)
    for place, block in domains.blocks(layer.size):
        present = (block.within(layer) > 0).astype(np.float64)
        clusters[place] = present.sum(axis=0)
        strata[place] = (layer.strata_sums @ present > 0).sum(axis=0)
    return clusters, clusters - strata


def _warnings(n: Floats, clusters: Floats, single: Flags, constant: Flags, known: Flags, *, share: bool) -> list[str]:
    """What to say of each domain, in French; the flags are those of `_table`."""
    same = (
        "Réponse unanime : le plan ne dit rien de sa variance, l'intervalle est exact sur la taille efficace de Kish "
        "et ignore les grappes."
        if share
        else "Toutes les réponses sont identiques : l'intervalle n'est pas estimable."
    )
    told = []
    for answers, reached, lone, unanimous, exists in zip(n, clusters, single, constant, known, strict=True):
        said = []
        if answers == 0:
            said.append("Aucune réponse : rien n'est estimé.")
        elif not exists:
            said.append("Le dénominateur est nul : le rapport n'existe pas.")
        elif lone:
            said.append("Une seule grappe a répondu : l'erreur type n'est pas estimable.")
        elif reached < FEW_CLUSTERS:
            said.append(f"{fr_count(reached, 'grappe', 'grappes')} seulement : l'intervalle est fragile.")
        if unanimous and (share or not lone):
            said.append(same)
        told.append(fr_text(" ".join(said)) if said else "")
    return told


def _levels(design: SurveyDesign, frame: pd.DataFrame, variable: str) -> Iterator[tuple[object, Flags]]:
    column = _column(design, frame, variable)
    if column.isna().all():
        raise SurveyError(f"Personne n'a répondu à « {variable} ». Retirez cette colonne, ou vérifiez sa lecture.")
    numeric = pd.api.types.is_numeric_dtype(column)
    if numeric and set(column.dropna().unique()) <= {0, 1}:
        yield True, column.fillna(0).to_numpy(dtype=np.float64) == 1
        return
    codes, labels = _coded(column)
    for rank, label in enumerate(labels):
        yield label, codes == rank


def _answers(design: SurveyDesign, frame: pd.DataFrame, name: str) -> Floats:
    """A column as numbers, missing answers as nan."""
    column = _column(design, frame, name)
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
        raise SurveyError(
            f"La colonne « {name} » contient du texte : sa moyenne n'a pas de sens. Demandez la part de chaque "
            "réponse, ou donnez des nombres."
        )
    values: Floats
    values = column.to_numpy() if column.dtype == np.float64 else column.to_numpy(dtype=np.float64, na_value=nan)
    if not np.isfinite(values.sum()) and np.isinf(values).any():
        raise SurveyError(f"La colonne « {name} » est infinie sur {int(np.isinf(values).sum())} ligne(s). Corrigez-la.")
    return values


def _column(design: SurveyDesign, frame: pd.DataFrame, name: str) -> pd.Series:
    _same_rows(design, frame)
    if name not in frame.columns:
        raise SurveyError(f"La colonne « {name} » manque dans l'échantillon. Vérifiez son nom.")
    return frame[name]


def _same_rows(design: SurveyDesign, frame: pd.DataFrame) -> None:
    if len(frame) != design.n:
        raise SurveyError(
            f"L'échantillon compte {len(frame)} lignes et le plan de sondage {design.n} : le plan se construit sur les "
            "mêmes lignes. Un domaine s'isole par « by », jamais en coupant le tableau."
        )


def _list(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
