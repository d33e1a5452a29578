"""Level-1 pseudonyms: what senders compute on their own computers, from first name, family name and birth date.

Standard library only. Everything another implementation needs to get the same 64 characters:

1. A **name** is normalised by `normalise_name`: Unicode NFKD, capitals, ligatures written in full (Œ → OE, Æ → AE,
   ß → SS, Ø → O, Ł → L, Đ and Ð → D, Þ → TH, Ħ → H, Ŋ → NG, Ə → E), combining marks dropped, then letters only (Unicode
   category L): spaces, hyphens, apostrophes, digits and other signs are dropped. Of a list of first names separated by
   commas or semicolons, the first alone is used.
2. A **birth date** is written `AAAA-MM-JJ`.
3. The **message** is UTF-8: `jeune|PRENOM|NOM|AAAA-MM-JJ` (`mentor|…` for a mentor).
   - `exact` hashes that message;
   - `inv` hashes the same with day and month swapped (`AAAA-JJ-MM` of the true date), when that is a date: so the `inv`
     of one record is the `exact` of another whose date was swapped;
   - `phon` hashes `jeune_phon|prenom|nom|AAAA-MM-JJ`, where both names are `mentorat.identity.phonetics.phonetic` codes
     and the date is in full.
4. The **pseudonym** is HMAC-SHA-256 (RFC 2104, FIPS 180-4) of the message under the programme's key (its UTF-8 bytes,
   spaces around it dropped), as 64 small hexadecimal characters.

Test vector, under the key `0123456789abcdef0123456789abcdef`: first name « Zoé-Line », family name « d'Œuvre », born on
5 March 2010. Messages `jeune|ZOELINE|DOEUVRE|2010-03-05`, `jeune_phon|zoelin|d4vr|2010-03-05` and
`jeune|ZOELINE|DOEUVRE|2010-05-03`:

>>> vector = level_one("Zoé-Line", "d'Œuvre", date(2010, 3, 5), b"0123456789abcdef0123456789abcdef")
>>> vector.exact
'1692ef6bc0ad3821a1997c863635140d6bc490ab67d8669256293edb6c5b2b8b'
>>> vector.phon
'88f7bbb51851a6d2b912927389831288fcd7f86258d00126986d60d5bc9a783b'
>>> vector.inv
'7616dddcf6fcb03dad4092e6e6c2f62a01686bdf602ba5a1b9893995771fa384'
"""

import hmac
import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from mentorat.identity.phonetics import fold, phonetic, words_of

Kind = Literal["jeune", "mentor"]
EARLIEST, LATEST = 1900, 2100  # years of birth believed


class LevelOne(NamedTuple):
    """Pseudonyms of one person, 64 hexadecimal characters each; `inv` is None where the swapped date is no date."""

    exact: str
    phon: str
    inv: str | None


@lru_cache(maxsize=1 << 17)
def normalise_name(name: str) -> str:
    """Letters of a name, in capitals, without accents nor ligatures; empty for a name without any letter.

    >>> normalise_name("d'Œuvre-Saint Cyr")
    'DOEUVRESAINTCYR'
    """
    return "".join(words_of(fold(name)))


def first_given(names: str) -> str:
    """The first of first names separated by commas or semicolons (« Marie, Louise » → « Marie »)."""
    return next((part for part in re.split("[,;]", names) if part.strip()), "")


def swapped(day: date) -> date | None:
    """`day` with day and month swapped, or None where that is no date."""
    return _date(day.year, day.day, day.month)


def level_one(prenom: str, nom: str, naissance: date, key: bytes, kind: Kind = "jeune") -> LevelOne:
    """Pseudonyms of a person under `key`, in the format this module's description states.

    Raises ValueError (no value in it) when a name holds no letter: such a person has no pseudonym.
    """
    prenom = first_given(prenom)
    first, family = normalise_name(prenom), normalise_name(nom)
    if not first or not family:
        raise ValueError("a name without any letter")
    day, inverse = naissance.isoformat(), swapped(naissance)
    return LevelOne(
        _digest(key, f"{kind}|{first}|{family}|{day}"),
        _digest(key, f"{kind}_phon|{phonetic(prenom)}|{phonetic(nom)}|{day}"),
        _digest(key, f"{kind}|{first}|{family}|{inverse.isoformat()}") if inverse else None,
    )


def _digest(key: bytes, message: str) -> str:
    return hmac.digest(key, message.encode(), "sha256").hex()


# --- birth dates as senders write them --------------------------------------------------------------

MONTHS = {
    fold(name): number
    for number, names in enumerate(
        (
            "janvier janv jan", "février févr fév", "mars mar", "avril avr", "mai", "juin",
            "juillet juil", "août", "septembre sept sep", "octobre oct", "novembre nov", "décembre déc",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$")
YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})")
DAY_FIRST = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})")
IN_WORDS = re.compile(r"(\d{1,2})(?:ER)? ([A-Z]+)\.? (\d{4})")
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
EIGHT = re.compile(r"\d{8}")


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if EARLIEST <= year <= LATEST else None
    except ValueError:
        return None


def _century(year: str) -> int:
    # as spreadsheets read two digits: 1930 to 2029
    return int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 30 else 1900)


@lru_cache(maxsize=1 << 16)
def parse_birth(text: str) -> date | None:
    """A full birth date as senders write it, or None: unknown day or month, month alone, no date.

    Read: `2010-03-05`, `2010/3/5`, `05/03/2010`, `5.3.10`, `05 03 2010`, `5 mars 2010`, `1er janvier 2008`, `20100305`,
    `05032010`, a spreadsheet's serial number, each with or without a time of day. Day comes before month. Years of two
    digits are 1930 to 2029; years outside 1900-2100 are refused.
    """
    text = TIME.sub("", " ".join(text.split()))
    if match := YEAR_FIRST.fullmatch(text):
        return _date(int(match[1]), int(match[3]), int(match[4]))
    if match := DAY_FIRST.fullmatch(text):
        return _date(_century(match[4]), int(match[3]), int(match[1]))
    if EIGHT.fullmatch(text):
        year_first = _date(int(text[:4]), int(text[4:6]), int(text[6:]))
        return year_first or _date(int(text[4:]), int(text[2:4]), int(text[:2]))
    if match := SERIAL.fullmatch(text):
        return _plausible(date(1899, 12, 30) + timedelta(days=int(match[1])))
    if (match := IN_WORDS.fullmatch(fold(text))) and match[2] in MONTHS:
        return _date(int(match[3]), MONTHS[match[2]], int(match[1]))
    return None


def _plausible(day: date) -> date | None:
    return day if EARLIEST <= day.year <= LATEST else None
