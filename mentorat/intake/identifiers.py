"""Direct identifiers and forbidden details: what makes a file refused whole.

Findings name a column and line numbers, never a value: a header no contract declares is itself the sender's
word, so it is named by its place.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import PurePath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mentorat.contracts.sources import Column, Contract, contracts
from mentorat.intake.normalisation import fold
from mentorat.intake.people import (
    FIRST_NAME,
    NAME,
    WORD,
    could_be_a_person,
    is_first_name,
    is_word,
    named_alone,
    person_in,
    person_in_code,
    whole_name,
    with_civility,
)
from mentorat.intake.reading import NOTE, RawTable
from mentorat.intake.recognition import header_key, place

LINES_NAMED = 20
MOSTLY = 0.5  # share of a column's filled cells from which it is what they are
PHONE = "téléphone"
NIR_FOUND = "numéro de sécurité sociale"
FOREIGNER = "numéro d'étranger"
COPIED = "pseudonyme recopié hors de sa colonne"


@dataclass(frozen=True)
class Finding:
    """What was found, in which column (French words, no value), on which lines (empty: in the header
    itself).
    """

    quoi: str
    colonne: str
    lignes: tuple[int, ...] = ()


# --- writing made plain ---------------------------------------------------------------------------

# letters of other alphabets that nobody tells from ours
LOOKALIKES = str.maketrans("АВЕЅІЈКМНОРСТХаеіјорсухѕԁΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABESIJKMHOPCTXaeijopcyxsdABEZHIKMNOPTXo")
ODD = r"[^\x20-\x7e\x{a1}-\x{ac}\x{ae}-\x{17f}]| {2}|^\d[.,]\d+[eE]"
SCIENTIFIC = re.compile(r"(\d)[.,](\d+)[eE]\+?(\d{1,2})")


FEW = 300  # cells up to which each is looked at at once: making an RE2 ready costs as much


def clear(text: str) -> str:
    """Text as the eye reads it: letters composed, of one width and one alphabet, nothing invisible, one kind of space,
    hyphen and figure; a whole number in scientific notation written out.
    """
    if not text.isascii():
        text = re.sub(r"[^\x00-\x7f]", _plain, unicodedata.normalize("NFKC", text).translate(LOOKALIKES))
        text = unicodedata.normalize("NFC", text)
    text = " ".join(text.split())
    if (number := SCIENTIFIC.fullmatch(text)) and len(number[2]) <= int(number[3]) < 20:
        text = number[1] + number[2].ljust(int(number[3]), "0")
    return text


def _plain(character: re.Match[str]) -> str:
    kind = unicodedata.category(character[0])
    if kind == "Nd":
        return str(unicodedata.decimal(character[0]))
    return "" if kind == "Cf" else "-" if kind == "Pd" or character[0] == "\u2212" else character[0]


def _cleared(cells: pa.Array) -> pa.Array:
    """`clear` of each cell, where it changes something."""
    if len(cells) <= FEW:
        return pa.array([clear(cell) for cell in cells.to_pylist()], pa.string())
    odd = pc.match_substring_regex(cells, ODD)
    if not pc.any(odd).as_py():
        return cells
    plain = [clear(cell) for cell in cells.filter(odd).to_pylist()]
    return pc.replace_with_mask(cells, odd, pa.array(plain, pa.string()))


# --- by header ------------------------------------------------------------------------------------

ROLES = (
    "jeunes?|enfants?|mineure?s?|majeure?s?|mentor(?:e|ee|es|ees|s)?|beneficiaires?|usagers?|usageres?|eleves?|personnes?"
    "|referente?s?|educateurs?|educatrices?|tuteurs?|tutrices?|parents?|peres?|meres?|titulaires?|responsables?|contacts?"
    "|repondante?s?|parrains?|marraines?|filleule?s?|familles?|identites?|interlocuteurs?|interlocutrices?|intervenante?s?"
    "|conseillers?|conseilleres?|accompagnante?s?|benevoles?|assistante?s?|assfam|travailleurs?|travailleuses?|inspecteurs?"
    "|inspectrices?|encadrante?s?|coordinateurs?|coordinatrices?|coordonnateurs?|coordonnatrices?"
)
BESIDE_ROLES = (
    "ase|aemo|charge|chargee|mentorat|parrainage|suivi|suivie|par|familial|familiale|familiaux|social|sociale|principal"
    "|principale|accueil|legal|legaux|1|2|et|ou|binome|concerne|concernee|educatif|educative|structure|association"
)
PERSON_WORDS = (
    f"{ROLES}|{BESIDE_ROLES}|naissance|usage|usuel|epouse|marital|patronymique|complet|complets|famille|fille"
    "|noms?|prenoms?|patronyme|civilite"
)
ROLE_ALONE = re.compile(rf"^(?=.*\b(?:{ROLES}|chargee?|(?:suivi|suivie) par)\b)(?:(?:{ROLES}|{BESIDE_ROLES})(?: |$))+$")
HEADERS: dict[str, re.Pattern[str]] = {
    # every word is about a person: « Nom du jeune », never « Nom de l'association »
    "nom ou prénom": re.compile(
        rf"^(?=.*\b(?:noms?|prenoms?|patronyme)\b)(?!noms? (?:association|structure)s?$)(?:(?:{PERSON_WORDS})(?: |$))+$"
        r"|\b(nomprenoms?|prenomnom|nomjeune|nommentor|nomenfant)\b"
        r"|^(full ?name|first ?name|last ?name|sur ?name|name)$"
    ),
    NIR_FOUND: re.compile(r"\b(nir|secu|securite sociale|ssn|nss|numero insee|n insee)\b"),
    FOREIGNER: re.compile(r"\b(agdref|(numero|num|n|no) etrangers?|titre sejour|carte sejour|passeport)\b"),
    "adresse électronique": re.compile(r"\b((e ?)?mails?|courriels?|adresse electronique|mel)\b"),
    PHONE: re.compile(r"\b(tel|telephones?|portables?|mobiles?|gsm|whatsapp)\b"),
    "adresse postale": re.compile(r"\b(adresses?|rue|domicile complet|domiciliation)\b"),
}
NAMED_ALONE = HEADERS["nom ou prénom"]
FORBIDDEN: dict[str, re.Pattern[str]] = {
    "infraction ou antécédent judiciaire": re.compile(
        r"\b(infractions?|delits?|crimes?|casier|condamnations?|antecedents?|penale?|fijais\w*|bulletin|b2|b3"
        r"|garde vue|incarceration|resultat (controle|honorabilite|verification))\b"
    ),
    "détail de santé": re.compile(
        r"\b(sante|medica(l|le|ux)|pathologies?|diagnostics?|maladies?|psychiatr\w*|psycholog\w*|traitements?"
        r"|medicaments?|allergies?|addictions?|hospitalisations?|(type|nature|taux) handicap|troubles?"
        r"|grossesse|vaccin\w*)\b"
    ),
}
# Names under these are names of places and bodies, often a great person's: « Jean Moulin ».
PLACE_HEADER = re.compile(
    r"\b(etablissements?|structures?|colleges?|lycees?|ecoles?|antennes?|sites?|lieux?|villes?|communes?|associations?"
    r"|operateurs?|partenaires?|territoires?|departements?|quartiers?|services?|secteurs?|foyers?|mecs|residences?"
    r"|organismes?|cfa|universites?|entreprises?|employeurs?|source|emetteur|region|bassin|canton|circonscription)\b"
)
# Numbers of nine or ten figures that are no telephone.
NUMBER_HEADER = re.compile(
    r"\b(siren|siret|finess|uai|rna|rne|insee|code|ref|reference|dossier|identifiant|id|matricule|convention|facture"
    r"|montant|numero|num|n|no)\b"
)


@cache
def _declared() -> frozenset[str]:
    """Headers some contract declares: a forbidden word in them is not the sender's doing. OLINPE's own
    variables (health, violence) are at home in S1 only, where they are recognised as such.
    """
    return frozenset(
        header_key(word)
        for contract in contracts().values()
        if not contract.olinpe
        for words in ([*contract.ignorees], *([c.nom, c.libelle, *c.alias] for c in contract.colonnes))
        for word in words
    )


def _spaced(header: str) -> str:
    words = re.findall(r"[a-z0-9]+", fold(re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", clear(header))))
    return " ".join(word for word in words if word not in ("de", "d", "du", "des", "la", "le", "les", "l"))


def _by_header(headers: list[str], named: dict[int, str]) -> list[Finding]:
    found = []
    for index, header in enumerate(headers):
        if not header or index in named or header_key(header) in _declared():
            continue
        spaced = _spaced(header)
        for what, pattern in (HEADERS | FORBIDDEN).items():
            if pattern.search(spaced):
                found.append(Finding(what, place(index)))
                break
    return found


# --- by content -----------------------------------------------------------------------------------

# RE2, over distinct cells made plain: what could hold an identifier. Dates and pseudonyms are let through first.
HARMLESS = (
    r"^([0-9a-fA-F]{40}|[0-9a-fA-F]{64}|.{0,5}"
    r"|(\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4})([ T]\d{1,2}[:h]\d{2}(:\d{2}(\.\d+)?)?)?)$"
)
SUSPECT = (
    r"@|(?i:\b(at|arobase)\b)|\d[\d ./_\-()]{7,}\d|[1-478] ?\d\d ?\d\d ?(\d|A|B)"
    r"|(?i:\b(rue|avenue|av|boulevard|bd|all[eé]e|impasse|place|chemin|route|quai|cours|square|faubourg|lotissement|appt|r[eé]sidence|immeuble|hameau|passage|ruelle|sentier|clos)\b)"
    r"|(?i:\bappartement\b|\b(Mr|Mme|Mlle|Monsieur|Madame|Mademoiselle)\b)|\bM\.? ?\p{Lu}"
)
HARMLESS_ONE = re.compile(HARMLESS, re.ASCII)
# two words, the first or second with a capital; the words that introduce a first name; two to five words alone
SUSPECT_NAME = (
    r"\p{Lu}[\p{L}'’\-]+ (\p{L}|['’])|\p{L}[ :]+\p{Lu}\p{L}"
    r"|^[\p{L}'’\-]{2,}[ ,./_+&]+[\p{L}'’ ,./_+&\-]+$"
)
# a reference may be made of a name: « UNTEL-LEA-01 »
SUSPECT_REFERENCE = r"\p{L}{3,}[^\p{L}]+\p{L}{3,}|\p{Ll}\p{Lu}\p{Ll}"
PSEUDONYM = r"^\s*([0-9a-fA-F]{40}|[0-9a-fA-F]{64})\s*$"
MARKS = r"(?i)^[\W_]*(n\.?c|n\.?r|n\.?s\.?p|n/?a|ras|nan|null|none|non ?(renseign|communiqu)[eé]e?)?[\W_]*$"
NAME_LIKE = r"^[^0-9@_:;=<>*#%(){}|]+$"
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+ ?(?:@|[(\[]? ?\b(?:at|arobase)\b ?[)\]]?) ?[\w-]+(\.[\w-]+)+", re.IGNORECASE)
PHONE_PLAIN = re.compile(r"(?<![\d.,-])0[1-9]([ .-]?)\d{2}(\1\d{2}){3}(?![\d-])")
PHONE_WRITTEN = re.compile(
    r"(?<![\d.,-])(?:(?:\+|00)(?:33|262|508|590|594|596|681|687|689)[ .-]?(?:\(0\)[ .-]?)?[1-9]([ .-]?)\d{2}"
    r"(\1\d{2}){2,3}"
    r"|\(?0[1-9]\)?([ ./_-]|- | - | / )\d{2}(\3\d{2}){3})(?![\d-])"
    r"|(?<![\d.,+-])\+[1-9]\d{0,2}[ .-]?(?:\(0\))?(?:[ .-]?\d){8,12}(?!\d)"
)
# a mobile whose figures are grouped in some other way (« 0612 34 56 78 »), without a year among them
PHONE_GROUPED = re.compile(r"(?<![\d.,/-])0[67](?!.{0,7}\b(?:19|20)\d\d\b)(?: ?\d){8}(?![\d-]| \d)")
PHONE_SAID = re.compile(
    r"\b(?:tel|telephone|portable|mobile|gsm|whatsapp|(?:r?appeler|joindre|joignable)(?: (?:au|le|sur))?)\b"
    r"[ :.=n°-]{0,6}0?[1-9](?:[ .-]?\d){8}(?![\d-])"
)
NIR = re.compile(r"(?<!\d)(?=([1-478](?:[ ./_-]?\d){5}[ ./_-]?[\dABab](?:[ ./_-]?\d){6}(?:(?:[ ./_-]?\d){2})?)(?!\d))")
NIR_GROUPED = re.compile(r"[1-478][ .-]?\d\d[ .-]?\d\d[ .-]?(?:\d\d|2[ABab])[ .-]?\d{3}[ .-]?\d{3}(?:[ .-]?\d\d)?")
NIR_PARTS = re.compile(r"([1-478]\d\d(?:0[1-9]|1[0-2]|[23]\d|4[0-2]|[5-9]\d)(?:\d\d|2[AB])\d{6})(\d\d)?", re.IGNORECASE)
NIR_BARE = re.compile(r"[12]\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[1-8]\d|9[0-9]|2[AB])\d{6}")
AGDREF_SAID = re.compile(
    r"\b(?:agdref|(?:n°?|numero|num\.?) ?(?:d')?etrangere?|titre de sejour|recepisse)\b\D{0,25}\d(?:[ .-]?\d){9}\b"
)
ADDRESS = re.compile(
    r"\b\d{1,4} ?(?:bis|ter|quater|[a-d])?,? +(?:rue|avenue|av\.?|boulevard|bd|allee|impasse|chemin|route|quai"
    r"|square|lotissement|faubourg) +[a-z]"
    r"|\b(?:rue|avenue|boulevard|allee|impasse|chemin|route|quai|square|lotissement|appt|appartement)\b.{0,120}"
    r"\b\d{5}\b +[a-z]"
)
ADDRESS_PLACE = re.compile(
    r"\b\d{1,4},? +(?i:place|cours|r[ée]sidence|immeuble|hameau|passage|ruelle|sentier|clos) +"
    r"(?:(?:de la|de|du|des|d'|l'|la|les?) ?)?[A-ZÀ-Ý]"
)


def _is_nir(text: str, free: bool) -> bool:
    """A NIR with a right key; in free text, also one written apart, whose key is missing or mistyped."""
    for match in NIR.finditer(text):
        parts = NIR_PARTS.fullmatch(re.sub(r"[ ./_-]", "", match[1]))
        if parts is None:
            continue
        digits = parts[1].upper()
        number = int(digits.replace("2A", "19").replace("2B", "18"))
        if parts[2] is not None and int(parts[2]) == 97 - number % 97:
            return True
        alone = match[1].isdigit() and match[1] == text.strip()
        if free and not alone and NIR_BARE.fullmatch(digits) and NIR_GROUPED.fullmatch(match[1]):
            return True
    return False


WINDOW, OVERLAP = 2000, 200  # a longer cell is read by pieces: the time it takes grows with its length only


def identifier_in(text: str, free: bool = True, people: bool = True) -> str | None:
    """What direct identifier the cell holds, in French, or None. `free`: the cell may hold any text (a
    reference may not look like a telephone by chance). `people`: names are looked for without a civility too (not
    where places and bodies are named).
    """
    if len(text) <= WINDOW:
        return _identifier_in(clear(text), free, people)
    pieces = (text[start : start + WINDOW] for start in range(0, len(text), WINDOW - OVERLAP))
    return next((what for piece in pieces if (what := _identifier_in(clear(piece), free, people))), None)


def _identifier_in(text: str, free: bool, people: bool) -> str | None:
    folded = fold(text)
    tests: tuple[tuple[str, Callable[[], object]], ...] = (
        ("adresse électronique", lambda: EMAIL.search(text)),
        (NIR_FOUND, lambda: _is_nir(text, free)),
        (PHONE, lambda: PHONE_WRITTEN.search(text) or PHONE_SAID.search(folded)),
        (PHONE, lambda: free and (PHONE_PLAIN.search(text) or PHONE_GROUPED.search(text))),
        (FOREIGNER, lambda: AGDREF_SAID.search(folded)),
        ("adresse postale", lambda: ADDRESS.search(folded) or ADDRESS_PLACE.search(text)),
        (NAME, lambda: (person_in(text) or named_alone(text)) if people else with_civility(text)),
    )
    return next((what for what, holds in tests if holds()), None)


@dataclass(frozen=True)
class _Cells:
    """Distinct filled cells of a column and the rows of each, and what is known of the column."""

    values: pa.Array
    rows: pa.Array
    filled: int
    header: str
    column: Column | None

    @property
    def kind(self) -> str:
        """Type of the declared column; text for any other."""
        return self.column.type if self.column else "texte"

    @property
    def free(self) -> bool:
        """True where a number of ten figures is no reference."""
        return self.kind != "reference"

    @property
    def places(self) -> bool:
        """True where places and bodies are named."""
        # elsewhere a cell is a code, a date, a territory or a known association, whatever the header
        open_to_any = self.kind in ("texte", "liste", "reference")
        return open_to_any and bool(PLACE_HEADER.search(_spaced(self.header)))

    def share(self, mask: pa.Array) -> float:
        """Share of the filled rows that `mask`, over distinct cells, holds."""
        rows = pc.sum(self.rows.filter(mask)).as_py() or 0
        return float(rows / self.filled)

    def share_of(self, held: Iterable[str]) -> float:
        """Share of the filled rows that hold one of these cells."""
        return self.share(pc.is_in(self.values, pa.array(list(held), pa.string())))


def _spread(numbers: list[str], start: int, stop: int) -> bool:
    """True when the figures from `start` to `stop` vary as they do from person to person: in references that follow one
    another, they hardly do.
    """
    return 2 * len({number[start:stop] for number in numbers}) > min(len(numbers), 20)


# (what, RE2 of the cell, first and last figure that vary, cells from which a declared column is concerned)
NUMBERS = (
    (PHONE, r"^\(?0?\)?[67]\d([ .\-]?\d\d){3}[ .\-]?\d$|^\(?0?\)?[67]([ .\-]?\d\d){4}$", -8, -5),
    (NIR_FOUND, r"^[12]\d\d(0[1-9]|1[0-2])(0[1-9]|[1-8]\d|9[0-9]|2[AB])\d{6}$", 1, 5),
    (FOREIGNER, r"^99\d{8}$", 2, 6),
)
DECLARED_FROM = 5


def _mostly_numbers(cells: _Cells) -> dict[str, list[str]]:
    """Columns that are mostly telephones as spreadsheets write them, NIR without key, or foreigners' numbers."""
    found: dict[str, list[str]] = {}
    if cells.kind not in ("texte", "liste", "reference", "entier"):
        return found
    reference_like = cells.column is not None or bool(NUMBER_HEADER.search(_spaced(cells.header)))
    for what, shape, start, stop in NUMBERS:
        mask = pc.match_substring_regex(cells.values, shape)
        if cells.share(mask) < MOSTLY:
            continue
        guilty = cells.values.filter(mask).to_pylist()
        figures = [re.sub(r"\D", "", cell) for cell in guilty]
        enough = DECLARED_FROM if reference_like else (1 if what == NIR_FOUND else 2)
        if len(guilty) >= enough and _spread(figures, start, stop):
            found[what] = guilty
    return found


