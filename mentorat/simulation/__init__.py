"""A simulated dépôt with a known effect, for the demonstration and the tests; every person is a draw."""

from collections.abc import Callable
from typing import Any

from mentorat.settings import Settings


def write_demo(
    settings: Settings,
    campagne: int = 2024,
    jeunes: int = 87_500,
    graine: int = 2024,
    progress: Callable[[str], None] | None = None,
    *,
    historique: int = 1,
) -> dict[str, Any]:
    """Write a simulated dépôt, its demonstration keys and its truth; return the content of simulation.json.

    `jeunes` is the number of young people in care on 31 December of `campagne`. `historique` is the number of campagnes
    written, the same young people from year to year, `campagne` being the last. Same arguments, same
    bytes, but for the two files under a password: their encryption draws a salt, their content is the same.
    Raises UsageError when the dépôt or the keys already there are not a demonstration's.
    """
    from mentorat.simulation.demo import write

    return write(settings, campagne, jeunes, graine, progress or (lambda message: None), historique=historique)
