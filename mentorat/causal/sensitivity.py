"""How strong a hidden confounder would have to be.

Source: VanderWeele and Ding (2017), Annals of Internal Medicine 167:268-274.
"""

from dataclasses import dataclass
from math import isfinite, nan, sqrt


@dataclass(frozen=True)
class EValue:
    """E-value of the estimate and of the interval's limit nearest to 1 (1 when the interval holds 1).

    The least risk ratio that an unmeasured trait would need with both mentoring and the outcome, beyond the
    measured ones, to explain the estimate (or the limit) away. nan where the ratio is not known.
    """

    point: float
    limit: float


def e_value(risk_ratio: float, low: float = nan, high: float = nan) -> EValue:
    """E-values of a risk ratio and of its interval [`low`, `high`], on either side of 1.

    Raises ValueError when a ratio is negative or the estimate lies outside its interval.
    """
    if min(risk_ratio, low, high) < 0:
        raise ValueError("a risk ratio is positive")
    if low > risk_ratio or high < risk_ratio:
        raise ValueError("the estimate lies outside its interval")
    limit = low if risk_ratio >= 1 else high
    crossed = limit <= 1 if risk_ratio >= 1 else limit >= 1
    return EValue(point=_e_value(risk_ratio), limit=1.0 if crossed else _e_value(limit))


def _e_value(ratio: float) -> float:
    if not isfinite(ratio) or ratio == 0:
        return nan
    away = ratio if ratio >= 1 else 1 / ratio
    return away + sqrt(away * (away - 1))
