"""Direct identifiers and forbidden details: what makes a file refused whole.

Findings name a column and line numbers, never a value: a header no contract declares is itself the sender's
word, so it is named by its place.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import PurePath

import pyarrow as pa
import pyarrow.compute as pc

from mentorat.contracts.sources import Column, Contract, contracts
from mentorat.intake.normalisation import fold
from mentorat.intake.people import (
    NAME,
    PERSON,
    WORD,
    could_be_a_person,
    is_body,
    is_first_name,
    is_word,
    person_in,
    whole_name,
)
from mentorat.intake.reading import RawTable
from mentorat.intake.recognition import header_key, place

LINES_NAMED = 20
MOSTLY = 0.5  # share of a column's filled cells from which it is what they are
PHONE = "téléphone"
NIR_FOUND = "numéro de sécurité sociale"
FOREIGNER = "numéro d'étranger"


@dataclass(frozen=True)
class Finding:
    """What was found, in which column (French words, no value), on which lines (empty: in the header
    itself).
    """

    quoi: str
    colonne: str
    lignes: tuple[int, ...] = ()


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
    words = re.findall(r"[a-z0-9]+", fold(re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", header)))
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

# RE2, over distinct cells: what could hold an identifier. Dates and pseudonyms are let through first.
HARMLESS = r"^([0-9a-fA-F]{40}|[0-9a-fA-F]{64}|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4}|.{0,5})$"
SUSPECT = (
    r"@|\d[\d .\-()\x{a0}\x{202f}]{7,}\d|[1-478] ?\d\d ?\d\d ?(\d|A|B)"
    r"|(?i:\b(rue|avenue|av|boulevard|bd|all[eé]e|impasse|place|chemin|route|quai|cours|square|faubourg|lotissement|appt)\b)"
    r"|(?i:\bappartement\b|\b(Mr|Mme|Mlle|Monsieur|Madame|Mademoiselle)\b)|\bM\. ?\p{Lu}"
)
# two words, the first or second with a capital; or the words that introduce a first name
SUSPECT_NAME = r"\p{Lu}[\p{L}'’\-]+[ \x{a0}]+(\p{L}|['’])|\p{L}[ :\x{a0}]+\p{Lu}\p{L}"
MARKS = r"(?i)^[\W_]*(n\.?c|n\.?r|n\.?s\.?p|n/?a|ras|nan|null|none|non ?(renseign|communiqu)[eé]e?)?[\W_]*$"
NAME_LIKE = r"^[^0-9@_:;=<>*#%(){}|]+$"
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+ ?@ ?[\w-]+(\.[\w-]+)+")
PHONE_PLAIN = re.compile(r"(?<![\d.,-])0[1-9]([ .-]?)\d{2}(\1\d{2}){3}(?![\d-])")
PHONE_WRITTEN = re.compile(
    r"(?<![\d.,-])(?:(?:\+|00)(?:33|262|508|590|594|596|681|687|689)[ .-]?(?:\(0\)[ .-]?)?[1-9]([ .-]?)\d{2}"
    r"(\1\d{2}){2,3}"
    r"|0[1-9]([ ./-])\d{2}(\3\d{2}){3})(?![\d-])"
    r"|(?<![\d.,+-])\+[1-9]\d{0,2}[ .-]?(?:\(0\))?(?:[ .-]?\d){8,12}(?!\d)"
)
NIR = re.compile(
    r"(?<!\d)([1-478][ .-]?\d\d[ .-]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .-]?(?:\d\d|2[ABab])[ .-]?\d{3}[ .-]?\d{3})"
    r"[ .-]?(\d\d)?(?!\d)"
)
NIR_BARE = re.compile(r"[12]\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[1-8]\d|9[0-9]|2[AB])\d{6}")
AGDREF_SAID = re.compile(
    r"\b(?:agdref|(?:n°?|numero|num\.?) ?(?:d')?etrangere?|titre de sejour|recepisse)\b\D{0,25}\d{10}\b"
)
ADDRESS = re.compile(
    r"\b\d{1,4} ?(?:bis|ter|quater|[a-d])?,? +(?:rue|avenue|av\.?|boulevard|bd|allees?|impasse|chemin|route|quai"
    r"|square|lotissement|faubourg) +[a-z]"
    r"|\b(?:rue|avenue|boulevard|allees?|impasse|chemin|route|quai|square|lotissement|appt|appartement)\b.*"
    r"\b\d{5}\b +[a-z]"
)
ADDRESS_PLACE = re.compile(r"\b\d{1,4},? +(?:place|cours) +(?:(?:de la|de|du|des|d'|l') ?)?[A-ZÀ-Ý]")


def _is_nir(text: str, free: bool) -> bool:
    """A NIR with a right key; in free text, also one written apart, whose key is missing or mistyped."""
    for match in NIR.finditer(text):
        digits = re.sub(r"[ .-]", "", match[1]).upper()
        number = int(digits.replace("2A", "19").replace("2B", "18"))
        if match[2] is not None and int(match[2]) == 97 - number % 97:
            return True
        alone = match[0].isdigit() and match[0] == text.strip()
        if free and not alone and NIR_BARE.fullmatch(digits):
            return True
    return False


WINDOW, OVERLAP = 2000, 200  # a longer cell is read by pieces: the time it takes grows with its length only


def identifier_in(text: str, free: bool = True, people: bool = True) -> str | None:
    """What direct identifier the cell holds, in French, or None. `free`: the cell may hold any text (a
    declared number, code or reference may not look like a telephone by chance). `people`: names are looked for without
    a civility too (not where places and bodies are named).
    """
    if len(text) <= WINDOW:
        return _identifier_in(text, free, people)
    pieces = (text[start : start + WINDOW] for start in range(0, len(text), WINDOW - OVERLAP))
    return next((what for piece in pieces if (what := _identifier_in(piece, free, people))), None)


def _identifier_in(text: str, free: bool, people: bool) -> str | None:
    text = text.replace("\u00a0", " ").replace("\u202f", " ")
    folded = fold(text)
    tests: tuple[tuple[str, Callable[[], object]], ...] = (
        ("adresse électronique", lambda: EMAIL.search(text)),
        (NIR_FOUND, lambda: _is_nir(text, free)),
        (PHONE, lambda: PHONE_WRITTEN.search(text) or (free and PHONE_PLAIN.search(text))),
        (FOREIGNER, lambda: AGDREF_SAID.search(folded)),
        ("adresse postale", lambda: ADDRESS.search(folded) or ADDRESS_PLACE.search(text)),
        (NAME, lambda: free and (person_in(text) if people else PERSON.search(text))),
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
        """True where any text may stand."""
        return self.kind in ("texte", "liste", "association")

    @property
    def places(self) -> bool:
        """True where places and bodies are named."""
        return self.kind in ("association", "departement") or bool(PLACE_HEADER.search(_spaced(self.header)))

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


def _by_content(raw: RawTable, named: dict[int, str], contract: Contract | None) -> list[Finding]:
    declared = {column.nom: column for column in contract.colonnes} if contract else {}
    found = []
    for index, cells in enumerate(raw.columns):
        counted = pc.value_counts(cells)
        values, rows = counted.field(0), counted.field(1)
        filled = pc.invert(pc.match_substring_regex(values, MARKS))
        name = named.get(index)
        values, rows = values.filter(filled), rows.filter(filled)
        if not len(values):
            continue
        total = pc.sum(rows).as_py()
        column = _Cells(values, rows, total, raw.headers[index], declared.get(name or ""))
        guilty: dict[str, set[str]] = {}
        suspects = values.filter(pc.invert(pc.match_substring_regex(values, HARMLESS)))
        shape = f"{SUSPECT}|{SUSPECT_NAME}" if column.free and not column.places else SUSPECT
        for cell in suspects.filter(pc.match_substring_regex(suspects, shape)).to_pylist():
            if what := identifier_in(cell, column.free, people=not column.places):
                guilty.setdefault(what, set()).add(cell)
        for what, held in (_mostly_numbers(column) | _mostly_names(column)).items():
            guilty.setdefault(what, set()).update(held)
        for what in sorted(guilty):
            mask = pc.is_in(cells, pa.array(list(guilty[what]), pa.string()))
            lines = raw.lines[mask.to_numpy(zero_copy_only=False) if isinstance(mask, pa.Array) else mask.to_numpy()]
            found.append(Finding(what, name or place(index), tuple(int(line) for line in lines)))
    return found


def direct_identifiers(raw: RawTable, named: dict[int, str], contract: Contract | None) -> list[Finding]:
    """Every direct identifier or forbidden detail of a file: in headers, in cells, and around the table.

    `named` maps positions to the canonical columns of `contract` (both empty where no source was recognised).
    """
    found = _by_header(raw.headers, named) + _by_content(raw, named, contract)
    headers = [what for header in raw.headers if (what := identifier_in(header))]
    found += [Finding(what, "ligne d'en-tête") for what in sorted(set(headers))]
    around: dict[tuple[str, str], None] = {}
    for where, cell in raw.outside:
        if len(cell) > 5 and (what := identifier_in(cell)):
            around[(what, where)] = None
    return found + [Finding(what, f"hors du tableau ({where})") for what, where in around]


def in_words(finding: Finding) -> str:
    """« téléphone (colonne D, lignes 4, 9) »."""
    if not finding.lignes:
        return f"{finding.quoi} ({finding.colonne})"
    named = ", ".join(str(line) for line in finding.lignes[:LINES_NAMED])
    more = " et d'autres" if len(finding.lignes) > LINES_NAMED else ""
    word = "ligne" if len(finding.lignes) == 1 else "lignes"
    return f"{finding.quoi} ({finding.colonne}, {word} {named}{more})"


# --- file names -----------------------------------------------------------------------------------

CIVILITY = re.compile(r"\b(?:mr|mme|mlle|monsieur|madame|mademoiselle) +([^\W\d_]{2,})", re.IGNORECASE)


def _person_in_file_name(stem: str) -> bool:
    if any(not is_word(match[1]) for match in CIVILITY.finditer(stem)):
        return True
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])", " ", stem))
    if any(is_body(word) for word in words):
        return False
    pairs = [pair for one, other in pairwise(words) for pair in ((one, other), (other, one))]
    return any(
        len(first) > 2 and len(beside) > 2 and is_first_name(first) and not is_word(beside) for first, beside in pairs
    )


def in_file_name(name: str) -> str | None:
    """What direct identifier the name of a file holds, in French, or None: e-mail, NIR with its key, telephone,
    civility and name, or a first name beside a word that is none of ours (« suivi_prenom_nom.xlsx »).
    """
    stem = re.sub(r"[_+()\[\]]", " ", PurePath(name).stem)
    written = identifier_in(name, free=False) or identifier_in(stem, free=False)
    if written or PHONE_PLAIN.search(stem):
        return written or PHONE
    return NAME if _person_in_file_name(stem) else None
