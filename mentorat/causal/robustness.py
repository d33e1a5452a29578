"""How much of the treatment and of the outcome a hidden confounder would have to explain: partial R².

Source: Cinelli and Hazlett (2020), Journal of the Royal Statistical Society B 82:39-67, as their package sensemakr.
With R²_D what a confounder explains of the treatment and R²_Y of the outcome, both beyond the measured covariates,
|bias| = se × √(df × R²_Y × R²_D / (1 − R²_D)), and the standard error becomes
se × √((1 − R²_Y) / (1 − R²_D) × df / (df − 1)). These are identities of least squares, weighted or not: nothing is
assumed of the confounder but that it is one variable added linearly.

Clusters: the estimate's bias does not depend on them. Standard errors do: ours take the ratio of the cluster-robust to
the classical error as unchanged by the confounder, and Satterthwaite's degrees of freedom; a warning says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.projections import independent_columns, orthonormal_basis, residue
from mentorat.typography import fr_number, fr_percent, fr_text

Floats = NDArray[np.float64]

BOUNDS = [
    "repere",
    "multiple",
    "r2_mentorat",
    "r2_resultat",
    "estimation",
    "se",
    "t",
    "ic_bas",
    "ic_haut",
    "avertissement",
]
"""Columns of `HiddenConfounding.bounds`: a confounder `multiple` times as strong as the covariate `repere`."""


@dataclass(frozen=True)
class HiddenConfounding:
    """A regression's effect and the strength of confounding that would undo it.

    `estimate` in the outcome's unit; `se`, `t`: the error used (by cluster when there are clusters); `classical_se`,
    `df`: of least squares, on which partial R² rest; `critical`: quantile of Student used; `partial_r2`: what the
    treatment explains of the outcome's residue, which is also the strength that a confounder explaining all of the
    outcome would need with the treatment; `rv_q`: the robustness value, share of the residue of both treatment and
    outcome that takes away the fraction `q` of the estimate; `rv_qa`: the same to lose significance at `alpha`;
    `bounds`: see `BOUNDS`, `avertissement` being French text, empty when all is well.
    """

    estimate: float
    se: float
    t: float
    classical_se: float
    df: int
    critical: float
    partial_r2: float
    rv_q: float
    rv_qa: float
    q: float
    alpha: float
    n: int
    clusters: int
    bounds: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def partial_f2(self) -> float:
        """Cohen's f² of the treatment."""
        return self.partial_r2 / (1 - self.partial_r2)

    @property
    def sentence(self) -> str:
        """The robustness value in plain French, whatever the estimate's sign or size."""
        undone = "annuler l'écart estimé" if self.q == 1 else f"en ôter {fr_percent(self.q, 0)}"
        told = (
            f"Une caractéristique non mesurée devrait expliquer {fr_percent(self.rv_q)} de ce que les caractéristiques "
            f"mesurées laissent inexpliqué, à la fois du mentorat et du résultat, pour {undone}"
        )
        if self.rv_qa == 0:
            return fr_text(f"{told} ; l'intervalle de confiance contient déjà ce seuil.")
        return fr_text(f"{told} ; {fr_percent(self.rv_qa)} suffiraient pour que le hasard puisse l'expliquer.")


def partial_r2(t: ArrayLike, df: ArrayLike) -> Floats:
    """Share of the residue explained by a coefficient of statistic `t` with `df` degrees of freedom."""
    square = np.square(np.asarray(t, dtype=np.float64))
    found: Floats = square / (square + np.asarray(df, dtype=np.float64))
    return found


def robustness_value(
    t: float, df: float, *, q: float = 1.0, alpha: float = 1.0, critical: float | None = None
) -> float:
    """RV_q (alpha = 1) or RV_{q,α}: the equal partial R² with treatment and outcome that takes the fraction `q` away.

    `t`, `df`: classical statistic and degrees of freedom. `critical`: the quantile to use instead of Student's with
    df − 1 (see `hidden_confounding` for clusters). 0 when the estimate is not significant at `alpha` already.
    Raises ValueError when q ≤ 0, alpha is not in (0, 1] or df ≤ 1.
    """
    if q <= 0 or not 0 < alpha <= 1 or df <= 1:
        raise ValueError("q > 0, alpha in (0, 1] and more than one degree of freedom are needed")
    wanted = q * abs(t) / np.sqrt(df)
    quantile = float(stats.t.ppf(1 - alpha / 2, df - 1)) if critical is None else critical
    least = quantile / np.sqrt(df - 1)
    left = wanted - least
    if left <= 0:
        return 0.0
    if least > 0 and wanted > 1 / least:  # the best R² with the outcome is then below 1 with that of the treatment
        return float((wanted**2 - least**2) / (1 + wanted**2))
    return float((np.sqrt(left**4 + 4 * left**2) - left**2) / 2)


