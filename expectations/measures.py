"""What is measured before it is judged: one value a sender and a rule, on frames of some hundred rows.

A rule of a whole table, of several files or of many rows is counted here, by sender, with pandas; Great Expectations
then holds the values to their bounds. So 1.2 million rows never stand in a validator, and every rule tells whom to
call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from expectations.lake import SENDER
from expectations.rules import threshold
from mentorat.disclosure.rules import rules

Mask = Callable[[pd.DataFrame], pd.Series]
SAID = "__dites"
UNITS = ["emetteur", "valeur", "en_defaut", "concernees", "precision"]
COMMON = "ensemble"
"""Sender of a value that is no single sender's."""


@dataclass(frozen=True, eq=False)
class Measure:
    """One rule and its values, to be held between `minimum` and `maximum`.

    `unites`: one row a value, columns UNITS: `valeur` (missing: nothing to judge), and where rows are counted
    `en_defaut` of `concernees`; `precision` tells in French what a value is about, never a value of a row.
    """

    regle: str
    libelle: str
    unites: pd.DataFrame
    minimum: float | None = None
    maximum: float | None = None
    bloquant: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "unites", self.unites.reindex(columns=UNITS))


@dataclass(frozen=True)
class RowCheck:
    """A check of single rows: the share at fault among the rows concerned, by sender.

    `colonnes` are what both masks read; `seuil` names the bound of `seuils.yml`, or is a bound itself.
    """

    regle: str
    libelle: str
    colonnes: Sequence[str]
    en_defaut: Mask
    concernees: Mask | None = None
    seuil: str | float = 0.0
    bloquant: bool = False

    @property
    def maximum(self) -> float:
        """Greatest share of rows at fault."""
        return threshold(self.seuil) if isinstance(self.seuil, str) else self.seuil


def true(mask: pd.Series) -> np.ndarray:
    """A mask as plain booleans, unknown counting as false (n booleans)."""
    return np.asarray(mask.fillna(False), dtype=bool) if mask.hasnans else mask.to_numpy(dtype=bool)


class Senders:
    """Senders met so far, as small integers: a text on each of a million rows would fill the memory."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def codes(self, chunk: pd.DataFrame) -> np.ndarray:
        """The number of the sender of each row (n int16)."""
        here, names = pd.factorize(chunk[SENDER])
        known = [self.names.setdefault(str(name), len(self.names)) for name in names]
        return np.asarray(known, dtype=np.int16)[here] if known else np.zeros(0, dtype=np.int16)

    def shares(self, codes: np.ndarray, fault: np.ndarray) -> pd.DataFrame:
        """Share of rows at fault by sender, from n codes and n booleans."""
        counts = {
            "emetteur": list(self.names),
            "en_defaut": np.bincount(codes[fault], minlength=len(self.names)),
            "concernees": np.bincount(codes, minlength=len(self.names)),
        }
        return with_share(pd.DataFrame(counts))


class Filled:
    """How many rows of each sender fill each column, and how many say something there (not « ne sait pas »)."""

    def __init__(self, colonnes: Sequence[str], unknown: Mapping[str, Sequence[object]] | None = None) -> None:
        self.colonnes = list(colonnes)
        self.unknown = unknown or {}
        self.senders = Senders()
        self.parts: list[pd.DataFrame] = []

    def add(self, chunk: pd.DataFrame) -> None:
        """Count a chunk (n rows, with the columns and the sender's)."""
        codes = self.senders.codes(chunk)
        names = list(self.senders.names)
        counts = {"lignes": np.bincount(codes, minlength=len(names))}
        for name in self.colonnes:
            filled = chunk[name].notna().to_numpy()
            counts[name] = np.bincount(codes[filled], minlength=len(names))
            if name in self.unknown:
                said = filled & ~chunk[name].isin(list(self.unknown[name])).to_numpy()
                counts[f"{name}{SAID}"] = np.bincount(codes[said], minlength=len(names))
        self.parts.append(pd.DataFrame(counts, index=pd.Index(names, name="emetteur")))

    def counts(self) -> pd.DataFrame:
        """One row a sender: `lignes`, then a number of rows a column; those that say something end in SAID."""
        if not self.parts:
            return pd.DataFrame({"lignes": pd.Series(dtype="int64")}, index=pd.Index([], name="emetteur"))
        return pd.concat(self.parts).groupby(level=0).sum()

    def measures(self) -> list[Measure]:
        """None by itself: others read `counts`."""
        return []


@dataclass
class Tally:
    """Counts of the row checks over chunks."""

    checks: Sequence[RowCheck]
    senders: Senders = field(default_factory=Senders)
    counts: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def colonnes(self) -> list[str]:
        """What the checks read."""
        return list(dict.fromkeys(name for check in self.checks for name in check.colonnes))

    def add(self, chunk: pd.DataFrame) -> None:
        """Count a chunk (n rows, with the columns of the checks and the sender's)."""
        if chunk.empty:
            return
        codes = self.senders.codes(chunk)
        for check in self.checks:
            concerned = true(check.concernees(chunk)) if check.concernees else np.ones(len(chunk), dtype=bool)
            fault = true(check.en_defaut(chunk)) & concerned
            found = self.senders.shares(codes[concerned], fault[concerned]).set_index("emetteur")
            before = self.counts.get(check.regle)
            self.counts[check.regle] = found if before is None else found.add(before, fill_value=0)

    def measures(self) -> list[Measure]:
        """One measure a check."""
        nothing = pd.DataFrame({"en_defaut": [], "concernees": []})
        return [
            Measure(
                check.regle,
                check.libelle,
                with_share(self.counts.get(check.regle, nothing).rename_axis("emetteur").reset_index()),
                maximum=check.maximum,
                bloquant=check.bloquant,
            )
            for check in self.checks
        ]


def with_share(counts: pd.DataFrame) -> pd.DataFrame:
    """Add `valeur`, the share `en_defaut` of `concernees` (missing where no row is concerned)."""
    fault, concerned = (counts[name].astype("float64") for name in ("en_defaut", "concernees"))
    return counts.assign(en_defaut=fault, concernees=concerned, valeur=fault / concerned.where(concerned > 0))


def shares(
    senders: pd.Series, fault: pd.Series | np.ndarray, concerned: pd.Series | np.ndarray | None = None
) -> pd.DataFrame:
    """Share of rows at fault by sender (n rows in, one row a sender out, as `Measure.unites` wants)."""
    keep = np.ones(len(senders), dtype=bool) if concerned is None else true(pd.Series(concerned))
    rows = pd.DataFrame(
        {"emetteur": senders.to_numpy(), "en_defaut": true(pd.Series(fault)) & keep, "concernees": keep}
    )
    return with_share(rows.groupby("emetteur", as_index=False).sum())


# --- words ---------------------------------------------------------------------------------------------------------

CLASSES = ((0.01, "moins de 1 %"), (0.05, "de 1 à 5 %"), (0.2, "de 5 à 20 %"), (0.5, "de 20 à 50 %"))


def about(count: float) -> str:
    """A number of rows in words that give neither a small count nor, by difference, another table's hidden one."""
    least = rules().threshold("public")
    if count < least:
        return f"moins de {least} lignes"
    step = 10 ** (len(str(int(count))) - 1)
    step = step if count < 100 else step // 10
    return f"environ {round(count / step) * step:.0f} lignes"


def share_in_words(fault: float, concerned: float) -> str:
    """How much of a sender's rows is at fault, as a class."""
    if fault < rules().threshold("public"):
        return about(fault)
    share = fault / concerned
    return next((f"{words} des lignes" for bound, words in CLASSES if share < bound), "la moitié des lignes ou plus")
