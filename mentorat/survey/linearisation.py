"""Linearised statistics of a sample cut into domains: what the estimators share.

A statistic gives, for every domain at once, its estimate and the influence of each row on the estimate of its own
domain; `domain_table` makes of them the rows that users read. A missing answer leaves the domain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.survey.design import Codes, Domains, Floats, SurveyDesign, SurveyError
from mentorat.survey.intervals import ShareInterval, share_interval
from mentorat.survey.results import ESTIMATES
from mentorat.survey.thresholds import FEW_CLUSTERS
from mentorat.typography import fr_count, fr_text

Names = str | Sequence[str]
Flags = NDArray[np.bool_]
DesignEffect = Literal["avec_remise", "sans_remise"]
"""What the design is compared with: a simple random sample with replacement (R's deff="replace") or without."""

ROUNDING = 1e-24
"""Square of the relative spread under which answers are the same number."""
NO_VARIANCE = 1e-20
"""Share of the variance of independent answers under which a design's variance is the rounding of zero."""


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

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise SurveyError("Le niveau de confiance se donne entre 0 et 1 : 0,95 pour 95 %. Corrigez-le.")
        if self.df is not None and not self.df > 0:
            raise SurveyError("Les degrés de liberté sont un nombre positif. Corrigez-les, ou laissez ceux du plan.")


def partition(design: SurveyDesign, frame: pd.DataFrame, by: Names | None) -> Partition:
    """The rows of the design cut by the columns of `by`: the combinations seen, sorted; one domain without `by`.

    A row where one of them is missing is in no domain; a warning counts such rows.
    """
    _same_rows(design, frame)
    if by is None:
        return Partition(Domains(np.zeros(design.n, dtype=np.intp), 1, everything=True), pd.DataFrame(index=range(1)))
    names = listed(by)
    codes, outside = np.zeros(design.n, dtype=np.intp), np.zeros(design.n, dtype=bool)
    values: list[pd.Index] = []
    for name in names:
        found, labels = coded(column_of(design, frame, name))
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


def coded(column: pd.Series) -> tuple[Codes, pd.Index]:
    """Codes of the sorted values (−1 when missing), and those values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.intp), column.cat.categories
    codes, labels = pd.factorize(column, sort=True)
    return codes.astype(np.intp), pd.Index(labels)


def mean_of(design: SurveyDesign, y: Floats, domains: Domains) -> Linearised:
    """Weighted mean ȳ = Σwy/Σw of `y` (n, any value outside the domains); influence (y − ȳ)/Σw."""
    w = design.weights
    weight = domains.sums(w)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = domains.sums(w * y) / weight
        inverse = 1 / weight
    left = y - domains.at_rows(estimate)
    spread = _spread(design, left, domains, weight, estimate)
    return Linearised(domains, estimate, left * domains.at_rows(inverse), spread, weight, np.ones(domains.count))


def total_of(design: SurveyDesign, y: Floats, domains: Domains) -> Linearised:
    """Total Σwy; influence y."""
    weight, total = domains.sums(design.weights), domains.sums(design.weights * y)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / weight
    left = y - domains.at_rows(mean)
    spread = _spread(design, left, domains, weight, mean)
    return Linearised(domains, total, y, spread, weight, np.square(weight), centred=False)


def ratio_of(design: SurveyDesign, y: Floats, x: Floats, domains: Domains) -> Linearised:
    """Ratio R = Σwy/Σwx; influence (y − Rx)/Σwx."""
    weight, below = domains.sums(design.weights), domains.sums(design.weights * x)
    with np.errstate(invalid="ignore", divide="ignore"):
        inverse = np.where(below != 0, 1 / below, nan)
        estimate = domains.sums(design.weights * y) * inverse
        left = y - domains.at_rows(estimate) * x
        spread = _spread(design, left, domains, weight, estimate * below / weight)
        return Linearised(
            domains, estimate, left * domains.at_rows(inverse), spread, weight, np.square(weight * inverse)
        )


def _spread(design: SurveyDesign, left: Floats, domains: Domains, weight: Floats, centre: Floats) -> Floats:
    """n/(n − 1) × Σw·left²/Σw; exactly 0 where it is the rounding of answers that are all `centre`."""
    n = domains.sizes
    with np.errstate(invalid="ignore", divide="ignore"):
        found = domains.sums(design.weights * left * left) / weight * n / (n - 1)
    return np.where(found <= ROUNDING * np.square(centre), 0.0, found)


def stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all tables, in order."""
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def linearised(statistic: Statistic, design: SurveyDesign, y: Floats, cut: Partition) -> Linearised:
    """The statistic over the answered rows (`y`, n, nan where missing) of each domain."""
    if np.isfinite(y.sum()):  # one pass tells that nothing is missing
        return statistic(design, y, cut.domains)
    missing = np.isnan(y)
    return statistic(design, np.where(missing, 0.0, y), cut.domains.without(missing))


def covariance_of(design: SurveyDesign, found: Sequence[Linearised]) -> Floats:
    """Rows in the order of the table: all domains of the first variable, then of the second.

    A row that answered one question and not another has no influence on the second: each keeps its own domains.
    """
    count = found[0].domains.count
    codes = np.minimum.reduce([one.domains.codes for one in found])
    influence = [np.where(one.domains.codes < count, one.influence, 0.0) for one in found]
    return design.domain_covariance(np.stack(influence, axis=1), Domains(codes, count))


def domain_table(
    design: SurveyDesign, found: Linearised, cut: Partition, names: Mapping[str, object], request: Request
) -> pd.DataFrame:
    """One row a domain: its labels, `names` (the variable first), then ESTIMATES."""
    domains = found.domains
    n, asked = domains.sizes, cut.domains.sizes
    if not n.any():
        raise SurveyError(
            f"Personne n'a répondu à « {names['variable']} » dans les domaines demandés. Retirez cette colonne, ou "
            "vérifiez sa lecture."
        )
    clusters, free = touched(design, domains)
    known = (n > 0) & np.isfinite(found.estimate)
    # One cluster: the deviations from its own mean add to zero, which is not a variance of zero.
    single = known & found.centred & (clusters < 2) & bool(design.layers[0].multiplier.any())
    constant = known & ~(found.spread > 0)
    variance = np.where(known & ~single, design.domain_variances(found.influence, domains), nan)
    variance = np.where(constant & found.centred & ~single, 0.0, variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        independent = np.where(constant, nan, found.spread * found.scale / n)
    # Clusters that agree by chance leave no variance: an interval of one point would claim to know the figure exactly.
    agreed = known & _varies(design) & (variance <= NO_VARIANCE * independent)
    df = np.maximum(free, 1.0) if request.df is None else np.full(domains.count, float(request.df))
    if request.interval is None:
        half = np.where(constant & found.centred, nan, stats.t.ppf(0.5 + request.level / 2, df) * np.sqrt(variance))
        low, high = found.estimate - half, found.estimate + half
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            kish = np.square(found.weight) / domains.sums(np.square(design.weights))
        low, high = share_interval(
            request.interval, found.estimate, variance, n=n, df=df, level=request.level, kish=kish
        )
    low, high = (np.where(agreed, nan, bound) for bound in (low, high))
    with np.errstate(invalid="ignore", divide="ignore"):
        deff = variance / independent
        ess = n / np.where(deff > 0, deff, nan)
        if request.design_effect == "sans_remise":
            deff = np.where(found.weight > n, deff / (1 - n / found.weight), nan)
    counts = (column.astype(int) for column in (n, asked - n, clusters))
    columns = (found.estimate, np.sqrt(variance), low, high, df, *counts, deff, ess)
    told = _warnings(
        n, clusters, known & np.isnan(variance), constant & found.centred, known, share=request.interval is not None
    )
    told = _added(told, agreed, "Les grappes ne diffèrent pas entre elles : l'intervalle n'est pas estimable.")
    if request.df is None:
        lost = (free < 1) & ~agreed & (variance > 0)
        told = _added(
            told, lost, "Aucun degré de liberté (une grappe par strate) : l'intervalle est pris avec un seul."
        )
    labels = {str(name): cut.labels[name] for name in cut.labels}
    named = {name: [label] * domains.count for name, label in names.items()}
    if request.design_effect == "sans_remise":
        census = known & (found.weight <= n)
        small = "Effet de plan sans remise indéfini : la somme des poids ne dépasse pas le nombre de réponses."
        told = _added(told, census, small)
    return pd.DataFrame(labels | named | dict(zip(ESTIMATES, (*columns, told), strict=True)))


def _varies(design: SurveyDesign) -> bool:
    """Whether a variance of zero is chance: neither a census, nor strata held as certain, nor a calibration margin."""
    layer = design.layers[0]
    certain = design.lonely_psu == "certitude" and bool(layer.alone.any())
    return bool(layer.multiplier.any()) and not certain and not design.calibrations


def _added(told: list[str], where: Flags, sentence: str) -> list[str]:
    """`told` with one more sentence for the domains of `where`."""
    return [f"{said} {fr_text(sentence)}".strip() if one else said for said, one in zip(told, where, strict=True)]


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
    """What to say of each domain, in French; `single` ones have no variance."""
    same = (
        "Réponse unanime : le plan ne dit rien de sa variance, l'intervalle est exact sur la taille efficace de Kish "
        "et ignore les grappes."
        if share
        else "Toutes les réponses sont identiques : l'intervalle n'est pas estimable."
    )
    told = []
    for replies, reached, lone, unanimous, exists in zip(n, clusters, single, constant, known, strict=True):
        said = []
        if replies == 0:
            said.append("Aucune réponse : rien n'est estimé.")
        elif not exists:
            said.append("Le dénominateur est nul : le rapport n'existe pas.")
        elif lone:
            few = "Une seule grappe a répondu" if reached < 2 else "Une seule grappe a répondu dans chaque strate"
            said.append(f"{few} : l'erreur type n'est pas estimable.")
        elif reached < FEW_CLUSTERS:
            said.append(f"{fr_count(reached, 'grappe', 'grappes')} seulement : l'intervalle est fragile.")
        if unanimous and (share or not lone):
            said.append(same)
        told.append(fr_text(" ".join(said)) if said else "")
    return told


def answers(design: SurveyDesign, frame: pd.DataFrame, name: str) -> Floats:
    """A column as numbers, missing answers as nan."""
    column = column_of(design, frame, name)
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


def column_of(design: SurveyDesign, frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of a frame that has the design's rows."""
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


def listed(names: Names) -> list[str]:
    """One name or several, as a list."""
    return [names] if isinstance(names, str) else list(names)
