"""Effect of mentoring on young people seen twice: before it began, and after.

Four roads to the average effect on the mentored (ATT) from two waves of one outcome:

- `difference_in_differences`: change of the mentored less change of the others; holds if, without mentoring, both
  would have moved alike (parallel trends), which two waves cannot test;
- `ancova`: the later answer on treatment and the earlier one, alone or with its interaction (Lin 2013, Annals of
  Applied Statistics 7); holds if, at the same earlier answer, nothing else sets the groups apart. The two rest on
  different assumptions: both are shown, neither is chosen by its figure;
- `weighted_did`: the change of the others weighted by the odds of being mentored (Abadie 2005, Review of Economic
  Studies 72; Hájek form);
- `doubly_robust_did`: that change, corrected by a regression of the others' change (Sant'Anna and Zhao 2020, Journal
  of Econometrics 219, sections 3.1 and 3.2): right when the odds or the regression is. « traditional » is maximum
  likelihood and least squares; « improved », the default, takes the odds that balance the covariates exactly
  (entropy balancing, the same equations as Graham's inverse probability tilting for the ATT) and least squares
  weighted by them, so that estimating either leaves the variance alone.

Errors are clustered; each row is its own cluster where none is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.causal.balancing import NotEstimable, entropy_balance
from mentorat.causal.cluster_robust import Kind, RobustFit, cluster_robust
from mentorat.causal.covariates import RARE, encode_covariates
from mentorat.survey.design import SurveyError
from mentorat.survey.estimators import kish_ess
from mentorat.survey.regression import logit_maximum
from mentorat.typography import fr_count, fr_text

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Form = Literal["improved", "traditional"]

FEW_IN_ARM = 4
"""Clusters of a group under which its own variance is hardly known."""
LARGE_ODDS = 20.0
"""Weight of one control, in mentored young people, beyond which the comparison hangs on that one."""


@dataclass(frozen=True)
class PanelEffect:
    """Effect of mentoring on an outcome seen at two waves, in the outcome's unit.

    `missing_*`: rows left out because a wave's answer is missing; `ess`: effective number of controls (nan where they
    are not weighted); `warnings`: French sentences.
    """

    estimand: str
    method: str
    estimate: float
    se: float
    low: float
    high: float
    df: float
    p: float
    level: float
    n_treated: int
    n_control: int
    missing_treated: int
    missing_control: int
    clusters: int
    clusters_treated: int
    clusters_control: int
    ess: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Panel:
    rows: pd.DataFrame
    treated: Mask
    before: Floats
    after: Floats
    cluster: NDArray[np.intp]
    missing_treated: int
    missing_control: int
    warnings: tuple[str, ...]

    @property
    def change(self) -> Floats:
        return self.after - self.before


def difference_in_differences(
    frame: pd.DataFrame,
    *,
    before: str,
    after: str,
    treatment: str,
    cluster: str | None = None,
    kind: Kind = "CR2",
    level: float = 0.95,
) -> PanelEffect:
    """Change of the treated less change of the others: least squares of after − before on treatment.

    One row a young person; those missing at a wave are left out and counted. The same figure as the regression on
    both waves with a term by person. `kind`: see `cluster_robust`; without clusters CR1S is HC1, CR2 is HC2.

    Raises SurveyError on a missing column, an outcome that is not a number or a treatment that is not yes or no;
    NotEstimable under `RARE` people in a group, a single cluster, or when nobody changed.
    """
    panel = _panel(frame, before, after, treatment, cluster)
    fit = cluster_robust(panel.change, _with_constant(panel.treated), panel.cluster, kind=kind)
    return _effect(panel, fit, method="Différence de différences, deux vagues", level=level)


def ancova(
    frame: pd.DataFrame,
    *,
    before: str,
    after: str,
    treatment: str,
    covariates: Sequence[str] = (),
    interacted: bool = False,
    cluster: str | None = None,
    kind: Kind = "CR2",
    level: float = 0.95,
) -> PanelEffect:
    """The later answer on treatment, the earlier answer and `covariates` (measured before).

    `interacted` adds treatment × each of them, centred on the whole sample: the effect is then the average over the
    sample (ATE), whatever the slopes of each group (Lin 2013); without it, slopes are held common. Raises as
    `difference_in_differences`.
    """
    panel = _panel(frame, before, after, treatment, cluster)
    columns, told = _regressors(panel, covariates)
    centred = np.column_stack([panel.before - panel.before.mean(), columns])
    design = np.column_stack([_with_constant(panel.treated), centred])
    if interacted:
        design = np.column_stack([design, centred * panel.treated[:, None]])
    _refuse_too_many(panel, design)
    fit = cluster_robust(panel.after, _independent(design), panel.cluster, kind=kind)
    name = "ANCOVA à pentes propres à chaque groupe (Lin)" if interacted else "ANCOVA"
    return _effect(panel, fit, method=name, level=level, told=told, estimand=EVERYONE if interacted else ADJUSTED)


def weighted_did(
    frame: pd.DataFrame,
    *,
    before: str,
    after: str,
    treatment: str,
    covariates: Sequence[str],
    cluster: str | None = None,
    level: float = 0.95,
) -> PanelEffect:
    """Change of the treated less that of the others weighted by the odds of a logit on `covariates` (Abadie 2005).

    The error counts the estimation of the logit. Raises as `difference_in_differences`, and SurveyError when the
    covariates separate the groups.
    """
    panel = _panel(frame, before, after, treatment, cluster)
    x, told = _design(panel, covariates)
    odds, score = _odds(panel, x, treatment)
    estimate, influence = _contrast(panel, panel.change, odds)
    slope = _control_slope(panel, panel.change, odds, x)
    return _from_influence(
        panel,
        estimate,
        influence - score @ slope,
        odds,
        method="Différence de différences pondérée (Abadie)",
        level=level,
        told=told,
    )


def doubly_robust_did(
    frame: pd.DataFrame,
    *,
    before: str,
    after: str,
    treatment: str,
    covariates: Sequence[str],
    form: Form = "improved",
    cluster: str | None = None,
    level: float = 0.95,
) -> PanelEffect:
    """Doubly robust difference in differences (Sant'Anna and Zhao 2020), panel of two waves.

    ATT = mean over the treated of Δy − m(x), less its mean over the others weighted by odds(x), m being the linear
    regression of Δy on x among the others. `form`: see the module. Raises as `weighted_did`, and NotEstimable when no
    weighting reaches the treated group's means (« improved »).
    """
    panel = _panel(frame, before, after, treatment, cluster)
    x, told = _design(panel, covariates)
    if form == "improved":
        odds = _balancing_odds(panel, x)
        residuals = panel.change - x @ _least_squares(x, panel.change, odds * ~panel.treated)
        estimate, influence = _contrast(panel, residuals, odds)
        name = "Différence de différences doublement robuste (Sant'Anna-Zhao, améliorée)"
        return _from_influence(panel, estimate, influence, odds, method=name, level=level, told=told)
    odds, score = _odds(panel, x, treatment)
    controls = (~panel.treated).astype(np.float64)
    residuals = panel.change - x @ _least_squares(x, panel.change, controls)
    estimate, influence = _contrast(panel, residuals, odds)
    # What estimating the two models adds (theorem 1 of the paper): the regression's, then the odds'.
    bread = np.linalg.inv((x * controls[:, None]).T @ x / len(x))
    regression = (x * (controls * residuals)[:, None]) @ bread
    weighted = odds * controls
    gap = x[panel.treated].mean(axis=0) - (weighted @ x) / weighted.sum()
    influence = influence - regression @ gap - score @ _control_slope(panel, residuals, odds, x)
    name = "Différence de différences doublement robuste (Sant'Anna-Zhao)"
    return _from_influence(panel, estimate, influence, odds, method=name, level=level, told=told)


TREATED = "ATT : différence moyenne chez les mentorés répondants aux deux vagues"
ADJUSTED = "Différence moyenne à même réponse de départ, répondants aux deux vagues"
EVERYONE = "ATE : différence moyenne chez tous les répondants aux deux vagues"


def _panel(frame: pd.DataFrame, before: str, after: str, treatment: str, cluster: str | None) -> _Panel:
    first, second = (numbers_of(frame, name) for name in (before, after))
    treated = treatment_mask(frame, treatment)
    known = ~(np.isnan(first) | np.isnan(second))
    rows = frame.loc[known].reset_index(drop=True)
    mask, codes = treated[known], cluster_codes(frame, cluster)[known]
    if min(mask.sum(), (~mask).sum()) < RARE:
        raise NotEstimable(
            f"Moins de {RARE} jeunes ont répondu aux deux vagues dans l'un des groupes : l'effet n'est pas estimé."
        )
    if len(np.unique(codes)) < 2:
        raise NotEstimable("Toutes les réponses viennent d'une seule grappe : l'incertitude ne peut pas être estimée.")
    change = second[known] - first[known]
    if np.ptp(change) == 0:
        raise NotEstimable("Aucune réponse n'a changé d'une vague à l'autre différemment des autres : rien à estimer.")
    lost = [int((~known & group).sum()) for group in (treated, ~treated)]
    told = []
    for group, name in ((mask, "mentorés"), (~mask, "non-mentorés")):
        if np.ptp(change[group]) == 0:
            told.append(
                f"Tous les {name} ont changé de la même façon : l'erreur type ne repose que sur l'autre groupe."
            )
        clusters = len(np.unique(codes[group]))
        if clusters < FEW_IN_ARM:
            counted = fr_count(clusters, "grappe", "grappes")
            told.append(f"Les {name} ne viennent que de {counted} : l'intervalle n'est pas fiable.")
    if sum(lost):
        told.append(
            f"{fr_count(sum(lost), 'jeune absent', 'jeunes absents')} d'une vague ({lost[0]} mentorés, {lost[1]} "
            "non-mentorés) : l'effet vaut pour ceux qui ont répondu deux fois."
        )
    return _Panel(rows, mask, first[known], second[known], codes, lost[0], lost[1], tuple(told))


def treatment_mask(frame: pd.DataFrame, treatment: str) -> Mask:
    """The treatment column as booleans; SurveyError where it is missing, empty somewhere, or not yes or no."""
    column = column_of(frame, treatment)
    if column.isna().any() or not column.isin([0, 1]).all():
        raise SurveyError(
            f"La colonne « {treatment} » dit qui est mentoré, par oui ou non, pour chaque ligne : complétez-la."
        )
    mask: Mask = column.to_numpy(dtype=np.bool_)
    return mask


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of the panel; SurveyError when it is missing."""
    if name not in frame.columns:
        raise SurveyError(f"La colonne « {name} » manque dans le panel. Ajoutez-la, ou corrigez son nom.")
    return frame[name]


def numbers_of(frame: pd.DataFrame, name: str) -> Floats:
    """A column as numbers, nan where it is empty; SurveyError when it is text."""
    column = column_of(frame, name)
    if not pd.api.types.is_numeric_dtype(column):
        raise SurveyError(f"La colonne « {name} » contient du texte. Donnez des nombres, ou 0 et 1.")
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def cluster_codes(frame: pd.DataFrame, name: str | None) -> NDArray[np.intp]:
    """Codes of the clusters from 0, each row its own where none is given; SurveyError when one is empty."""
    if name is None:
        return np.arange(len(frame), dtype=np.intp)
    column = column_of(frame, name)
    if column.isna().any():
        raise SurveyError(
            f"La colonne « {name} » (grappe) est vide sur {fr_count(int(column.isna().sum()), 'ligne', 'lignes')}. "
            "Complétez-la, ou retirez-la."
        )
    codes: NDArray[np.intp] = pd.factorize(column, sort=True)[0].astype(np.intp)
    return codes


def _with_constant(treated: Mask) -> Floats:
    return np.column_stack([np.ones(len(treated)), treated.astype(np.float64)])


def _regressors(panel: _Panel, covariates: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    """Covariates as columns, centred and scaled, and what was pooled to make them."""
    for name in covariates:
        column_of(panel.rows, name)
    encoded = encode_covariates(panel.rows, covariates, pd.Series(panel.treated))
    x = encoded.columns[list(encoded.regressors)].to_numpy(dtype=np.float64).reshape(len(panel.treated), -1)
    scale = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(scale > 0, scale, 1.0), encoded.warnings


def _design(panel: _Panel, covariates: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    """A constant and the covariates, without those that repeat others."""
    if not covariates:
        raise SurveyError("Donnez au moins une covariable mesurée avant le mentorat, ou comparez sans ajustement.")
    columns, told = _regressors(panel, covariates)
    x = np.column_stack([np.ones(len(columns)), columns])
    _refuse_too_many(panel, x)
    kept = _independent(x)
    if np.linalg.matrix_rank(kept[~panel.treated]) < kept.shape[1]:
        raise NotEstimable(
            f"Parmi les non-mentorés, une covariable ({', '.join(covariates)}) ne varie pas ou se déduit des autres, "
            "et non parmi les mentorés : les groupes ne se recouvrent pas. Retirez-la, ou regroupez ses modalités."
        )
    return kept, told


def _independent(design: Floats) -> Floats:
    """The columns that the ones before them do not give."""
    pivots = np.abs(np.diag(np.linalg.qr(design, mode="r")))
    kept: Floats = design[:, pivots > 1e-8 * np.linalg.norm(design, axis=0)]
    return kept


def _refuse_too_many(panel: _Panel, design: Floats) -> None:
    if min(panel.treated.sum(), (~panel.treated).sum()) < design.shape[1]:
        raise NotEstimable("Trop peu de répondants au regard du nombre de covariables : l'effet n'est pas estimé.")


def _odds(panel: _Panel, x: Floats, treatment: str) -> tuple[Floats, Floats]:
    """Odds of being treated of each row, and the influence of each on the logit's coefficients (n × k)."""
    y = panel.treated.astype(np.float64)
    names = tuple(f"covariable {rank}" for rank in range(1, x.shape[1]))
    odds = np.exp(x @ logit_maximum(x, y, np.ones(len(y)), treatment, names))
    share = odds / (1 + odds)
    information = (x * (share * (1 - share))[:, None]).T @ x / len(x)
    return odds, (x * (y - share)[:, None]) @ np.linalg.inv(information)


def _balancing_odds(panel: _Panel, x: Floats) -> Floats:
    """Odds that give the controls the treated group's means; 1 for the treated, where they play no part."""
    columns = pd.DataFrame(x[:, 1:], columns=[f"covariable {rank}" for rank in range(1, x.shape[1])])
    odds = np.ones(len(x))
    odds[~panel.treated] = entropy_balance(columns[panel.treated], columns[~panel.treated]).weights
    return odds


def _least_squares(x: Floats, y: Floats, weights: Floats) -> Floats:
    root = np.sqrt(weights)
    return np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0].astype(np.float64)


def _contrast(panel: _Panel, y: Floats, odds: Floats) -> tuple[float, Floats]:
    """Mean of `y` over the treated less its odds-weighted mean over the others; influence of each row, models known."""
    treated, weighted = panel.treated.astype(np.float64), odds * ~panel.treated
    ours, theirs = treated @ y / treated.sum(), weighted @ y / weighted.sum()
    influence: Floats = treated * (y - ours) / treated.mean() - weighted * (y - theirs) / weighted.mean()
    return float(ours - theirs), influence


def _control_slope(panel: _Panel, y: Floats, odds: Floats, x: Floats) -> Floats:
    """How the controls' weighted mean of `y` moves with the logit's coefficients."""
    weighted = odds * ~panel.treated
    slope: Floats = (weighted * (y - weighted @ y / weighted.sum())) @ x / weighted.sum()
    return slope


def _from_influence(
    panel: _Panel,
    estimate: float,
    influence: Floats,
    odds: Floats,
    *,
    method: str,
    level: float,
    told: tuple[str, ...],
) -> PanelEffect:
    totals = np.bincount(panel.cluster, weights=influence)
    totals = totals[np.bincount(panel.cluster) > 0]
    groups = len(totals)
    se = float(np.sqrt(groups / (groups - 1) * np.square(totals).sum()) / len(influence))
    df = groups - 1.0
    half = float(stats.t.ppf(0.5 + level / 2, df)) * se
    weights = odds[~panel.treated]
    ess = kish_ess(weights)
    said = list(told)
    if ess < 30:
        said.append("La pondération repose sur l'équivalent de moins de trente jeunes non mentorés : effet fragile.")
    if weights.max() / weights.mean() * panel.treated.sum() / len(weights) > LARGE_ODDS:
        said.append("Un jeune non mentoré pèse à lui seul plus de vingt mentorés : les groupes se recouvrent mal.")
    p = float(2 * stats.t.sf(abs(estimate) / se, df)) if se > 0 else nan
    return _result(
        panel,
        (estimate, se, estimate - half, estimate + half, df, p),
        method=method,
        level=level,
        ess=ess,
        told=tuple(said),
    )


def _effect(
    panel: _Panel,
    fit: RobustFit,
    *,
    method: str,
    level: float,
    told: tuple[str, ...] = (),
    estimand: str = TREATED,
) -> PanelEffect:
    low, high = fit.interval(1, level)
    df = float(fit.degrees_of_freedom[1])
    said = (*told, *fit.warnings)
    if df < FEW_IN_ARM:
        said += ("Moins de quatre degrés de liberté : trop peu de grappes portent la comparaison pour s'y fier.",)
    figures = (float(fit.coefficients[1]), float(fit.standard_errors[1]), low, high, df, fit.p_value(1))
    name = f"{method}, erreurs types {fit.kind}"
    return _result(panel, figures, method=name, level=level, ess=nan, told=said, estimand=estimand)


def _result(
    panel: _Panel,
    figures: tuple[float, float, float, float, float, float],
    *,
    method: str,
    level: float,
    ess: float,
    told: tuple[str, ...],
    estimand: str = TREATED,
) -> PanelEffect:
    estimate, se, low, high, df, p = figures
    if not (np.isfinite(estimate) and se < inf):
        raise NotEstimable("L'effet n'est pas un nombre fini : les groupes ne se recouvrent pas. Ôtez une covariable.")
    return PanelEffect(
        estimand=estimand,
        method=method,
        estimate=estimate,
        se=se,
        low=low,
        high=high,
        df=df,
        p=p,
        level=level,
        n_treated=int(panel.treated.sum()),
        n_control=int((~panel.treated).sum()),
        missing_treated=panel.missing_treated,
        missing_control=panel.missing_control,
        clusters=len(np.unique(panel.cluster)),
        clusters_treated=len(np.unique(panel.cluster[panel.treated])),
        clusters_control=len(np.unique(panel.cluster[~panel.treated])),
        ess=ess,
        warnings=tuple(fr_text(sentence) for sentence in (*panel.warnings, *told)),
    )
