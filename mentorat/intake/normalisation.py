"""From the words of senders to canonical text, one distinct value at a time.

A parser takes one cell, already stripped, and gives canonical text, None for missing, or raises `Malformed`
with the rule's code. Canonical text: dates `AAAA-MM-JJ`, months `AAAA-MM`, numbers with a point,
`oui`/`non`, codes of the contract, territory codes, lower-case pseudonyms, lists joined by `|`.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mentorat import reference
from mentorat.contracts.sources import Column

Parser = Callable[[str], str | None]

MISSING = {
    "nc",
    "nr",
    "nsp",
    "na",
    "ras",
    "nan",
    "null",
    "none",
    "nonrenseigne",
    "noncommunique",
    "nesaitpas",
}
DASHES = " \t\u00a0\u202f-–—"
LONGEST_MARK = 24  # as written, with its spaces and points: longer cells are not looked at
MONTHS = {
    name: number
    for number, names in enumerate(
        [
            ("janvier", "janv"),
            ("fevrier", "fevr", "fev"),
            ("mars",),
            ("avril", "avr"),
            ("mai",),
            ("juin",),
            ("juillet", "juil"),
            ("aout",),
            ("septembre", "sept"),
            ("octobre", "oct"),
            ("novembre", "nov"),
            ("decembre", "dec"),
        ],
        start=1,
    )
    for name in names
}
EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_SERIALS = range(20_000, 60_000)  # 1954 to 2064: beyond, a number is no date of ours
INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff")  # what copy and paste leaves in cells


class Malformed(ValueError):
    """A cell that can't be read; the argument is the code of the rule, never the value."""


def fold(text: str) -> str:
    """Lower case without accents, ligatures opened, typographic apostrophes and odd spaces made plain."""
    if text.isascii():
        return " ".join(text.casefold().split())
    text = text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("’", "'")
    decomposed = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).casefold().split())


def squeeze(text: str) -> str:
    """`fold`, letters and digits (and +) only: how codes, labels and headers are compared."""
    return re.sub(r"[^a-z0-9+]", "", fold(text))


LITTLE_WORDS = {"de", "d", "du", "des", "la", "le", "les", "l", "en", "a", "au", "aux", "et"}
PLURAL = re.compile(r"(?<=[a-z]{2})[sx]$")
GENDER = re.compile(r"(?<=[a-z]{3})e{0,2}[sx]?$")


def loosen(text: str, ending: re.Pattern[str] = GENDER) -> str:
    """`squeeze`, little words and the endings of number, or of gender and number, left out: « En présentiel » as
    « présentielle », « Lancées » as « lancé ».
    """
    words = [word for word in re.findall(r"[a-z0-9+]+", fold(text)) if word not in LITTLE_WORDS]
    return "".join(re.sub(r"([ln])\1$", r"\1", ending.sub("", word)) for word in words)


def is_missing(text: str) -> bool:
    """True for the marks senders write where nothing is known: empty, -, NC, N.C., NR, NSP, n/a, RAS…"""
    return len(text) <= LONGEST_MARK and (squeeze(text) in MISSING or not text.strip(DASHES))


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _calendar(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise Malformed("date_illisible") from None
    if not 1900 <= found.year <= 2100:
        raise Malformed("date_illisible")
    return found


ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ].*)?")
COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
FRENCH = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?: .*)?")
WORDS = re.compile(r"(?:(?:[a-z]+\.? )?(\d{1,2})(?:er)?[ /-])?([a-z]+)\.?[ /-](\d{4}|\d{2})")
COMPACT_MONTH = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])")
SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")


def _date(text: str) -> date:
    text = fold(text)
    if match := ISO.fullmatch(text) or COMPACT.fullmatch(text):
        return _calendar(int(match[1]), int(match[2]), int(match[3]))
    if match := FRENCH.fullmatch(text):
        return _calendar(_year(match[3]), int(match[2]), int(match[1]))
    if (match := SERIAL.fullmatch(text)) and int(match[1]) in EXCEL_SERIALS:
        return EXCEL_EPOCH + timedelta(days=int(match[1]))
    if (match := WORDS.fullmatch(text)) and match[1] and match[2] in MONTHS:
        return _calendar(_year(match[3]), MONTHS[match[2]], int(match[1]))
    raise Malformed("date_illisible")