def _mostly_names(cells: _Cells) -> dict[str, list[str]]:
    """Columns that are mostly first names, or first and family names; and names under a person's role alone."""
    if cells.kind in ("date", "mois", "entier", "decimal", "booleen") or cells.places:
        return {}
    like = pc.match_substring_regex(cells.values, NAME_LIKE)
    if cells.share(like) < MOSTLY:
        return {}
    role = bool(ROLE_ALONE.search(_spaced(cells.header)))
    named = cells.values.filter(like).to_pylist()
    kinds = {cell: kind for cell in named if (kind := whole_name(cell))}
    sure = [cell for cell in kinds if any(is_first_name(word) for word in WORD.findall(cell))]
    if len(sure) >= (1 if role else 2) and cells.share_of(kinds) >= MOSTLY:
        return {what: [cell for cell in kinds if kinds[cell] == what] for what in sorted(set(kinds.values()))}
    if role and cells.kind not in ("code", "liste"):
        shown = [cell for cell in named if could_be_a_person(cell)]
        if cells.share_of(shown) >= MOSTLY:
            return {NAME: shown}
    return {}


def _suspects(column: _Cells) -> list[str]:
    """Cells that could hold an identifier: told by an RE2 where they are many."""
    if len(column.values) <= FEW:
        return [cell for cell in column.values.to_pylist() if not HARMLESS_ONE.match(cell)]
    suspects = column.values.filter(pc.invert(pc.match_substring_regex(column.values, HARMLESS)))
    shape = SUSPECT if column.places else f"{SUSPECT}|{SUSPECT_NAME}"
    found: list[str] = suspects.filter(pc.match_substring_regex(suspects, shape)).to_pylist()
    return found