def adjusted_estimate(
    estimate: float, se: float, df: float, r2_treatment: ArrayLike, r2_outcome: ArrayLike, *, reduce: bool = True
) -> Floats:
    """The estimate had the confounder been measured: brought towards zero, and past it, or away (`reduce` False)."""
    with_d, with_y = _strengths(r2_treatment, r2_outcome)
    bias = se * np.sqrt(df * with_y * with_d / (1 - with_d))
    sign = 1.0 if estimate >= 0 else -1.0
    found: Floats = estimate - sign * bias if reduce else estimate + sign * bias
    return found


def adjusted_se(se: float, df: float, r2_treatment: ArrayLike, r2_outcome: ArrayLike) -> Floats:
    """The standard error had the confounder been measured."""
    with_d, with_y = _strengths(r2_treatment, r2_outcome)
    found: Floats = se * np.sqrt((1 - with_y) / (1 - with_d) * df / (df - 1))
    return found


def benchmark_strength(
    r2_treatment: ArrayLike, r2_outcome: ArrayLike, multiple: ArrayLike = 1.0, outcome_multiple: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Partial R² with treatment and outcome of a confounder so many times as strong as an observed covariate.

    `r2_treatment`: the covariate's own with the treatment given the others; `r2_outcome`: with the outcome given the
    treatment and the others (Cinelli and Hazlett 2020, section 4.4). nan where no confounder can be so strong; the
    strength with the outcome stops at 1.
    """
    with_d, with_y = np.asarray(r2_treatment, dtype=np.float64), np.asarray(r2_outcome, dtype=np.float64)
    kd = np.asarray(multiple, dtype=np.float64)
    ky = kd if outcome_multiple is None else np.asarray(outcome_multiple, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        strength = kd * with_d / (1 - with_d)
        shared = kd * with_d**2 / ((1 - kd * with_d) * (1 - with_d))
        possible = (strength < 1) & (shared >= 0) & (shared < 1)
        outcome = ((np.sqrt(ky) + np.sqrt(shared)) / np.sqrt(1 - shared)) ** 2 * with_y / (1 - with_y)
    return np.where(possible, strength, np.nan), np.where(possible, np.minimum(outcome, 1.0), np.nan)


def hidden_confounding(
    y: ArrayLike,
    treatment: ArrayLike,
    covariates: pd.DataFrame,
    *,
    benchmarks: Mapping[str, Sequence[str]] | None = None,
    multiples: Sequence[float] = (1, 2, 3),
    weights: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    q: float = 1.0,
    alpha: float = 0.05,
) -> HiddenConfounding:
    """Sensitivity of the (weighted) regression of `y` (n) on `treatment` (n), a constant and `covariates` (n × k).

    `covariates`: numbers (see `adjusted.encode_covariates`); redundant columns are left out. `benchmarks`: label → the
    columns that stand for one measured characteristic (all the levels of a factor together). Raises NotEstimable
    (French) when nothing is left to tell the treatment from the covariates, a value is missing or the residue is nil;
    KeyError when a benchmark names a column that is not there.
    """
    outcome, treated = np.asarray(y, dtype=np.float64), np.asarray(treatment, dtype=np.float64)
    x = covariates.to_numpy(dtype=np.float64)
    w = np.ones(len(outcome)) if weights is None else np.asarray(weights, dtype=np.float64)
    _refuse_missing(outcome, treated, x, w)
    root = np.sqrt(w)
    measured = np.column_stack([np.ones(len(outcome)), x]) * root[:, None]
    basis = orthonormal_basis(measured)
    y_left, d_left = residue(outcome * root, basis), residue(treated * root, basis)
    df = len(outcome) - basis.shape[1] - 1
    spread = float(d_left @ d_left)
    if df < 2 or spread <= 1e-10 * float(np.square(treated * root).sum()):
        raise NotEstimable(
            "Les covariables déterminent qui est mentoré, ou sont plus nombreuses que les répondants : rien ne reste "
            "pour estimer un écart. Retirez des covariables."
        )
    estimate = float(d_left @ y_left) / spread
    unexplained = y_left - estimate * d_left
    left = float(unexplained @ unexplained)
    if left <= 1e-20 * max(1.0, float(np.square(outcome * root).sum())):
        raise NotEstimable("Les covariables expliquent tout le résultat : sa sensibilité ne peut pas être étudiée.")
    classical = float(np.sqrt(left / df / spread))
    said: tuple[str, ...] = ()
    se, critical, count = classical, float(stats.t.ppf(1 - alpha / 2, df - 1)), len(outcome)
    interval_quantile = float(stats.t.ppf(1 - alpha / 2, df))
    if clusters is not None:
        se, freedom, count = _clustered(outcome, treated, x, w, clusters)
        critical = interval_quantile = float(stats.t.ppf(1 - alpha / 2, freedom))
        said = (
            "Valeurs de robustesse et intervalles corrigés des grappes en supposant que la caractéristique non mesurée "
            "ne changerait pas l'effet des grappes sur l'erreur type.",
        )
    strengths = {
        label: _covariate_strength(measured, (treated * root, outcome * root), (d_left, unexplained), columns)
        for label, columns in _positions(covariates, benchmarks or {}).items()
    }
    t = estimate / classical
    ratio = se / classical
    return HiddenConfounding(
        estimate=estimate,
        se=se,
        t=estimate / se,
        classical_se=classical,
        df=df,
        critical=critical,
        partial_r2=float(partial_r2(t, df)),
        rv_q=robustness_value(t, df, q=q),
        rv_qa=robustness_value(t, df, q=q, alpha=alpha, critical=critical * ratio),
        q=q,
        alpha=alpha,
        n=len(outcome),
        clusters=count,
        bounds=_bounds(strengths, multiples, (estimate, classical, df), ratio, interval_quantile),
        warnings=tuple(fr_text(one) for one in said),
    )


def contour_grid(found: HiddenConfounding, *, limit: float = 0.4, size: int = 41) -> pd.DataFrame:
    """Adjusted estimate and t for confounders of every strength up to `limit`, size² rows for a contour chart.

    Columns: r2_mentorat, r2_resultat, estimation, t.
    """
    if not 0 < limit < 1 or size < 2:
        raise ValueError("a limit between 0 and 1 and two points or more are needed")
    axis = np.linspace(0, limit, size)
    with_d, with_y = (side.ravel() for side in np.meshgrid(axis, axis, indexing="ij"))
    estimate = adjusted_estimate(found.estimate, found.classical_se, found.df, with_d, with_y)
    return pd.DataFrame(
        {
            "r2_mentorat": with_d,
            "r2_resultat": with_y,
            "estimation": estimate,
            "t": estimate / adjusted_se(found.se, found.df, with_d, with_y),
        }
    )


def benchmark_sentence(found: HiddenConfounding) -> str:
    """The strongest benchmark in plain French: what would be left of the estimate, and whether it would hold."""
    known = found.bounds[found.bounds["estimation"].notna()]
    if known.empty:
        return fr_text("Aucune caractéristique mesurée ne peut servir de repère.")
    order = (known["estimation"] * np.sign(found.estimate or 1)).argsort(kind="stable")
    worst = known.iloc[order.iloc[0]]
    kept = float(worst["ic_bas"]) > 0 or float(worst["ic_haut"]) < 0
    same = float(worst["estimation"]) * found.estimate > 0
    reading = (
        "l'écart garderait son signe et resterait au-delà de ce que le hasard explique d'ordinaire"
        if kept and same
        else "l'écart ne se distinguerait pas de zéro"
        if not kept
        else "l'écart changerait de signe"
    )
    times = "" if worst["multiple"] == 1 else f"{fr_number(float(worst['multiple']), 0)} fois "
    return fr_text(
        f"Avec une caractéristique non mesurée {times}aussi liée au mentorat et au résultat que « {worst['repere']} », "
        f"{reading}."
    )


def _strengths(r2_treatment: ArrayLike, r2_outcome: ArrayLike) -> tuple[Floats, Floats]:
    with_d, with_y = np.asarray(r2_treatment, dtype=np.float64), np.asarray(r2_outcome, dtype=np.float64)
    if ((with_d < 0) | (with_d >= 1) | (with_y < 0) | (with_y > 1)).any():
        raise ValueError("a partial R² is between 0 and 1, below 1 with the treatment")
    return with_d, with_y


def _refuse_missing(*values: Floats) -> None:
    if not all(np.isfinite(one).all() for one in values):
        raise NotEstimable(
            "Une valeur manque parmi le résultat, le traitement, les covariables ou les poids : codez les valeurs "
            "manquantes avant d'étudier la sensibilité."
        )
    if (values[-1] <= 0).any():
        raise NotEstimable("Un poids est nul ou négatif : retirez ces lignes avant d'étudier la sensibilité.")


def _positions(covariates: pd.DataFrame, benchmarks: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Columns of [1, covariates] that each benchmark holds."""
    rank = {name: position + 1 for position, name in enumerate(covariates.columns)}
    return {label: [rank[name] for name in columns] for label, columns in benchmarks.items()}


def _covariate_strength(
    measured: Floats, both: tuple[Floats, Floats], residues: tuple[Floats, Floats], columns: list[int]
) -> tuple[float, float]:
    """Partial R² of some columns with the treatment given the others, and with the outcome given treatment too.

    `both`: treatment and outcome; `residues`: what is left of each when everything is measured.
    """
    others = orthonormal_basis(np.delete(measured, columns, axis=1))
    d_without, y_without = (residue(one, others) for one in both)
    total_d = float(d_without @ d_without)
    y_given_d = y_without - d_without * float(d_without @ y_without) / total_d
    left_d, left_y = (float(one @ one) for one in residues)
    return 1 - left_d / total_d, 1 - left_y / float(y_given_d @ y_given_d)


def _clustered(y: Floats, d: Floats, x: Floats, w: Floats, clusters: ArrayLike) -> tuple[float, float, int]:
    """CR2 standard error of the treatment, its degrees of freedom and the number of clusters."""
    design = np.column_stack([np.ones(len(y)), d, (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)])
    fit = cluster_robust(y, design[:, independent_columns(design, w)], clusters, w)
    return float(fit.standard_errors[1]), float(fit.degrees_of_freedom[1]), fit.clusters


def _bounds(
    strengths: Mapping[str, tuple[float, float]],
    multiples: Sequence[float],
    fit: tuple[float, float, int],
    ratio: float,
    quantile: float,
) -> pd.DataFrame:
    estimate, classical, df = fit
    rows = []
    for label, (with_d, with_y) in strengths.items():
        for multiple in multiples:
            row: dict[str, object] = dict.fromkeys(BOUNDS, np.nan) | {"repere": label, "multiple": float(multiple)}
            strength, outcome = (float(value) for value in benchmark_strength(with_d, with_y, multiple))
            if np.isnan(strength):
                row["avertissement"] = fr_text(
                    f"Aucune caractéristique ne peut être {fr_number(multiple, 0)} fois aussi liée au mentorat que "
                    f"« {label} » : ce repère n'est pas calculé."
                )
            else:
                adjusted = float(adjusted_estimate(estimate, classical, df, strength, outcome))
                error = ratio * float(adjusted_se(classical, df, strength, outcome))
                row |= {
                    "r2_mentorat": strength,
                    "r2_resultat": outcome,
                    "estimation": adjusted,
                    "se": error,
                    "t": adjusted / error if error > 0 else np.nan,
                    "ic_bas": adjusted - quantile * error,
                    "ic_haut": adjusted + quantile * error,
                    "avertissement": fr_text("Lien avec le résultat ramené à 100 % : prenez un multiple plus petit.")
                    if outcome == 1
                    else "",
                }
            rows.append(row)
    return pd.DataFrame(rows, columns=BOUNDS)
