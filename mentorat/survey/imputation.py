"""Multiple imputation by chained equations, with treatment, outcomes and clusters among the predictors.

Each incomplete item in turn is regressed on all the others, parameters are drawn from their posterior, and missing
answers are drawn given them (van Buuren and Groothuis-Oudshoorn 2011, J. Stat. Software 45(3)); m chains run side by
side as one more axis of the arrays, so that no loop runs over rows or chains.

- numbers and ordered scales: predictive mean matching (the 5 nearest, drawn against estimated means), so that only
  answers that exist are imputed; `continu`: Bayesian linear regression;
- two answers: logistic regression; unordered categories: multinomial logit. Coefficients are drawn from the normal
  approximation of their posterior under the weak prior N(0, 2.5²) on standardised predictors (Gelman et al. 2008),
  which keeps them finite when a group answered all alike;
- cluster: the best linear prediction of the cluster's mean deviation on the item, from the answers of the others of the
  cluster (never one's own). Structures hold about five respondents: a fixed effect each would leave nothing
  to estimate and overstates the variance between them (Andridge 2011, Biometrical Journal 53:57-74), leaving them out
  understates it.

The treatment is never imputed. Rows are drawn in the order of their contents and items in that of their missing
answers, then names: the order of rows and columns changes nothing. Weights, when they tell about answers, go among
the covariates.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.survey.answers import Booleans, arm_of, column, numbers, refuse_flat
from mentorat.survey.design import Codes, SurveyError
from mentorat.typography import fr_number, fr_percent, fr_text

Floats = NDArray[np.float64]
Kind = Literal["binaire", "ordonnee", "nominale", "nombre", "continu"]
"""How an item is imputed: logistic, matching (ordered scale), multinomial, matching (number), linear regression."""

IMPUTATIONS = 20
CYCLES = 10
DONORS = 5
PRIOR_SCALE = 2.5
"""Standard deviation of the prior of a logistic coefficient, predictors in units of theirs."""
RIDGE = 1e-5
"""Of the diagonal of X'X in linear regressions (mice's): repeated predictors are harmless."""
CACHED = 100_000
"""Cells of predictors treated at once in a search: 0.8 MB."""
MOST_LEVELS = 12
MUCH_MISSING = 0.5
"""Share of missing answers above which an imputed item is told to rest on the model."""
UNSETTLED = 1.2
"""R-hat of the chains' means above which they are told not to have settled (Gelman and Rubin 1992)."""


@dataclass(frozen=True)
class Shift:
    """Departure from « missing at random » for the missing answers of one arm (delta adjustment).

    `delta` is added to the linear predictor: log-odds for two answers, units of the item for numbers and scales.
    """

    delta: float
    arm: bool = True


@dataclass(frozen=True)
class Imputations:
    """`m` completed copies of the answers.

    `frame`: as received; `filled`: for each incomplete item the imputed answers, m × missing rows (in the order of
    `frame`), as stored in it; `trace`: item, cycle, imputation, moyenne, ecart_type of the imputed answers (codes for
    categories); `convergence`: item, manquants, part_manquante, r_hat; `warnings`: French sentences.
    """

    frame: pd.DataFrame
    filled: Mapping[str, NDArray[np.object_]]
    m: int
    seed: int
    trace: pd.DataFrame
    convergence: pd.DataFrame
    warnings: tuple[str, ...]

    def completed(self, rank: int) -> pd.DataFrame:
        """Copy number `rank` (from 0): the types of the columns are those received."""
        found = self.frame.copy()
        for name, values in self.filled.items():
            received = self.frame[name]
            whole = received.astype("object").to_numpy(copy=True)
            whole[received.isna().to_numpy()] = values[rank]
            found[name] = pd.Series(whole, index=received.index).astype(received.dtype)
        return found

    def numbers(self, name: str) -> Floats:
        """An item in every copy, as numbers (m × n): quicker than whole copies where one column is enough."""
        whole = np.tile(numbers(self.frame, name), (self.m, 1))
        if name in self.filled:
            missing = self.frame[name].isna().to_numpy()
            filled = pd.DataFrame({name: self.filled[name].ravel()}).astype(self.frame[name].dtype)
            whole[:, missing] = numbers(filled, name).reshape(self.m, -1)
        return whole

    def __iter__(self) -> Iterator[pd.DataFrame]:
        return (self.completed(rank) for rank in range(self.m))

    def __len__(self) -> int:
        return self.m

    def __getitem__(self, rank: int) -> pd.DataFrame:
        if not 0 <= rank < self.m:
            raise IndexError(rank)
        return self.completed(rank)