def _cached(cell: str, free: bool, people: bool) -> str | None:
    """`identifier_in`; the same codes come back in every file."""
    return _of_short(cell, free, people) if len(cell) < 60 else identifier_in(cell, free, people)


@lru_cache(maxsize=20_000)
def _of_short(cell: str, free: bool, people: bool) -> str | None:
    return identifier_in(cell, free, people)


def _names_in_codes(values: pa.Array) -> list[str]:
    """References made of a person's name, found by their letters: those that differ by a number are looked at once."""
    if len(values) <= FEW:
        return [cell for cell in values.to_pylist() if person_in_code(cell)]
    letters = pc.replace_substring_regex(values, r"[\d\W_]+", " ")
    distinct = pc.unique(letters.filter(pc.match_substring_regex(letters, SUSPECT_REFERENCE)))
    named = [cell for cell in distinct.to_pylist() if person_in_code(cell)]
    held: list[str] = values.filter(pc.is_in(letters, pa.array(named, pa.string()))).to_pylist()
    return held


def _by_chance(guilty: set[str], values: pa.Array) -> bool:
    """True where figures end on a right key by chance: one number of fifteen figures in 97 does."""
    if not guilty or not all(cell.isdigit() for cell in guilty):
        return False
    alike = int(pc.sum(pc.match_substring_regex(values, r"^\d{15}$")).as_py() or 0)
    return 20 * len(guilty) < alike