def parse_date(text: str) -> str | None:
    """ISO, AAAAMMJJ, JJ/MM/AAAA, JJ/MM/AA, « 5 mars 2024 » or an Excel serial, with or without an hour."""
    return _date(text).isoformat()


OLINPE_UNKNOWN = re.compile(r"9{1,3}|9999.*|0000.*|\d{4}-99.*|\d{4}-\d{2}-99|99/.*|\d{2}/99/.*|.*/9999|9{8}|0{8}")


def parse_olinpe_date(text: str) -> str | None:
    """As `parse_date`; a date of which a part is unknown (99, 9999) or nil (0000) is missing."""
    return None if OLINPE_UNKNOWN.fullmatch(text) else parse_date(text)


NINES = re.compile(r"9{1,4}")


def _or_unknown(parse: Parser, column: Column) -> Parser:
    """OLINPE writes unknown with nines: too few or too many of them for the variable are unknown all the same."""
    unknown = next((code for code in column.codes if NINES.fullmatch(code)), None)

    def known(text: str) -> str | None:
        try:
            return parse(text)
        except Malformed:
            if NINES.fullmatch(text):
                return unknown
            raise

    return known


def parse_month(text: str) -> str | None:
    """`AAAA-MM`, `AAAAMM`, `MM/AAAA`, `MM/AA`, « mars 2010 », or any date, of which the day is dropped."""
    folded = fold(text)
    if match := re.fullmatch(r"(\d{4})[-/.](\d{1,2})", folded) or COMPACT_MONTH.fullmatch(folded):
        year, month = int(match[1]), int(match[2])
    elif match := re.fullmatch(r"(\d{1,2})[-/.](\d{4})", folded) or re.fullmatch(r"(\d{1,2})/(\d{2})", folded):
        year, month = _year(match[2]), int(match[1])
    elif (match := WORDS.fullmatch(folded)) and match[2] in MONTHS:
        year, month = _year(match[3]), MONTHS[match[2]]
    else:
        try:
            found = _date(text)
        except Malformed:
            raise Malformed("mois_illisible") from None
        year, month = found.year, found.month
    if not (1 <= month <= 12 and 1900 <= year <= 2100):
        raise Malformed("mois_illisible")
    return f"{year:04d}-{month:02d}"


NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?")


def _number(text: str) -> float:
    text = re.sub(r"[\s']|€|eur$|euros?$", "", text.casefold()).replace("\u2212", "-")
    if "," in text and "." in text:  # the last mark is the decimal one
        thousands = "." if text.rfind(",") > text.rfind(".") else ","
        text = text.replace(thousands, "")
    text = text.replace(",", ".")
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise Malformed("nombre_illisible")
    return float(text)


CLOCK = re.compile(r"(\d{1,3})(?:h|:)([0-5]\d)(?::[0-5]\d(?:\.\d+)?|min|mn|m)?")
HOURS = re.compile(r"(.*\d)(?:h|heures?)")
MINUTES = re.compile(r"(.*\d)(?:min|mn|minutes?)\.?")


OUT_OF = re.compile(r"(.+)/\s*(\d{1,3})\s*")
WITH_UNIT = re.compile(r"(.*\d)\s*([^\W\d]+)\.?")
OTHER_UNITS = {"annees": ("an", "ans")}


def _minutes(text: str) -> float | None:
    """Minutes of « 1h30 », « 1:30 », « 1,5 h », « 90 min »; None for a bare number."""
    text = re.sub(r"\s", "", text.casefold())
    if match := CLOCK.fullmatch(text):
        return 60.0 * int(match[1]) + int(match[2])
    if match := HOURS.fullmatch(text):
        return 60 * _number(match[1])
    return _number(match[1]) if (match := MINUTES.fullmatch(text)) else None


def _quantity(column: Column, text: str) -> float:
    """A number in the column's own unit, which may be written (« 14 ans », « 12,5/20 »): a duration in its minutes or
    hours, « 70 % » as 0.7 where a part is asked.
    """
    unit = squeeze(column.unite or "")
    if unit in ("minutes", "heures") and (minutes := _minutes(text)) is not None:
        return minutes if unit == "minutes" else minutes / 60
    said = {loosen(word) for word in (column.unite or "", *OTHER_UNITS.get(unit, ()))}
    if (match := WITH_UNIT.fullmatch(text.strip())) and loosen(match[2]) in said:
        return _number(match[1])
    if column.bornes and (match := OUT_OF.fullmatch(text)) and int(match[2]) == column.bornes[1]:
        return _number(match[1])
    if text.rstrip().endswith("%"):
        if column.bornes is None or column.bornes[1] not in (1, 100):
            raise Malformed("nombre_illisible")
        return round(_number(text.rstrip()[:-1]) * column.bornes[1] / 100, 12)
    return _number(text)


