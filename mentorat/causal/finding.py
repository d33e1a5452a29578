"""What any estimator of this package hands to those that run it many times: a figure, its interval, its sample."""

from dataclasses import dataclass
from math import isfinite, nan
from typing import Protocol

from mentorat.causal.outcomes import OutcomeEffect


class Effectlike(Protocol):
    """The least that an estimate must say to be read: its value, its interval and its p-value."""

    @property
    def estimate(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def p(self) -> float: ...


@dataclass(frozen=True)
class Finding:
    """An estimate in the outcome's unit with its interval and two-sided p-value.

    `n`: answers used; `clusters`: what they come from; `warnings`: French sentences.
    """

    estimate: float
    low: float
    high: float
    p: float
    n: int = 0
    clusters: int = 0
    warnings: tuple[str, ...] = ()
    se: float = nan

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def finding(effect: Effectlike) -> Finding:
    """The common part of an effect; ValueError when a figure is missing: an estimator refuses, it never hides."""
    values = (float(effect.estimate), float(effect.low), float(effect.high), float(effect.p))
    if not all(isfinite(one) for one in (values[0], values[3])) or not values[1] <= values[0] <= values[2]:
        raise ValueError(f"not an estimate with its interval and p-value: {values}")
    if isinstance(effect, OutcomeEffect):
        return Finding(
            *values,
            n=effect.n_treated + effect.n_control,
            clusters=effect.clusters,
            warnings=effect.warnings,
            se=effect.standard_error,
        )
    return Finding(
        *values,
        n=int(getattr(effect, "n", 0)),
        clusters=int(getattr(effect, "clusters", 0)),
        warnings=tuple(getattr(effect, "warnings", ())),
        se=float(getattr(effect, "se", nan)),
    )