def _by_content(raw: RawTable, named: dict[int, str], contract: Contract | None) -> list[Finding]:
    declared = {column.nom: column for column in contract.colonnes} if contract else {}
    found = []
    for index, cells in enumerate(raw.columns):
        counted = pc.value_counts(cells)
        written, rows = counted.field(0), counted.field(1)
        values = _cleared(written)
        filled = pc.invert(pc.match_substring_regex(values, MARKS))
        name = named.get(index)
        values, written, rows = values.filter(filled), written.filter(filled), rows.filter(filled)
        if not len(values):
            continue
        total = pc.sum(rows).as_py()
        column = _Cells(values, rows, total, raw.headers[index], declared.get(name or ""))
        guilty: dict[str, set[str]] = {}
        for cell in _suspects(column):
            if what := _cached(cell, column.free, not column.places):
                guilty.setdefault(what, set()).add(cell)
        if column.kind == "reference" and not column.places and (held := _names_in_codes(values)):
            guilty.setdefault(NAME, set()).update(held)
        if _by_chance(guilty.get(NIR_FOUND, set()), values):
            del guilty[NIR_FOUND]
        for what, held in (_mostly_numbers(column) | _mostly_names(column)).items():
            guilty.setdefault(what, set()).update(held)
        for what in sorted(guilty):
            here = written.filter(pc.is_in(values, pa.array(list(guilty[what]), pa.string())))
            mask = pc.is_in(cells, here)
            lines = raw.lines[mask.to_numpy(zero_copy_only=False) if isinstance(mask, pa.Array) else mask.to_numpy()]
            found.append(Finding(what, name or place(index), tuple(int(line) for line in lines)))
    return found


