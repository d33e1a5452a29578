"""French typography, one set of functions for pages, PDF, charts and notebooks.

Spaces follow the usage of French printers: a narrow no-break space (U+202F) before `;`, `!`, `?` and between
thousands; a no-break space (U+00A0) before `:` and `%`, inside « », and between a number and its unit.
Numbers and dates come from CLDR through babel.
"""

import datetime
import math
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import pairwise

from babel.dates import format_date
from babel.numbers import format_decimal

NO_BREAK = "\u00a0"
NARROW = "\u202f"
MINUS = "\u2212"
NOT_AVAILABLE = f"n.{NO_BREAK}d."
"""What a missing number reads as; a table that knows the reason (secret, non reçu) says it instead."""

_SPACES = "[ \u00a0\u202f]"
_UNITS = (
    "%|‰|€|k€|M€|h|min|km|points?|ans?|mois|jours?|heures?|semaines?|jeunes|binômes?|mentors?|départements?|départs?"
    "|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
)
_PROTECTED = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|<[^<>]+>|&#?\w+;")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\.\.\."), "…"),
    (re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"), "’"),
    (re.compile(r"(?<![\w)])-(?=\d)"), MINUS),
    (re.compile(rf"(?<!\d)(\d{{1,3}}){_SPACES}(?=\d{{3}}(?!\d))"), rf"\1{NARROW}"),
    (re.compile(rf"(?<=\d{NARROW}\d\d\d){_SPACES}(?=\d{{3}}(?!\d))"), NARROW),
    (re.compile(rf"(?<=[^\s;!?]){_SPACES}*([;!?])(?=[\s;!?.)»”\u2019]|$)"), rf"{NARROW}\1"),
    (re.compile(rf"(?<=[^\s:]){_SPACES}*:(?=\s|$)"), f"{NO_BREAK}:"),
    (re.compile(rf"«{_SPACES}*(?=\S)"), f"«{NO_BREAK}"),
    (re.compile(rf"(?<=\S){_SPACES}*»"), f"{NO_BREAK}»"),
    (re.compile(rf"(?<=\d){_SPACES}*(?=[%‰€])"), NO_BREAK),
    (re.compile(rf"(?<=\d){_SPACES}(?=(?:{_UNITS})(?!\w))"), NO_BREAK),
    (re.compile(rf"(?<!\w)(1er|n°|p\.|art\.|articles?|nᵒ){_SPACES}(?=[\wLDR])"), rf"\1{NO_BREAK}"),
)


@lru_cache(maxsize=8192)
def fr_text(text: str) -> str:
    """Plain French text with its no-break spaces, curly apostrophes, true minus signs and ellipses.

    Idempotent. Addresses, e-mails, tags and character references inside the text are left as they are.
    """
    while (spaced := _pass(text)) != text:  # a sign beside another sign may need a second look (« ;: »)
        text = spaced
    return text


def _pass(text: str) -> str:
    ends = [0, *(bound for found in _PROTECTED.finditer(text) for bound in found.span()), len(text)]
    return "".join(
        text[start:end] if rank % 2 else _spaced(text[start:end]) for rank, (start, end) in enumerate(pairwise(ends))
    )


def _spaced(text: str) -> str:
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def _missing(value: object) -> bool:
    # pd.NA and None without importing pandas: neither converts to a float.
    try:
        return not math.isfinite(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return True


def _rounded(value: float, decimals: int) -> Decimal:
    """Half away from zero on the shortest decimal writing: 0.125 reads 0,13 and 2.5 reads 3."""
    quantum = Decimal(1).scaleb(-decimals)
    return Decimal(repr(float(value))).quantize(quantum, rounding=ROUND_HALF_UP)


def fr_number(value: float | None, decimals: int = 0) -> str:
    """A number as « 208 064 » or « −12,5 »: decimal comma, U+202F thousands; « n. d. » when missing."""
    if _missing(value):
        return NOT_AVAILABLE
    rounded = _rounded(float(value), decimals)  # type: ignore[arg-type]
    return f"{MINUS}{_written(-rounded, decimals)}" if rounded < 0 else _written(abs(rounded), decimals)


@lru_cache(maxsize=4096)
def _written(magnitude: Decimal, decimals: int) -> str:
    """A rounded magnitude in French writing; kept, for Babel is slow and tables say the same small numbers again."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(magnitude, format=pattern, locale="fr"))


def fr_count(count: float, singular: str, plural: str) -> str:
    """« 1 jeune », « 2 jeunes »: in French the plural begins at two."""
    return f"{fr_number(count)} {plural if abs(count) >= 2 else singular}"


def fr_percent(share: float | None, decimals: int = 1) -> str:
    """A share between 0 and 1 as « 8,6 % »."""
    if _missing(share):
        return NOT_AVAILABLE
    # Through the decimal writing: 0.285 * 100 is 28.499999999999996 in binary.
    hundredfold = Decimal(repr(float(share))) * 100  # type: ignore[arg-type]
    rounded = hundredfold.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{fr_number(float(rounded), decimals)}{NO_BREAK}%"


def fr_points(points: float | None, decimals: int = 1) -> str:
    """A difference in percentage points, signed: « −8,8 points », « +0,8 point »."""
    if _missing(points):
        return NOT_AVAILABLE
    rounded = _rounded(float(points), decimals)  # type: ignore[arg-type]
    sign = "+" if rounded > 0 else ""
    return f"{sign}{fr_number(float(rounded), decimals)}{NO_BREAK}{'points' if abs(rounded) >= 2 else 'point'}"


def fr_date(date: datetime.date) -> str:
    """A date in full: « 1er janvier 2025 », « 18 février 2024 »."""
    day, month, year = format_date(date, format="d|MMMM|y", locale="fr").split("|")
    return f"{'1er' if day == '1' else day}{NO_BREAK}{month} {year}"


def fr_p(p: float | None) -> str:
    """A p-value: « p = 0,073 », « p < 0,001 ».

    A fourth decimal is given below 0.01 and around 0.05, so that rounding never decides a conclusion.
    """
    if _missing(p):
        return NOT_AVAILABLE
    value = float(p)  # type: ignore[arg-type]
    if value < 0.001:
        return f"p{NO_BREAK}<{NO_BREAK}0,001"
    decimals = 4 if value < 0.01 or abs(value - 0.05) < 0.005 else 3
    return f"p{NO_BREAK}={NO_BREAK}{fr_number(value, decimals)}"