def _decimal(column: Column) -> Parser:
    def parse(text: str) -> str | None:
        value = _quantity(column, text)
        if column.bornes and not column.bornes[0] <= value <= column.bornes[1]:
            raise Malformed("hors_bornes")
        return repr(value)

    return parse


@dataclass(frozen=True)
class Ways:
    """Every way to write the codes of a column: `exact` as `squeeze` compares them; `loose`, one after the other, by
    `loosen` without the plural and then without the gender, of what can mean only one code.
    """

    exact: dict[str, str]
    loose: list[tuple[re.Pattern[str], dict[str, str]]]

    @classmethod
    def of(cls, column: Column) -> "Ways":
        """Synonyms, labels and codes of a column; the last named wins."""
        words = [*column.synonymes.items(), *((label, code) for code, label in column.codes.items())]
        words += [(code, code) for code in column.codes]
        loose = []
        for ending in (PLURAL, GENDER):
            found: dict[str, set[str]] = {}
            for word, code in words:
                found.setdefault(loosen(word, ending), set()).add(code)
            loose.append((ending, {key: min(codes) for key, codes in found.items() if key and len(codes) == 1}))
        return cls({squeeze(word): code for word, code in words}, loose)

    def code(self, text: str) -> str | None:
        """The code that a text is, alone, beside its own label (« 4 - Plutôt d'accord ») or before brackets
        (« Placement à domicile (PEAD) »); None when it is none.
        """
        if (code := self.exact.get(squeeze(text))) is not None:
            return code
        for ending, ways in self.loose:
            if (code := ways.get(loosen(text, ending))) is not None:
                return code
        for mark in re.finditer(r"[-–:.=)]", text):
            number, label = squeeze(text[: mark.start()]).lstrip("0"), squeeze(text[mark.end() :])
            if (code := self.exact.get(number)) is not None and self.exact.get(label) == code:
                return code
        if "(" not in text:
            return None
        code = self.code(re.sub(r"\(.*?\)|\(", "", text))
        said = re.findall(r"\((\d+)\)", text)  # « Plutôt d'accord (2) » says two things
        return code if all(self.exact.get(number, code) == code for number in said) else None


def _integer(column: Column) -> Parser:
    ways = Ways.of(column)

    def parse(text: str) -> str | None:
        if column.codes:
            if (code := ways.code(text)) is not None:
                return code
            try:
                value = _number(text)
            except Malformed:
                raise Malformed("code_inconnu") from None
            if value == int(value) and str(int(value)) in column.codes:
                return str(int(value))
            raise Malformed("code_inconnu")
        value = _quantity(column, text)
        if value != int(value) or abs(value) >= 2**63:
            raise Malformed("nombre_illisible")
        if column.bornes and not column.bornes[0] <= value <= column.bornes[1]:
            raise Malformed("hors_bornes")
        return str(int(value))

    return parse


YES = {"oui", "o", "1", "1.0", "1,0", "-1", "vrai", "true", "x", "yes", "y", "✓", "✔", "☑", "☒"}
NO = {"non", "n", "0", "0.0", "0,0", "faux", "false", "no", "☐"}


def parse_boolean(text: str) -> str | None:
    """« oui » or « non » from oui/non, O/N, 1/0 (-1 as Access writes true), vrai/faux, x, a box ticked."""
    folded = fold(text)
    if folded in YES:
        return "oui"
    if folded in NO:
        return "non"
    raise Malformed("code_inconnu")


def _code(column: Column) -> Parser:
    ways = Ways.of(column)

    def parse(text: str) -> str | None:
        if (code := ways.exact.get(squeeze(text))) is not None:
            return code
        if is_missing(text):
            return None
        if (code := ways.code(text)) is not None:
            return code
        # 01 for 1, and 1.0 as a spreadsheet writes it
        if (match := re.fullmatch(r"0*(\d+)(?:[.,]0+)?", text)) and match[1] in column.codes:
            return match[1]
        if column.repli is not None:
            return column.repli
        raise Malformed("code_inconnu")

    return parse


