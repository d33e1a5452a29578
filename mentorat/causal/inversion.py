"""What the tests by draws share: when draws are all taken, what a tie is, and the interval that inverts a test."""

from collections.abc import Callable
from math import inf

MOST_ENUMERATED = 65_536
"""Draws up to which they are all taken rather than some at random (2^16)."""
TIE = 1e-10
"""How near two statistics are the same, relative to the larger of 1 and the original."""
_FARTHEST = 1e6
_HALVINGS = 60


def monte_carlo_p(beyond: int, draws: int, enumerated: bool) -> float:
    """Share of the draws beyond the original, which is one of them (Phipson and Smyth 2010 when drawn at random)."""
    return beyond / draws if enumerated else (1 + beyond) / (1 + draws)


def farthest_kept(p_of: Callable[[float], float], estimate: float, step: float, alpha: float) -> float:
    """The value farthest from the estimate, on the side of `step`, before `p_of` first falls to `alpha`.

    Infinite when it has not a million steps away; the estimate itself when `step` is zero.
    """
    if step == 0:
        return estimate
    inside, outside = 0.0, 0.5
    while p_of(estimate + outside * step) > alpha:
        inside, outside = outside, 1.5 * outside
        if outside > _FARTHEST:
            return inf if step > 0 else -inf
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if p_of(estimate + middle * step) > alpha:
            inside = middle
        else:
            outside = middle
    return estimate + outside * step