def direct_identifiers(raw: RawTable, named: dict[int, str], contract: Contract | None) -> list[Finding]:
    """Every direct identifier or forbidden detail of a file: in headers, in cells, and around the table.

    `named` maps positions to the canonical columns of `contract` (both empty where no source was recognised).
    """
    found = _by_header(raw.headers, named) + _by_content(raw, named, contract)
    found += _copied_pseudonyms(raw, named, contract)
    headers = [what for header in raw.headers if (what := identifier_in(header))]
    found += [Finding(what, "ligne d'en-tête") for what in sorted(set(headers))]
    return found + _around(raw.outside)


def _around(outside: list[tuple[str, str]]) -> list[Finding]:
    """What the cells around the table hold; other sheets may also be lists of persons, a name or first name a cell."""
    looked: dict[str, str | None] = {}
    found: dict[tuple[str, str], None] = {}
    lines: dict[str, set[str]] = {}
    first: dict[str, set[str]] = {}
    for where, cell in outside:
        sheet = where.partition(",")[0]
        lines.setdefault(sheet, set()).add(where)
        if cell not in looked:
            # a spreadsheet writes its user's name at the head of a note: that alone refuses no file
            looked[cell] = identifier_in(cell, people=sheet != NOTE) if len(cell) > 5 else None
        if (what := looked[cell]) is not None:
            found[(what, where)] = None
        elif sheet != where and NAMED_ALONE.search(_spaced(cell[:60])):
            found[("nom ou prénom", where)] = None
        elif sheet != where and len(cell) < 40 and whole_name(clear(cell)) == FIRST_NAME and is_first_name(clear(cell)):
            first.setdefault(sheet, set()).add(where)
    for sheet, held in first.items():
        if len(held) > 1 and len(held) >= MOSTLY * len(lines[sheet]):
            found[(FIRST_NAME, sheet)] = None
    return [Finding(what, f"hors du tableau ({where})") for what, where in found]