def _list(column: Column) -> Parser:
    code = _element(column)
    ways = Ways.of(column)

    def parse(text: str) -> str | None:
        if (whole := ways.exact.get(squeeze(text))) is not None:  # a label may hold a comma
            return whole
        parts = [part.strip() for part in re.split(r"[|;,/\n]" if code else r"[|;,\n]", text)]
        read = [(code(part) if code else part) for part in parts if part and not (code is None and is_missing(part))]
        kept = list(dict.fromkeys(part for part in read if part))
        return "|".join(kept) or None

    return parse


SHORT = {"st": "saint", "ste": "sainte", "hte": "haute", "htes": "hautes", "ht": "haut", "hts": "hauts"}
SHORT |= {"bches": "bouches", "pyr": "pyrenees", "terr": "territoire", "mne": "marne", "atl": "atlantique"}
UNSAID = {"le", "la", "les", "l", "de", "du", "des", "d", "et", "en", "sur", "s", "ville", "n", "no", "numero"}
UNSAID |= {"departement", "departemental", "departementale", "dept", "depts", "dpt", "dep", "cd", "cg", "conseil"}
UNSAID |= {"general", "collectivite"}
OLD_RHONE = {"69", "rhone", "69rhone", "rhone69"}
RHONE_PARTS = ("69D", "69M")
CORSICA = {"20", "corse", "20corse", "corse20", "20r"}
OTHER_PLACES = {"belfort": "90", "grandlyon": "69M", "metropolegrandlyon": "69M", "rhonehorsmetropole": "69D"}


def _place_key(text: str) -> str:
    """How places are compared: « Seine St Denis », « D59 », « le Nord », « Dépt 1 », « 59.0 »."""
    text = re.sub(r"^\s*(\d+)[.,]0+\s*$", r"\1", text)
    key = squeeze(text)
    if not re.fullmatch(r"\d\w{0,2}", key):  # a code stays whole: the D of 69D is no article
        folded = re.sub(r"\b(?:d|dep|dpt|dept|cd)(?=\d)", " ", fold(text))
        words = [SHORT.get(word, word) for word in re.findall(r"[a-z0-9]+", folded)]
        key = "".join(word for word in words if word not in UNSAID) or key
    return re.sub(r"^0+(?=\d)", "", key)


@cache
def _territories() -> dict[str, str]:
    """Every way to write one of the 102 territories, as `_place_key` compares them."""
    table = reference.load("territoires")
    ways = dict(OTHER_PLACES)
    for code, label in zip(table["territoire"], table["libelle"], strict=True):
        for way in (label, code, f"{label} {code}", f"{code} {label}"):
            ways[_place_key(way)] = code
    return {key: code for key, code in ways.items() if key not in OLD_RHONE | CORSICA}


@cache
def _addressees() -> dict[str, str]:
    """Ways to write the collectivités that are addressed under a code of their own (6AE, 20R), and the territories."""
    table = reference.load("collectivites")
    own = table.loc[~table["collectivite"].isin(reference.load("territoires")["territoire"])]
    ways = {_place_key(label): code for code, label in zip(own["collectivite"], own["libelle"], strict=True)}
    senders = reference.load("emetteurs").dropna(subset="alias")
    for code, alias in zip(senders["code"], senders["alias"], strict=True):
        if code in set(own["collectivite"]):
            ways |= {_place_key(word): code for word in [code, *alias.split("|")]}
    return _territories() | ways


def collectivites_meant(text: str) -> tuple[str, ...]:
    """The collectivités that 69 (or « Rhône ») and 20 (or « Corse ») may stand for, none for any other place."""
    key = _place_key(text)
    return RHONE_PARTS if key in OLD_RHONE else ("20R",) if key in CORSICA else ()


def parse_territory(text: str, addressees: bool = False) -> str | None:
    """One of the 102 territory codes; an addressee's own code (6AE, 20R) too where `addressees`.

    69, « Rhône » and 20 each hold two territories: never split here (`territoire_ambigu`), except that 20 is an
    addressee, 20R.
    """
    key = _place_key(text)
    if (code := (_addressees() if addressees else _territories()).get(key)) is not None:
        return code
    if key in OLD_RHONE | CORSICA:
        raise Malformed("territoire_ambigu")
    if match := re.fullmatch(r".*\((\w+)\)\s*", text):  # « Métropole (69M) »
        return parse_territory(match[1], addressees)
    if match := re.fullmatch(r"(\w{1,3})\s*[-–:]\s*\D.*", text):  # « 59 - Hauts-de-France »
        return parse_territory(match[1], addressees)
    raise Malformed("code_inconnu")


