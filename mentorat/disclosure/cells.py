"""Counts and the sums that tie them, before `core.suppress` chooses what to hide."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from mentorat.disclosure.core import Equation


@dataclass
class Cells:
    """Counts by key, and the sums that tie them."""

    counts: dict[str, int] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    """Zeros that describe nobody."""
    equations: list[Equation] = field(default_factory=list)

    def add(self, key: str, value: int, rank: int = 0, *, derived: bool = False, plain: bool = False) -> None:
        """A count; `plain`: when it is zero, it tells of nobody."""
        self.counts[key], self.ranks[key] = value, rank
        if derived:
            self.derived.add(key)
        if plain and value == 0:
            self.plain.add(key)

    def tie(self, total: str, parts: Iterable[str]) -> None:
        """A total and its parts, what they lack being granted to the attacker."""
        parts = tuple(parts)
        if parts:
            self.equations.append(Equation(total, parts, self.counts[total] - sum(self.counts[part] for part in parts)))

    def remainder(self, total: str, parts: Iterable[str], name: str, *, plain: bool) -> None:
        """What is left of a total, that is never shown, as a cell of its own."""
        parts = tuple(parts)
        self.add(name, self.counts[total] - sum(self.counts[part] for part in parts), derived=True, plain=plain)
        self.tie(total, (*parts, name))

    def table(self, threshold: int) -> pd.DataFrame:
        """The cells as `suppress` reads them."""
        return pd.DataFrame(
            {
                "cle": list(self.counts),
                "valeur": list(self.counts.values()),
                "sensible": [value < threshold and key not in self.plain for key, value in self.counts.items()],
                "rang": [self.ranks[key] for key in self.counts],
                "derivee": [key in self.derived for key in self.counts],
            }
        )
