"""Direct identifiers and forbidden details: what makes a file refused whole.

Findings name a column and line numbers, never a value: a header no contract declares is itself the sender's
word, so it is named by its place.
"""

import re
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from mentorat.contracts.sources import Contract, contracts
from mentorat.intake.normalisation import fold
from mentorat.intake.reading import RawTable
from mentorat.intake.recognition import header_key

LINES_NAMED = 20


@dataclass(frozen=True)
class Finding:
    """What was found, in which column (French words, no value), on which lines (empty: in the header
    itself).
    """

    quoi: str
    colonne: str
    lignes: tuple[int, ...] = ()


# --- by header ------------------------------------------------------------------------------------

PERSON_WORDS = (
    "jeune|enfant|mentor|mentore|mentoree|mineur|beneficiaire|eleve|referent|educateur|educatrice|tuteur|parent"
    "|pere|mere|titulaire|responsable|contact|repondant|assistant|familial|charge|suivi|naissance|famille|usage"
    "|usuel|epouse|marital|patronymique|complet|et|ou|1|2|noms?|prenoms?|patronyme"
)
HEADERS: dict[str, re.Pattern[str]] = {
    # every word is about a person: « Nom du jeune », never « Nom de l'association »
    "nom ou prénom": re.compile(rf"^(?=.*\b(?:noms?|prenoms?|patronyme)\b)(?:(?:{PERSON_WORDS})(?: |$))+$"),
    "numéro de sécurité sociale": re.compile(r"\b(nir|secu|securite sociale|ssn|nss|numero insee|n insee)\b"),
    "numéro d'étranger": re.compile(r"\b(agdref|numero etranger|n etranger|titre sejour|carte sejour|passeport)\b"),
    "adresse électronique": re.compile(r"\b(e ?mails?|courriels?|adresse electronique)\b"),
    "téléphone": re.compile(r"\b(tel|telephones?|portables?|mobiles?|gsm|whatsapp)\b"),
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


def place(index: int) -> str:
    """A column by its letters, as a spreadsheet names it."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return f"colonne {letters}"


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
    r"@|\d[\d .\-()]{7,}\d|[12] ?\d\d ?\d\d ?(\d|A|B)"
    r"|(?i)\b(rue|avenue|av|boulevard|bd|all[eé]e|impasse|place|chemin|route|quai|cours|square|faubourg)\b"
    r"|(?i)\blotissement\b|\b(M\.|Mr|Mme|Mlle|Monsieur|Madame|Mademoiselle) "
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
PHONE_PLAIN = re.compile(r"(?<![\d.,-])0[1-9]([ .-]?)\d{2}(\1\d{2}){3}(?![\d-])")
PHONE_WRITTEN = re.compile(
    r"(?<![\d.,-])(?:(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?[1-9]([ .-]?)\d{2}(\1\d{2}){3}"
    r"|0[1-9]([ .-])\d{2}(\3\d{2}){3})(?![\d-])"
)
NIR = re.compile(
    r"(?<!\d)([12][ .]?\d\d[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d\d|2[ABab])[ .]?\d{3}[ .]?\d{3})[ .]?(\d\d)?(?!\d)"
)
ADDRESS = re.compile(
    r"\b\d{1,4} ?(?:bis|ter|quater)?,? +(?:rue|avenue|av\.?|boulevard|bd|allees?|impasse|chemin|route|quai"
    r"|square|lotissement|faubourg) +[a-z]"
)
ADDRESS_PLACE = re.compile(r"\b\d{1,4},? +(?:place|cours) +(?:(?:de la|de|du|des|d'|l') ?)?[A-ZÀ-Ý]")
PERSON = re.compile(r"\b(?:M\.|Mr|Mme|Mlle|Monsieur|Madame|Mademoiselle) +(?!L[ea]s?\b)[A-ZÀ-Ý][\w'’-]+")


def _is_nir(text: str, free: bool) -> bool:
    """A NIR with a right key; in free text, also one whose key is missing or mistyped."""
    for match in NIR.finditer(text):
        digits = match[1].replace(" ", "").replace(".", "").upper().replace("2A", "19").replace("2B", "18")
        if free:
            return True
        if match[2] is not None and int(match[2]) == 97 - int(digits) % 97:
            return True
    return False


def identifier_in(text: str, free: bool = True) -> str | None:
    """What direct identifier the cell holds, in French, or None. `free`: the cell may hold any text (a
    declared number, code or reference may not look like a telephone by chance).
    """
    if EMAIL.search(text):
        return "adresse électronique"
    if _is_nir(text, free):
        return "numéro de sécurité sociale"
    if (PHONE_PLAIN if free else PHONE_WRITTEN).search(text) or PHONE_WRITTEN.search(text):
        return "téléphone"
    if ADDRESS.search(fold(text)) or ADDRESS_PLACE.search(text):
        return "adresse postale"
    if free and PERSON.search(text):
        return "nom de personne"
    return None


def _by_content(raw: RawTable, named: dict[int, str], contract: Contract | None) -> list[Finding]:
    free_types = ("texte", "liste", "association")
    types = {column.nom: column.type for column in contract.colonnes} if contract else {}
    found = []
    for index, cells in enumerate(raw.columns):
        distinct = pc.unique(cells)
        distinct = distinct.filter(pc.invert(pc.match_substring_regex(distinct, HARMLESS)))
        suspects = distinct.filter(pc.match_substring_regex(distinct, SUSPECT)).to_pylist()
        if not suspects:
            continue
        name = named.get(index)
        free = types.get(name or "", "texte") in free_types
        for what in sorted({hit for cell in suspects if (hit := identifier_in(cell, free))}):
            guilty = pa.array([cell for cell in suspects if identifier_in(cell, free) == what], pa.string())
            lines = raw.lines[pc.is_in(cells, guilty).to_numpy(zero_copy_only=False)]
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