def _territory(column: Column) -> Parser:
    others = {_place_key(word): code for code, label in column.autres_territoires.items() for word in (code, label)}

    def parse(text: str) -> str | None:
        return others.get(_place_key(text)) or parse_territory(text, column.collectivites)

    return parse


@cache
def _associations() -> dict[str, str]:
    table = reference.load("emetteurs")
    ways: dict[str, str] = {}
    for row in table.loc[table["type"] == "association"].itertuples():
        aliases = str(row.alias).split("|") if isinstance(row.alias, str) else []
        for word in (row.code, row.emetteur, row.libelle, *aliases):
            ways[squeeze(str(word))] = str(row.code)
    return ways


def parse_association(text: str) -> str | None:
    """The code of a known association; another operator keeps its own name, made a slug."""
    return _associations().get(squeeze(text)) or re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-") or None


def _element(column: Column) -> Parser | None:
    """The parser of each element of a list, None where any word may stand."""
    if column.elements == "departement":
        return parse_territory
    if column.elements == "association":
        return parse_association
    return _code(column) if column.codes else None


def _pseudonym(column: Column) -> Parser:
    shape = re.compile(rf"[0-9a-f]{{{column.longueur}}}")

    def parse(text: str) -> str | None:
        lowered = text.casefold()
        if not shape.fullmatch(lowered):
            raise Malformed("pseudonyme_malforme")
        return lowered

    return parse


def _verbatim(text: str) -> str | None:
    return " ".join(text.split())


def parser(column: Column, olinpe: bool = False) -> Parser:
    """The parser of a column's cells, missing marks included (a code whose label is « Ne sait pas » is read
    first).
    """
    if column.type == "code":
        return _or_unknown(_code(column), column) if olinpe else _code(column)
    parse: Parser = {
        "date": parse_olinpe_date if olinpe else parse_date,
        "mois": parse_month,
        "decimal": _decimal(column),
        "entier": _or_unknown(_integer(column), column) if olinpe else _integer(column),
        "booleen": parse_boolean,
        "liste": _list(column),
        "pseudonyme": _pseudonym(column),
        "association": parse_association,
        "departement": _territory(column),
        "reference": _verbatim,
        "texte": _verbatim,
    }[column.type]

    def with_missing(text: str) -> str | None:
        return None if is_missing(text) else parse(text)

    return with_missing


PLAIN = r"^[!-~]*[0-9][!-~]*$"
"""RE2: words of printable ASCII that hold a digit: neither a missing mark nor anything to tidy."""


def _plain(column: Column) -> str | None:
    """RE2 of the cells of a column that are canonical as they stand, where there may be hundreds of thousands."""
    if column.type == "pseudonyme":
        return rf"^[0-9a-f]{{{column.longueur}}}$"
    return PLAIN if column.type in ("reference", "texte") else None


def parse_distinct(distinct: pa.Array, column: Column, olinpe: bool = False) -> tuple[pa.Array, list[str | None]]:
    """(canonical strings, code of the rule broken or None) of distinct raw cells; both as long as `distinct`, null
    where nothing is known or can be read.
    """
    shape = _plain(column)
    plain = np.zeros(len(distinct), dtype=bool)
    if shape:
        plain = pc.match_substring_regex(distinct, shape).fill_null(False).to_numpy(zero_copy_only=False)
    rest = pa.array(~plain)
    values, broken = parse_all(distinct.filter(rest).to_pylist(), parser(column, olinpe))
    faults: list[str | None] = [None] * len(distinct)
    for place, fault in zip(np.flatnonzero(~plain), broken, strict=True):
        faults[place] = fault
    return pc.replace_with_mask(distinct, rest, pa.array(values, pa.string())), faults


def parse_all(values: Iterable[str | None], parse: Parser) -> tuple[list[str | None], list[str | None]]:
    """(canonical values, code of the rule broken or None) of distinct cells; both as long as `values`."""
    parsed: list[str | None] = []
    faults: list[str | None] = []
    for value in values:
        try:
            parsed.append(parse(value.translate(INVISIBLE).strip()) if value else None)
            faults.append(None)
        except Malformed as fault:
            parsed.append(None)
            faults.append(str(fault))
    return parsed, faults
