"""What a sender's columns hold: which make pseudonyms, which go, and what may not remain in those that stay.

Standard library only: part of the sender's tool (`mentorat.identity.sender`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mentorat.errors import UsageError
from mentorat.identity.level_one import Kind
from mentorat.identity.phonetics import fold, words_of
from mentorat.identity.secret_key import Key
from mentorat.identity.sender_files import text_of

FIELDS = ("prenom", "nom", "naissance")
WORDS_OF_FIELD = {"prenom": "prénom", "nom": "nom", "naissance": "date de naissance"}


# --- headers ------------------------------------------------------------------------------------------


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PARTICLES = _set("de du des d la le les l")
MENTOR = _set("mentor mentors mentrice mentrices benevole benevoles parrain marraine")
YOUNG = _set(
    "jeune jeunes enfant enfants mineur mineure beneficiaire beneficiaires eleve filleul filleule mentore mentoree"
    " mentores usager"
)
OTHERS = _set(
    "referent referente educateur educatrice pere mere parent parents tuteur tutrice titulaire titulaires responsable"
    " contact assistant assistante familial familiale prescripteur professionnel agent correspondant interlocuteur"
    " representant legal legaux conjoint signataire travailleur social epoux"
)
QUALIFIERS = _set(
    "naissance usage usuel usuelle epouse marital famille patronymique complet officiel officielle premier 1 2 3 et ou"
    " civil etat identite ase"
)
NAME = _set("nom noms patronyme")
FIRST_NAME = _set("prenom prenoms")
BOTH_NAMES = _set("complet nomprenom prenomnom")
BIRTH = _set("naissance naiss ddn dn ne nee datenaissance datedenaissance datenaiss")
BIRTH_WORDS = BIRTH | MENTOR | YOUNG | OTHERS | _set("date jour ou e jj mm aaaa ase")
PERSON_WORDS = MENTOR | YOUNG | OTHERS | QUALIFIERS | NAME | FIRST_NAME | BOTH_NAMES
SECOND_CHOICE = _set("usage usuel usuelle epouse marital")
MENTOR_HINTS = _set("recrutement engagement honorabilite fijais b2")  # in a file about mentors alone
REFERENCE = _set(
    "dossier reference references ref numero num n no id identifiant code siren siret binome demande convention"
    " pseudonyme matricule numanonym numanonymant"
)
DEPARTEMENT = {(w,) for w in ("departement", "dept", "dpt", "dep", "numdep")} | {
    (w, "departement") for w in ("code", "numero")
}
BY_HEADER = {
    "numéro de sécurité sociale": re.compile(r"\b(nir|n?secu|securite sociale|ssn|nss|(numero|n) insee)\b"),
    "numéro d'étranger": re.compile(r"\b(agdref|(numero|n) etranger|titre sejour|carte sejour|passeport)\b"),
    "adresse électronique": re.compile(r"\b(e ?mails?|mails?|courriels?|adresse electronique)\b"),
    "téléphone": re.compile(r"\b(tel|telephones?|portables?|mobiles?|gsm|whatsapp)\b"),
    "adresse postale": re.compile(r"\b(adresses?|rue|domiciliation|domicile)\b"),
    "lieu de naissance": re.compile(r"\b(lieu|commune|ville) naissance\b"),
}


@lru_cache(maxsize=4096)
def header_words(header: str) -> tuple[str, ...]:
    """Words of a header in small letters without accents nor particles: « NomDu_Jeune » → ("nom", "jeune")."""
    apart = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])", " ", header)
    return tuple(word for word in re.findall(r"[a-z0-9]+", fold(apart).lower()) if word not in PARTICLES)


@dataclass(frozen=True)
class Identity:
    """What a header says of a person: `personne` (jeune, mentor, autre, or empty when unsaid), `champ` (prenom, nom,
    naissance, or complet where names stand together or only the person is named), `rang` (lower is preferred).
    """

    personne: str
    champ: str
    rang: int = 0


@lru_cache(maxsize=4096)
def identity_in(header: str) -> Identity | None:
    """What identity the header announces, or None: every word must be about a person."""
    words = set(header_words(header))
    if not words:
        return None
    person = "autre" if words & OTHERS else "mentor" if words & MENTOR else "jeune" if words & YOUNG else ""
    if words <= BIRTH_WORDS and words & BIRTH:
        return Identity(person, "naissance", 0 if words & _set("date ddn datenaissance datedenaissance") else 1)
    if not words <= PERSON_WORDS:
        return None
    second = 2 if words & SECOND_CHOICE else 1
    named, given = bool(words & NAME), bool(words & FIRST_NAME)
    if named != given and not words & BOTH_NAMES:
        if named:
            return Identity(person, "nom", 0 if words & _set("naissance patronymique patronyme") else second)
        return Identity(person, "prenom", second + bool(words & _set("prenoms 2 3")))
    # both names in one column, or the person alone (« Mentor », « Référent ASE »)
    together = (named and given) or words & (BOTH_NAMES | MENTOR | YOUNG | OTHERS | {"identite"})
    return Identity(person, "complet") if together else None


def is_header(cells: Sequence[str], named: Iterable[str]) -> bool:
    """True for the row that holds the headers `named`, or says at least two things of a person."""
    wanted = [header_words(name) for name in named]
    if wanted and all(any(header_words(cell) == words for cell in cells) for words in wanted):
        return True
    found = {identity.champ for cell in cells if (identity := identity_in(cell))}
    return len(found) > 1


def removed_as(header: str) -> str | None:
    """Why a column goes by its header alone (French words), or None."""
    if identity_in(header):
        return "identité"
    spaced = " ".join(header_words(header))
    return next((what for what, pattern in BY_HEADER.items() if pattern.search(spaced)), None)


# --- which column serves for what -----------------------------------------------------------------------


@dataclass(frozen=True)
class Options:
    """What the sender chose. `colonnes`: header by field (`nom`, `prenom`, `naissance`, `nom_mentor`, …, `numanonym`);
    `personne`: whose names columns without a person are; `garder` and `retirer`: headers kept or removed against the
    tool's judgement; `departement`: for S0 when no column holds it.
    """

    colonnes: Mapping[str, str] = field(default_factory=dict)
    personne: Kind | None = None
    feuille: str | None = None
    departement: str | None = None
    garder: tuple[str, ...] = ()
    retirer: tuple[str, ...] = ()
    ancienne_cle: Key | None = None
    remplacer: bool = False


@dataclass(frozen=True)
class Plan:
    """Positions of the columns: by person and field, kept, NUMANONYM and département (None where there is none)."""

    identites: dict[Kind, dict[str, int]]
    gardees: list[int]
    retirees: list[int]
    numanonym: int | None
    departement: int | None
    remarques: list[str]


def _position(headers: list[str], name: str) -> int:
    found = [i for i, header in enumerate(headers) if header == name]
    found = found or [i for i, header in enumerate(headers) if header_words(header) == header_words(name)]
    if len(found) != 1:
        raise UsageError(f"{'Aucune' if not found else 'Plus d’une'} colonne ne s'appelle « {name} » dans ce fichier.")
    return found[0]


def _chosen(headers: list[str], person: Kind, default: Kind, options: Options) -> dict[str, int]:
    """Position of each field of `person` found by option or header."""
    chosen: dict[str, int] = {}
    for champ in FIELDS:
        option = champ if person == "jeune" else f"{champ}_mentor"
        if option in options.colonnes:
            chosen[champ] = _position(headers, options.colonnes[option])
            continue
        candidates = sorted(
            ((not identity.personne, identity.rang), i)
            for i, header in enumerate(headers)
            if (identity := identity_in(header))
            and identity.champ == champ
            and (identity.personne or default) == person
        )
        if len(candidates) > 1 and candidates[0][0] == candidates[1][0]:
            one, other = candidates[0][1], candidates[1][1]
            raise UsageError(
                f"Deux colonnes peuvent donner : {WORDS_OF_FIELD[champ]} ({person}). Ce sont « {headers[one]} » "
                f"(colonne {one + 1}) et « {headers[other]} » (colonne {other + 1}). Choisissez par "
                f"--{option.replace('_', '-')}, ou renommez-en une."
            )
        if candidates:
            chosen[champ] = candidates[0][1]
    return chosen


def plan(headers: list[str], options: Options) -> Plan:
    """Which columns make pseudonyms, go, or stay.

    Raises UsageError when no identity is complete or the sender has to choose.
    """
    unsaid = any((i := identity_in(h)) and i.champ in FIELDS and not i.personne for h in headers)
    if options.personne is None and unsaid and any(set(header_words(h)) & MENTOR_HINTS for h in headers):
        raise UsageError(
            "Ce fichier semble porter sur des mentors, mais ses colonnes de nom ne le disent pas. "
            "Ajoutez --personne mentor ou --personne jeune."
        )
    default: Kind = options.personne or "jeune"
    remarques: list[str] = []
    identites: dict[Kind, dict[str, int]] = {}
    persons: tuple[Kind, ...] = ("jeune", "mentor")
    for person in persons:
        chosen = _chosen(headers, person, default, options)
        missing = [WORDS_OF_FIELD[champ] for champ in FIELDS if champ not in chosen]
        if not missing:
            identites[person] = chosen
        elif chosen:
            remarques.append(f"Pas de pseudonyme de {person} : il manque {', '.join(missing)}.")
    if not identites:
        together = any((i := identity_in(h)) and i.champ == "complet" for h in headers)
        hint = " Nom et prénom réunis dans une colonne doivent être séparés en deux." if together else ""
        raise UsageError(
            f"Aucune identité complète (nom, prénom, date de naissance).{hint} {' '.join(remarques)}".strip()
        )

    numanonym = next((i for i, h in enumerate(headers) if header_words(h) == ("numanonym",)), None)
    if "numanonym" in options.colonnes:
        numanonym = _position(headers, options.colonnes["numanonym"])
    departement = next((i for i, h in enumerate(headers) if header_words(h) in DEPARTEMENT), None)
    kept_anyway = {_position(headers, name) for name in options.garder}
    gone = {_position(headers, name) for name in options.retirer}
    if numanonym in gone or "jeune" not in identites:
        numanonym = None
    gone |= {i for columns in identites.values() for i in columns.values()}
    gone |= {i for i, h in enumerate(headers) if i not in kept_anyway and (removed_as(h) or not h)}
    if numanonym is not None:  # S0 alone carries it: no other link with S1 exists
        gone |= {numanonym, *(i for i, h in enumerate(headers) if header_words(h) == ("numanonymant",))}
    kept = [i for i in range(len(headers)) if i not in gone]
    made = {name for person in identites for name in columns_of(person, options)}
    already = sorted({headers[i] for i in kept if "_".join(header_words(headers[i])) in made})
    if already:
        raise UsageError(
            f"Ce fichier a déjà une colonne {', '.join(already)} : il semble déjà pseudonymisé. Partez du fichier "
            "d'origine, ou retirez-la par --retirer."
        )
    return Plan(identites, kept, sorted(gone), numanonym, departement, remarques)


def columns_of(person: Kind, options: Options) -> list[str]:
    """Names of the columns made for `person`, in their order."""
    suffixes = ["", "_phon", "_inv"] + (["_ant"] if options.ancienne_cle else [])
    # a mentor's age class is the sender's own column: the month of birth is asked of young people only
    return [f"id_{person}{suffix}" for suffix in suffixes] + (["naissance"] if person == "jeune" else [])


# --- what may not remain in the cells that are kept -----------------------------------------------------

STREETS = "rue|avenue|av|boulevard|bd|all[eé]es?|impasse|chemin|route|quai|square|lotissement|faubourg"
# over a whole row at once: what could hold an identifier; dates are too short, and pseudonyms have no word boundary
SUSPECT = re.compile(
    r"@|(?<![\w.,-])\+?(?:\d[ .\-()]{0,3}){9}|(?<!\w)[12] ?\d\d ?\d\d ?2[ABab]" + rf"|(?i:\b(?:{STREETS})\b)"
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
PHONE_PLAIN = re.compile(r"(?<![\w.,-])0[1-9]\d{8}(?![\w-])")
PHONE_WRITTEN = re.compile(
    r"(?<![\w.,-])(?:(?:\+|00)\d{2,3}[ .-]?(?:\(0\)[ .-]?)?[1-9]([ .-]?)\d{2}(\1\d{2}){3}"
    r"|0[1-9]([ .-])\d{2}(\3\d{2}){3})(?![\w-])"
)
NIR = re.compile(r"(?<!\w)([12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[ABab]) ?\d{3} ?\d{3})(?: ?(\d\d))?(?!\w)")
ADDRESS = re.compile(rf"\b\d{{1,4}} ?(?:bis|ter|quater)?,? +(?:{STREETS})\.? +[a-z]", re.IGNORECASE)


FORMULA = re.compile(r"[=+@-](?![\d .,]*$)")  # a signed number is none


def identifier_in(text: str, reference: bool) -> str | None:
    """What direct identifier a cell holds (French words), or None; `reference`: the column holds numbers of the
    sender's own, which may look like a telephone by chance.
    """
    if EMAIL.search(text):
        return "adresse électronique"
    for match in NIR.finditer(text):
        digits = match[1].replace(" ", "").upper().replace("2A", "19").replace("2B", "18")
        if int(match[2]) == 97 - int(digits) % 97 if match[2] else not reference:
            return "numéro de sécurité sociale"
    if PHONE_WRITTEN.search(text) or (not reference and PHONE_PLAIN.search(text)):
        return "téléphone"
    return "adresse postale" if ADDRESS.search(text) else None


class Kept:
    """The cells that stay, watched: a row that still holds an identifier stops the file."""

    def __init__(self, headers: list[str], kept: list[int]) -> None:
        self.kept = kept
        self._references = {i for i in kept if set(header_words(headers[i])) & REFERENCE}
        self._headers = headers
        self.found: dict[tuple[str, str], list[int]] = {}
        self.formulas = 0

    def take(self, cells: Sequence[Any], line: int, names: Sequence[frozenset[str]]) -> list[Any]:
        """The kept cells of row `line`; `names`: words of the names of each person of the row, folded."""
        taken = [cells[i] for i in self.kept]
        texts = [text_of(cell) for cell in taken]
        self.formulas += sum(1 for text in texts if FORMULA.match(text))
        whole = "\x1f".join(texts)
        if SUSPECT.search(whole):
            for i, text in zip(self.kept, texts, strict=True):
                if len(text) > 5 and (what := identifier_in(text, i in self._references)):
                    self._add(what, i, line)
        if names:
            self._watch_names(texts, fold(whole), line, names)
        return taken

    def _watch_names(self, texts: list[str], folded: str, line: int, names: Sequence[frozenset[str]]) -> None:
        for words in names:
            if all(word in folded for word in words):
                for i, text in zip(self.kept, texts, strict=True):
                    if words.issubset(words_of(fold(text))):
                        self._add("nom et prénom de la ligne", i, line)

    def _add(self, what: str, index: int, line: int) -> None:
        self.found.setdefault((what, self._headers[index]), []).append(line)