@dataclass
class _Item:
    """An incomplete or complete item as the chains see it: answers m × n, as numbers or codes of its levels."""

    name: str
    kind: Kind
    missing: Booleans
    answers: Floats
    levels: NDArray[np.object_] | None
    starts: Floats | None = None
    """Coefficients of the last cycle, where the next search begins."""
    cluster: Floats | None = None
    """The cluster's deviation on the item (n), from the answers of its others."""
    columns: list[int] = field(default_factory=list)
    """Where the item sits among the predictors."""


def imputation_seed(campagne: int, items: Iterable[str]) -> int:
    """The seed of a campagne and a set of items: the same on every machine, whatever the order of the items."""
    text = "|".join([str(campagne), *sorted(items)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def kind_of(answers: pd.Series) -> Kind:
    """How an item is imputed, from the type of its column and its answers."""
    known = answers.dropna()
    if isinstance(answers.dtype, pd.CategoricalDtype) and answers.cat.ordered and known.nunique() > 2:
        return "ordonnee"
    if known.nunique() <= 2:
        return "binaire"
    return "nombre" if pd.api.types.is_numeric_dtype(known.infer_objects()) else "nominale"


def impute(
    frame: pd.DataFrame,
    items: Sequence[str] | Mapping[str, Kind],
    treatment: str,
    *,
    seed: int,
    cluster: str | None = None,
    covariates: Sequence[str] = (),
    m: int = IMPUTATIONS,
    cycles: int = CYCLES,
    shifts: Mapping[str, Shift] | None = None,
) -> Imputations:
    """`m` completed copies of `items`, each predicted by treatment, cluster, covariates and the other items.

    `items`: names, or the kind of each (`kind_of` otherwise). `covariates` and `treatment` have no missing value: a
    covariate that has some is an item. `seed`: see `imputation_seed`. `shifts`: items whose missing answers depart from
    « missing at random ». Items without missing answers predict the others.

    Raises SurveyError: an item answered by nobody, by nobody in a group, or by all alike; more than 12 unordered
    categories; text in a number; a covariate, treatment or cluster with a missing value; fewer answers than predictors.
    """
    if m < 2 or cycles < 1:
        raise SurveyError("Il faut au moins deux imputations et un cycle ; 20 et 10 conviennent d'ordinaire.")
    asked = {name: column(frame, name) for name in items}
    kinds = {name: items[name] if isinstance(items, Mapping) else kind_of(answers) for name, answers in asked.items()}
    arm = arm_of(frame, treatment)
    _check_roles(kinds, treatment, cluster, covariates, shifts or {})
    fixed = _fixed_predictors(frame, sorted(covariates), arm)
    groups = None if cluster is None else _cluster_codes(frame, cluster)
    order = _canonical_order(frame, [*sorted(kinds), *sorted(covariates), treatment, *([cluster] if cluster else [])])
    arm, fixed, groups = arm[order], fixed[order], None if groups is None else groups[order]
    ordered = frame.iloc[order]
    rng = np.random.default_rng(seed)
    chain = [_item(ordered[name], kinds[name], arm, m) for name in sorted(kinds)]
    chain.sort(key=lambda item: (int(item.missing.sum()), item.name))
    incomplete = [item for item in chain if item.missing.any()]
    for item in incomplete:
        item.cluster = None if groups is None else _cluster_deviation(item, groups, arm)
        _start(item, rng)
    predictors = _predictors(chain, fixed, m)
    _check_sizes(incomplete, predictors.shape[2])
    trace: list[tuple[str, int, Floats, Floats]] = []
    for cycle in range(1, cycles + 1):
        for item in incomplete:
            _draw(item, predictors, _offset(item, arm, shifts or {}), rng)
            predictors[:, :, item.columns] = _columns_of(item)
            drawn = item.answers[:, item.missing]
            trace.append((item.name, cycle, drawn.mean(axis=1), drawn.std(axis=1)))
    back = np.argsort(order)
    filled = {item.name: _as_received(item, frame[item.name], back) for item in incomplete}
    told = _trace_table(trace)
    convergence = _convergence(incomplete, told, cycles)
    return Imputations(frame, filled, m, seed, told, convergence, _warnings(convergence))


# Preparation


def _check_roles(
    kinds: Mapping[str, Kind],
    treatment: str,
    cluster: str | None,
    covariates: Sequence[str],
    shifts: Mapping[str, Shift],
) -> None:
    if not kinds:
        raise SurveyError("Aucun item n'est donné : dites lesquels compléter.")
    for name in (treatment, *([cluster] if cluster else [])):
        if name in kinds or name in covariates:
            raise SurveyError(f"La colonne « {name} » ne s'impute pas : retirez-la des items et des covariables.")
    for name in covariates:
        if name in kinds:
            raise SurveyError(f"« {name} » est à la fois un item et une covariable : choisissez.")
    for name in shifts:
        if name not in kinds:
            raise SurveyError(f"Le décalage porte sur « {name} », qui n'est pas un item à compléter. Corrigez le nom.")
        if kinds[name] == "nominale":
            raise SurveyError(
                f"« {name} » n'a pas d'ordre : un décalage n'y a pas de sens. Regroupez en deux réponses."
            )


def _fixed_predictors(frame: pd.DataFrame, covariates: Sequence[str], arm: Booleans) -> Floats:
    """Treatment and covariates (n × k), standardised; categories as indicators; columns without variation dropped."""
    parts = [arm.astype(np.float64)[:, None]]
    for name in covariates:
        values = column(frame, name)
        if values.isna().any():
            raise SurveyError(
                f"La covariable « {name} » est vide sur {int(values.isna().sum())} ligne(s). Comptez-la parmi les "
                "items, ou retirez-la."
            )
        if kind_of(values) == "nominale" or not pd.api.types.is_numeric_dtype(values):
            codes, levels = pd.factorize(values, sort=True)
            parts.append(np.eye(len(levels))[codes][:, 1:])
        else:
            parts.append(numbers(frame, name)[:, None])
    stacked = np.concatenate(parts, axis=1)
    spread = stacked.std(axis=0)
    kept = stacked[:, spread > 0]
    found: Floats = (kept - kept.mean(axis=0)) / spread[spread > 0]
    return found


def _cluster_codes(frame: pd.DataFrame, cluster: str) -> Codes:
    values = column(frame, cluster)
    if values.isna().any():
        raise SurveyError(
            f"La colonne « {cluster} » (grappe) est vide sur {int(values.isna().sum())} ligne(s) : complétez-la, par "
            "exemple par le répondant lui-même."
        )
    codes: Codes = pd.factorize(values, sort=True)[0].astype(np.intp)
    return codes


def _canonical_order(frame: pd.DataFrame, names: Sequence[str]) -> Codes:
    """Rows in the order of their contents; rows alike in all are interchangeable."""
    keys = [pd.factorize(frame[name], sort=True)[0] for name in reversed(names)]
    order: Codes = np.lexsort(keys).astype(np.intp)
    return order


def _item(answers: pd.Series, kind: Kind, arm: Booleans, m: int) -> _Item:
    refuse_flat(answers)
    name, missing = str(answers.name), answers.isna().to_numpy()
    for group, label in ((arm, "mentorés"), (~arm, "non mentorés")):
        if missing[group].all():
            raise SurveyError(
                f"Aucun des jeunes {label} n'a répondu à l'item « {name} » : rien ne permet de l'imputer. Retirez-le."
            )
    levels = None
    if kind in ("binaire", "nominale"):
        codes, found = pd.factorize(answers, sort=True)
        levels = np.asarray(found, dtype=object)
        if kind == "binaire" and len(levels) > 2:
            raise SurveyError(f"L'item « {name} » a plus de deux réponses : déclarez-le ordonné ou nominal.")
        if len(levels) > MOST_LEVELS:
            raise SurveyError(
                f"L'item « {name} » a {len(levels)} modalités, plus de {MOST_LEVELS} : regroupez-les, ou déclarez-le "
                "ordonné."
            )
        values = codes.astype(np.float64)
    else:
        values = numbers(answers.to_frame(), name)
    return _Item(name, kind, missing, np.broadcast_to(np.where(missing, 0.0, values), (m, len(values))).copy(), levels)


def _cluster_deviation(item: _Item, groups: Codes, arm: Booleans) -> Floats | None:
    """Best linear prediction of the cluster's deviation from the means of the groups, by the answers of its others.

    With correlation ρ inside clusters (one-way analysis of variance, at most 0.5) and s others who answered, it is
    ρ Σ(others' deviations)/(1 + (s − 1)ρ). None where ρ is not positive: clusters then tell nothing. Answers that are
    categories are taken as codes; unordered ones have none.
    """
    if item.kind == "nominale":
        return None
    known, y = ~item.missing, item.answers[0]
    deviation = np.zeros(len(y))
    for group in (arm, ~arm):
        inside = group & known
        deviation[inside] = y[inside] - y[inside].mean()
    size = np.bincount(groups, weights=known)
    total = np.bincount(groups, weights=deviation)
    met = size > 0
    n, k = size.sum(), int(met.sum())
    if k < 2 or n <= k:
        return None
    between = (total[met] ** 2 / size[met]).sum() / (k - 1)
    within = ((deviation**2).sum() - (total[met] ** 2 / size[met]).sum()) / (n - k)
    typical = (n - (size**2).sum() / n) / (k - 1)
    rho = min((between - within) / (between + (typical - 1) * within), 0.5)
    if not rho > 0:
        return None
    others, of = total[groups] - deviation, size[groups] - known
    found: Floats = rho * others / (1 + np.maximum(of - 1, 0) * rho)
    return found / found.std() if found.std() > 0 else None


def _start(item: _Item, rng: np.random.Generator) -> None:
    """Missing answers begin as answers drawn from those given."""
    observed = item.answers[0, ~item.missing]
    item.answers[:, item.missing] = rng.choice(observed, size=(len(item.answers), int(item.missing.sum())))


def _columns_of(item: _Item) -> Floats:
    """Predictors an item makes (m × n × c): its number standardised on the answers given, or its levels but one."""
    known = item.answers[0, ~item.missing]
    if item.kind == "nominale" and item.levels is not None:
        found: Floats = (item.answers[:, :, None] == np.arange(1, len(item.levels))).astype(np.float64)
        return found
    scaled: Floats = ((item.answers - known.mean()) / known.std())[:, :, None]
    return scaled


def _predictors(chain: Sequence[_Item], fixed: Floats, m: int) -> Floats:
    """Constant, fixed predictors and items side by side: m × n × k."""
    n = len(fixed)
    parts = [np.ones((m, n, 1)), np.broadcast_to(fixed, (m, *fixed.shape))]
    width = 1 + fixed.shape[1]
    for item in chain:
        made = _columns_of(item)
        item.columns = list(range(width, width + made.shape[2]))
        width += made.shape[2]
        parts.append(made)
    return np.concatenate(parts, axis=2)


def _check_sizes(incomplete: Sequence[_Item], width: int) -> None:
    for item in incomplete:
        answered, used = int((~item.missing).sum()), width - len(item.columns) + (item.cluster is not None)
        if answered <= used + 2:
            raise SurveyError(
                f"L'item « {item.name} » a {fr_number(answered)} réponses pour {fr_number(used)} prédicteurs : donnez "
                "moins d'items ou de covariables à la fois."
            )


def _offset(item: _Item, arm: Booleans, shifts: Mapping[str, Shift]) -> Floats:
    """What is added to the linear predictor of each missing answer of the item."""
    shift = shifts.get(item.name)
    inside = arm[item.missing]
    return np.zeros(len(inside)) if shift is None else np.where(inside == shift.arm, shift.delta, 0.0)


# Draws


def _draw(item: _Item, predictors: Floats, offset: Floats, rng: np.random.Generator) -> None:
    """New missing answers of the item in every chain."""
    kept = np.delete(np.arange(predictors.shape[2]), item.columns)
    known = ~item.missing
    x, new = (_rows(predictors, np.flatnonzero(rows), kept, item.cluster) for rows in (known, item.missing))
    y = item.answers[0, known]
    if item.kind == "binaire":
        beta = _posterior_logit(x, y[:, None], item, rng)[:, :, 0]
        positive = _expit((new @ beta[:, :, None])[:, :, 0] + offset)
        item.answers[:, item.missing] = rng.random(positive.shape) < positive
    elif item.kind == "nominale" and item.levels is not None:
        indicators = (y[:, None] == np.arange(1, len(item.levels))).astype(np.float64)
        beta = _posterior_logit(x, indicators, item, rng)
        cumulated = np.cumsum(_softmax(new @ beta), axis=2)
        item.answers[:, item.missing] = (rng.random(cumulated.shape[:2])[:, :, None] > cumulated).sum(axis=2)
    else:
        estimated, drawn, sigma = _posterior_linear(x, y, rng)
        mean = (new @ drawn[:, :, None])[:, :, 0] + offset
        if item.kind == "continu":
            item.answers[:, item.missing] = mean + sigma[:, None] * rng.normal(size=mean.shape)
        else:
            item.answers[:, item.missing] = _matched((x @ estimated[:, :, None])[:, :, 0], mean, y, rng)


def _rows(predictors: Floats, rows: Codes, kept: Codes, cluster: Floats | None) -> Floats:
    """Those rows and columns of the predictors, the cluster's deviation last.

    Laid out row by row: fancy indices alone would leave an order that matrix products cannot use.
    """
    width = len(kept)
    found = np.empty((len(predictors), len(rows), width + (cluster is not None)))
    found[:, :, :width] = predictors[:, rows[:, None], kept]
    if cluster is not None:
        found[:, :, width] = cluster[rows]
    return found


def _posterior_linear(x: Floats, y: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Least squares of y (n) on x (m × n × k): estimated and drawn coefficients (m × k) and drawn σ (m).

    σ² ~ RSS/χ²(n − k), β ~ N(β̂, σ²(X'X)⁻¹) (Rubin 1987, page 167).
    """
    m, n, k = x.shape
    gram = np.matmul(x.transpose(0, 2, 1), x)
    gram[:, np.arange(k), np.arange(k)] *= 1 + RIDGE
    estimated = np.linalg.solve(gram, np.einsum("mnk,n->mk", x, y)[:, :, None])[:, :, 0]
    rest = y - (x @ estimated[:, :, None])[:, :, 0]
    sigma = np.sqrt((rest**2).sum(axis=1) / rng.chisquare(n - k, size=m))
    noise = _normal_with_precision(gram, rng)
    return estimated, estimated + sigma[:, None] * noise, sigma


def _normal_with_precision(precision: Floats, rng: np.random.Generator) -> Floats:
    """Draws N(0, P⁻¹), one a matrix (m × k): L'⁻¹ z with P = LL'."""
    root = np.linalg.cholesky(precision)
    noise = rng.normal(size=precision.shape[:2])
    found: Floats = np.linalg.solve(root.transpose(0, 2, 1), noise[:, :, None])[:, :, 0]
    return found


def _posterior_logit(x: Floats, y: Floats, item: _Item, rng: np.random.Generator) -> Floats:
    """Drawn coefficients (m × k × c) of a multinomial logit of indicators y (n × c; c = 1: logistic) on x (m × n × k).

    Newton on the posterior with prior N(0, 2.5²) (10² for the constant), from the coefficients of the last cycle.
    """
    m, n, k = x.shape
    c = y.shape[1]
    prior = np.full(k, PRIOR_SCALE**-2)
    prior[0] = 10.0**-2
    precision = np.tile(prior, c)
    beta = np.zeros((m, c * k)) if item.starts is None else item.starts
    # As many chains at once as stay in a processor's cache: it spares a third of the search at 3 000 rows.
    step_size = max(1, CACHED // (n * k))
    chains = [slice(start, start + step_size) for start in range(0, m, step_size)]
    for _ in range(50):
        gradient, information = np.empty((m, c * k)), np.empty((m, c * k, c * k))
        for part in chains:
            _newton_parts(x[part], y, beta[part], gradient[part], information[part])
        gradient -= precision * beta
        information[:, np.arange(c * k), np.arange(c * k)] += precision
        step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        beta = beta + step * np.minimum(1.0, 2.0 / np.maximum(np.abs(step).max(axis=1), 1e-12))[:, None]
        # The next step would be the square of this one: far below the noise drawn around the mode.
        if np.abs(step).max() < 1e-3:
            break
    item.starts = beta
    return (beta + _normal_with_precision(information, rng)).reshape(m, c, k).transpose(0, 2, 1)


def _newton_parts(x: Floats, y: Floats, beta: Floats, gradient: Floats, information: Floats) -> None:
    """Writes the gradient (m × ck) and information (m × ck × ck) of the multinomial likelihood at `beta` (m × ck)."""
    m, _, k = x.shape
    c = y.shape[1]
    turned = x.transpose(0, 2, 1)
    p = _softmax(x @ beta.reshape(m, c, k).transpose(0, 2, 1))[:, :, 1:]
    gradient[:] = np.matmul(turned, y - p).transpose(0, 2, 1).reshape(m, c * k)
    for a in range(c):
        for b in range(a, c):
            weight = p[:, :, a] * ((a == b) - p[:, :, b])
            block = np.matmul(turned, x * weight[:, :, None])
            information[:, a * k : (a + 1) * k, b * k : (b + 1) * k] = block
            information[:, b * k : (b + 1) * k, a * k : (a + 1) * k] = block


def _matched(estimated: Floats, wanted: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """For each missing answer (m × q) the answer of one of the nearest donors (predicted means: m × n, and wanted).

    The nearest are among the 2 × DONORS around its place in the sorted means: O((n + q) log n).
    """
    m, n = estimated.shape
    donors = min(DONORS, n)
    ranked = np.argsort(estimated, axis=1, kind="stable")
    sorted_means = np.take_along_axis(estimated, ranked, axis=1)
    place = np.stack([np.searchsorted(sorted_means[i], wanted[i]) for i in range(m)])
    window = np.arange(-donors, donors)
    near = place[:, :, None] + window
    inside = (near >= 0) & (near < n)
    near = np.clip(near, 0, n - 1)
    rows = np.arange(m)[:, None, None]
    distance = np.where(inside, np.abs(sorted_means[rows, near] - wanted[:, :, None]), np.inf)
    nearest = np.argsort(distance, axis=2, kind="stable")[:, :, :donors]
    choice = rng.integers(0, donors, size=wanted.shape)
    picked = np.take_along_axis(nearest, choice[:, :, None], axis=2)
    place_of = np.take_along_axis(near, picked, axis=2)[:, :, 0]
    found: Floats = y[np.take_along_axis(ranked, place_of, axis=1)]
    return found


def _expit(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -700, 700))))


def _softmax(scores: Floats) -> Floats:
    """Probabilities of the first level (score 0) and of the others: m × n × (c + 1)."""
    whole = np.concatenate([np.zeros((*scores.shape[:2], 1)), scores], axis=2)
    raised = np.exp(whole - whole.max(axis=2, keepdims=True))
    found: Floats = raised / raised.sum(axis=2, keepdims=True)
    return found


# Results


def _as_received(item: _Item, received: pd.Series, back: Codes) -> NDArray[np.object_]:
    """Imputed answers as the column stores them, in the order of the rows received."""
    values = item.answers[:, back][:, received.isna().to_numpy()]
    if item.levels is not None:
        return item.levels[values.astype(np.intp)]
    if isinstance(received.dtype, pd.CategoricalDtype):
        return np.asarray(received.cat.categories, dtype=object)[values.astype(np.intp)]
    return values.astype(object)


def _trace_table(trace: Sequence[tuple[str, int, Floats, Floats]]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "item": name,
                "cycle": cycle,
                "imputation": np.arange(1, len(mean) + 1),
                "moyenne": mean,
                "ecart_type": spread,
            }
        )
        for name, cycle, mean, spread in trace
    ]
    empty = pd.DataFrame(columns=["item", "cycle", "imputation", "moyenne", "ecart_type"])
    return pd.concat(parts, ignore_index=True) if parts else empty


def _convergence(incomplete: Sequence[_Item], trace: pd.DataFrame, cycles: int) -> pd.DataFrame:
    """Missing answers of each item and R-hat of its chains' means over the second half of the cycles."""
    late = trace[trace["cycle"] > cycles // 2]
    rows = []
    for item in incomplete:
        means = late.loc[late["item"] == item.name, "moyenne"].to_numpy().reshape(-1, len(item.answers))
        missing = int(item.missing.sum())
        rows.append((item.name, missing, missing / len(item.missing), _r_hat(means)))
    return pd.DataFrame(rows, columns=["item", "manquants", "part_manquante", "r_hat"])


def _r_hat(chains: Floats) -> float:
    """Potential scale reduction of chains (cycles × m); 1 where nothing moves; nan under four cycles."""
    cycles = len(chains)
    if cycles < 4:
        return float("nan")
    within, between = chains.var(axis=0, ddof=1).mean(), chains.mean(axis=0).var(ddof=1)
    if within == 0:
        return 1.0 if between == 0 else float("inf")
    return float(np.sqrt((cycles - 1) / cycles + between / within))


def _warnings(convergence: pd.DataFrame) -> tuple[str, ...]:
    found = []
    for name, part, r_hat in zip(
        convergence["item"], convergence["part_manquante"].tolist(), convergence["r_hat"].tolist(), strict=True
    ):
        if part > MUCH_MISSING:
            found.append(
                f"L'item « {name} » manque pour {fr_percent(part, 0)} des jeunes : ce qu'on en dit tient au modèle "
                "d'imputation plus qu'aux réponses."
            )
        if r_hat > UNSETTLED:
            found.append(
                f"Les imputations de « {name} » ne sont pas stabilisées (R̂ = {fr_number(r_hat, 2)}) : augmentez le "
                "nombre de cycles."
            )
    return tuple(fr_text(one) for one in found)
