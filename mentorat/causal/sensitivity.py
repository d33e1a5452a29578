"""How strong a hidden confounder would have to be, on the scale of risk ratios.

Source: VanderWeele and Ding (2017), Annals of Internal Medicine 167:268-274. Effects that are not risk ratios are
first put on that scale by the conversions of its appendix (odds and hazard ratios of common outcomes: VanderWeele
2017, Epidemiology 28:e58; standardised differences: Chinn 2000); a difference of risks is exact (Ding and VanderWeele
2016, Epidemiology 27:368-377). See `robustness` for partial R², `rosenbaum` for matched pairs.
"""

from dataclasses import dataclass, replace
from math import exp, isfinite, nan, sqrt

from mentorat.errors import MentoratError
from mentorat.typography import fr_number, fr_text

RATIO_PER_SD, LIMIT_PER_SE = 0.91, 1.78
"""A difference of d standard deviations is a risk ratio of exp(0.91 d); its limits are at 1.78 ≈ 0.91 × 1.96 errors."""
CONVERTED = "E-value approchée : l'effet a été converti en risque relatif ({how})."


@dataclass(frozen=True)
class EValue:
    """E-value of the estimate and of the interval's limit nearest to no effect (1 when the interval holds it).

    The least risk ratio that an unmeasured trait would need with both mentoring and the outcome, beyond the
    measured ones, to explain the estimate (or the limit) away. nan where the ratio is not known. `risk_ratio`, `low`,
    `high`: the effect on the scale of risk ratios; `warnings`: French sentences, on conversions.
    """

    point: float
    limit: float
    risk_ratio: float = nan
    low: float = nan
    high: float = nan
    warnings: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The E-value in plain French, with what it does not say."""
        if not isfinite(self.point):
            return fr_text("L'E-value n'est pas connue : le risque relatif ne peut pas être calculé.")
        told = (
            "Pour expliquer à elle seule l'écart estimé, une caractéristique non mesurée devrait multiplier par "
            f"{fr_number(self.point, 2)} à la fois la chance d'être mentoré et celle de la réponse"
        )
        if isfinite(self.limit):
            told += (
                " ; l'intervalle contient déjà l'absence d'effet"
                if self.limit == 1
                else f" ; par {fr_number(self.limit, 2)} pour que l'intervalle contienne l'absence d'effet"
            )
        return fr_text(f"{told}. Cela ne dit pas si une telle caractéristique existe.")


def e_value(risk_ratio: float, low: float = nan, high: float = nan, *, true: float = 1.0) -> EValue:
    """E-values of a risk ratio and of its interval [`low`, `high`], on either side of `true` (1: no effect).

    Raises ValueError when a ratio is negative or the estimate lies outside its interval.
    """
    if min(risk_ratio, low, high) < 0 or true <= 0:
        raise ValueError("a risk ratio is positive")
    if low > risk_ratio or high < risk_ratio:
        raise ValueError("the estimate lies outside its interval")
    limit = low if risk_ratio >= true else high
    crossed = limit <= true if risk_ratio >= true else limit >= true
    return EValue(
        point=_e_value(risk_ratio / true),
        limit=1.0 if crossed else _e_value(limit / true),
        risk_ratio=risk_ratio,
        low=low,
        high=high,
    )


def e_value_odds_ratio(odds_ratio: float, low: float = nan, high: float = nan, *, rare: bool) -> EValue:
    """E-values of an odds ratio: as a risk ratio when the outcome is `rare` (under 15 %), else by its square root."""
    if rare:
        return _told(e_value(odds_ratio, low, high), "rapport de cotes d'un résultat rare")
    if min(odds_ratio, low, high) < 0:
        raise ValueError("an odds ratio is positive")
    return _told(e_value(sqrt(odds_ratio), sqrt(low), sqrt(high)), "racine du rapport de cotes d'un résultat fréquent")


def e_value_hazard_ratio(hazard_ratio: float, low: float = nan, high: float = nan, *, rare: bool) -> EValue:
    """E-values of a hazard ratio: as a risk ratio when `rare` at the end, else (1 − ½^√h) / (1 − ½^√(1/h))."""
    if rare:
        return _told(e_value(hazard_ratio, low, high), "rapport de risques instantanés d'un résultat rare")
    if min(hazard_ratio, low, high) <= 0:
        raise ValueError("a hazard ratio is positive")
    point, bottom, top = ((1 - 0.5 ** sqrt(h)) / (1 - 0.5 ** sqrt(1 / h)) for h in (hazard_ratio, low, high))
    return _told(e_value(point, bottom, top), "rapport de risques instantanés d'un résultat fréquent")


def e_value_smd(difference: float, se: float = nan) -> EValue:
    """E-values of a difference in standard deviations (Cohen's d) and its 95 % interval, `se` in the same unit."""
    return _told(_e_value_sd(difference, se), "écart en écarts-types")


def e_value_cohen_h(h: float, se: float = nan) -> EValue:
    """E-values of Cohen's h (see `proportions.cohen_h`) read as a standardised difference; `se`: √(deff/n₁ + deff/n₀).

    For a difference of shares whose shares are not published; when they are, prefer their ratio.
    """
    return _told(_e_value_sd(h, se), "h de Cohen lu comme un écart en écarts-types")


def e_value_risk_difference(x1: int, n1: int, x0: int, n0: int, *, true: float = 0.0, level: float = 0.95) -> EValue:
    """E-values of the difference x1/n1 − x0/n0 between independent answers, to bring it down to `true`.

    The bias factor that would bring the difference, standardised on everybody, to `true` (Ding and VanderWeele 2016,
    eAppendix 5), and the least one that brings its lower limit there. A negative difference is read from the other
    group (ratios then below 1). Raises MentoratError when a group is empty, the lower share is 0, or `true` lies
    beyond the difference.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    if min(n1, n0) <= 0 or not (0 <= x1 <= n1 and 0 <= x0 <= n0):
        raise MentoratError("L'E-value d'un écart demande, pour chaque groupe, réponses positives et réponses.")
    if x1 * n0 < x0 * n1:
        turned = e_value_risk_difference(x0, n0, x1, n1, true=-true, level=level)
        return replace(turned, risk_ratio=1 / turned.risk_ratio)
    p1, p0, f = x1 / n1, x0 / n0, n1 / (n1 + n0)
    if p0 == 0:
        raise MentoratError(
            "Aucune réponse positive dans l'un des groupes : le risque relatif est infini et l'E-value n'existe pas. "
            "Prenez l'écart en h de Cohen."
        )
    if true < 0 or p1 - p0 < true:
        raise MentoratError("L'E-value ramène un écart vers zéro : la valeur visée doit être entre zéro et l'écart.")
    shift = true + p0 * (1 - f) - p1 * f
    factor = (sqrt(shift**2 + 4 * p1 * p0 * f * (1 - f)) - shift) / (2 * p0 * f)
    z = float(norm.ppf(0.5 + level / 2))
    var1, var0, var_f = p1 * (1 - p1) / n1, p0 * (1 - p0) / n0, f * (1 - f) / (n1 + n0)

    def lower(bias: float) -> float:
        """Lower limit of the standardised difference left by a bias factor, less `true`."""
        gap, share = p1 - p0 * bias, f + (1 - f) / bias
        spread = (var1 + var0 * bias**2) * share**2 + gap**2 * (1 - 1 / bias) ** 2 * var_f
        return gap * share - z * sqrt(spread) - true

    least = 1.0 if lower(1.0) <= 0 else float(brentq(lower, 1.0, factor, xtol=1e-12))
    return EValue(point=_e_value(factor), limit=_e_value(least), risk_ratio=p1 / p0)


def _e_value_sd(difference: float, se: float) -> EValue:
    if se < 0:
        raise ValueError("a standard error is not negative")
    low, high = (exp(RATIO_PER_SD * difference + sign * LIMIT_PER_SE * se) for sign in (-1, 1))
    return e_value(exp(RATIO_PER_SD * difference), low, high)


def _told(found: EValue, how: str) -> EValue:
    return replace(found, warnings=(fr_text(CONVERTED.format(how=how)),))


def _e_value(ratio: float) -> float:
    if not isfinite(ratio) or ratio == 0:
        return nan
    away = ratio if ratio >= 1 else 1 / ratio
    return away + sqrt(away * (away - 1))