def _copied_pseudonyms(raw: RawTable, named: dict[int, str], contract: Contract | None) -> list[Finding]:
    """Level-1 pseudonyms written in a column that is stored as it is: they are stored nowhere."""
    if contract is None:
        return []
    kinds = {index: contract.colonne(name).type for index, name in named.items() if name in contract.noms}
    own = [pc.unique(raw.columns[index]) for index, kind in kinds.items() if kind == "pseudonyme"]
    found: list[Finding] = []
    for index, kind in kinds.items():
        if kind == "pseudonyme":
            continue
        distinct = pc.unique(raw.columns[index])
        shaped = distinct.filter(pc.match_substring_regex(distinct, PSEUDONYM))
        if not len(shaped):
            continue
        known = pa.concat_arrays([pc.utf8_lower(pc.utf8_trim_whitespace(cells)) for cells in own])
        copied = shaped.filter(pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(shaped)), known))
        if len(copied):
            rows = np.flatnonzero(pc.is_in(raw.columns[index], copied).to_numpy(zero_copy_only=False))
            found.append(Finding(COPIED, named[index], tuple(raw.lines[rows].tolist())))
    return found


def in_words(finding: Finding) -> str:
    """« téléphone (colonne D, lignes 4, 9) »."""
    if not finding.lignes:
        return f"{finding.quoi} ({finding.colonne})"
    named = ", ".join(str(line) for line in finding.lignes[:LINES_NAMED])
    more = " et d'autres" if len(finding.lignes) > LINES_NAMED else ""
    word = "ligne" if len(finding.lignes) == 1 else "lignes"
    return f"{finding.quoi} ({finding.colonne}, {word} {named}{more})"


# --- file names -----------------------------------------------------------------------------------

CIVILITY = re.compile(r"\b(?:m\.|(?:mr|mme|mlle|monsieur|madame|mademoiselle)\b) *([^\W\d_]{2,})", re.IGNORECASE)


ENDING = re.compile(r"\.(csv|tsv|txt|xlsx?|xlsm|ods|xml|parquet|zip|ya?ml)$", re.IGNORECASE)


def in_file_name(name: str) -> str | None:
    """What direct identifier the name of a file or folder holds, in French, or None: e-mail, NIR with its key,
    telephone, civility and name, a first name beside a word that is none of ours (« suivi_prenom_nom.xlsx »), or a
    level-1 pseudonym.
    """
    name = clear(name)
    stem = re.sub(r"[_+()\[\]]", " ", PurePath(name).stem)
    written = identifier_in(name, False, False) or identifier_in(stem, False, False)
    if written or PHONE_PLAIN.search(stem):
        return written or PHONE
    if re.search(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", name.casefold()):
        return "pseudonyme"
    spoken = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])", " ", stem)
    named = any(not is_word(match[1]) for match in CIVILITY.finditer(spoken))
    return NAME if named or person_in_code(ENDING.sub("", name)) else None
