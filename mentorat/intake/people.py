"""People's names in text: how they are told from the names of places, bodies and ordinary words.

First names are known from `prenoms.csv`: frequent first names of France, with those of the countries where young people
in care come from in their usual transliterations, without accents; drawn up for this project (Insee publishes the
frequencies, « Fichier des prénoms »). `mot` marks those that are also a word or a place: they say nothing alone.
`mots.yml` holds the words that are no one's name.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import yaml

from mentorat import reference
from mentorat.contracts.sources import contracts
from mentorat.intake.normalisation import MONTHS, fold

HERE = Path(__file__).parent
WORDS_KEPT = 20_000
LONGEST_NAME = 120
NAME = "nom de personne"
FIRST_NAME = "prénom"
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
PARTICIPLE = re.compile(r"ée?s?$")  # « Informés »
PARTS = re.compile(r"['’-]")
CIVILITY = re.compile(
    r"(?<!\d )\b(?:M\. ?|M (?=[A-ZÀ-Ý]{3})|(?i:mr|mme|mlle|monsieur|madame|mademoiselle)\.? ?(?=\W|[A-ZÀ-Ý]))"
    r" ?(?!(?i:l[ea]s?)\b)([A-ZÀ-Ý][\w'’-]+)"
)


@cache
def _lists() -> dict[str, frozenset[str]]:
    lists = yaml.safe_load((HERE / "mots.yml").read_text(encoding="utf-8"))
    return {name: frozenset(words) for name, words in lists.items()}


@cache
def _famous() -> re.Pattern[str]:
    names = "|".join(re.escape(name).replace(r"\ ", r"[ -]") for name in sorted(_lists()["celebres"]))
    return re.compile(rf"\b(?:{names})\b", re.IGNORECASE)


@cache
def first_names() -> dict[str, bool]:
    """First names, unaccented lower case → True where the name is no other word."""
    with (HERE / "prenoms.csv").open(encoding="utf-8", newline="") as stream:
        return {row["prenom"]: row["mot"] == "non" for row in csv.DictReader(stream)}


def _words(text: str) -> Iterator[str]:
    return (word for part in WORD.findall(text) for word in re.split(r"['’-]", part))


@cache
def _vocabulary() -> frozenset[str]:
    """Words of the contracts, of places and of bodies: a capital makes none of them a person."""
    known: set[str] = set()
    for contract in contracts().values():
        said = [contract.nom, contract.titre, *contract.noms_fichier]
        for column in contract.colonnes:
            said += [
                column.nom,
                column.libelle,
                *column.alias,
                *column.codes,
                *column.codes.values(),
                *column.synonymes,
            ]
        known |= {fold(word) for text in said for word in _words(text.replace("_", " "))}
    tables = [("territoires", "libelle"), ("collectivites", "libelle"), ("regions", "libelle")]
    tables += [("emetteurs", "emetteur"), ("emetteurs", "libelle"), ("emetteurs", "alias")]
    for table, column_name in tables:
        texts = reference.load(table)[column_name].dropna().tolist()
        known |= {fold(word) for text in texts for word in _words(text)}
    sure = {name for name, alone in first_names().items() if alone}
    return (frozenset(known) - sure) | _lists()["organismes"] | _lists()["etats"] | frozenset(MONTHS)


@lru_cache(maxsize=WORDS_KEPT)
def is_first_name(word: str, sure: bool = True) -> bool:
    """True for a first name, single or double (« Jean-Baptiste »); `sure`: of which a part is no other word."""
    parts = fold(word).replace("'", "-").split("-")
    known = first_names()
    return all(part in known for part in parts) and (not sure or any(known[part] for part in parts))


@lru_cache(maxsize=WORDS_KEPT)
def is_word(word: str) -> bool:
    """True for a word of our vocabulary, simple or compound."""
    return all(fold(part) in _vocabulary() for part in PARTS.split(word))


@lru_cache(maxsize=WORDS_KEPT)
def is_body(word: str) -> bool:
    """True for a word that announces the name of a place or body (« collège », « Saint-… »)."""
    return any(fold(part) in _lists()["organismes"] for part in PARTS.split(word))


def _is_particle(word: str) -> bool:
    return fold(word) in _lists()["particules"]


def _capital(word: str) -> bool:
    return len(word) > 1 and word[0].isupper()


def _begins_with_a_person(words: Sequence[str], before: Sequence[str]) -> bool:
    """True for a first name then a capitalised family name, or a family name in capitals then a first name, unless a
    place or body is announced just before.
    """
    if len(words) < 2 or not _capital(words[0]) or any(is_body(word) for word in before[-3:]):
        return False
    if is_first_name(words[0]):
        family = next((word for word in words[1:] if not _is_particle(word)), "")
        return _capital(family) and not is_word(family)
    shouted = words[0].isupper() and len(words[0]) > 2 and not is_word(words[0])
    return shouted and _capital(words[1]) and is_first_name(words[1])


def with_civility(text: str) -> bool:
    """True for « Mme Untel », « M. UNTEL »; in a text all in capitals, only where the word is no usual one."""
    shouted = text.upper() == text
    return any(
        not shouted or not (is_word(match[1]) or fold(PARTS.split(match[1])[0]) in _lists()["apres_civilite"])
        for match in CIVILITY.finditer(text)
    )


def person_in_code(text: str) -> bool:
    """True where a first name stands beside a word that is none of ours, in a reference or a file's name."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])", " ", text))
    words = _famous().sub(" ", " ".join(words)).split()
    if any(is_body(word) for word in words):
        return False
    pairs = [pair for one, other in pairwise(words) for pair in ((one, other), (other, one))]
    return any(
        len(first) > 2 and len(beside) > 2 and is_first_name(first) and not is_word(beside) for first, beside in pairs
    )


# « avec Prénom », « mère de Prénom », « Prénom souhaite »
INTRODUCED = re.compile(
    r"\b(?:jeune|mentore?e?|enfant|gar[çc]on|fille|fr[eè]re|s(?:œ|oe)ur|m[eè]re|p[eè]re|maman|papa|tante|oncle|cousine?|amie?"
    r"|[ée]ducat(?:eur|rice)|[ée]duc|r[ée]f[ée]rente?|pr[ée]nom|pr[ée]nomm[ée]e?|appel(?:le|er|[ée]e?)|nomm[ée]e?|contact(?:er)?"
    r"|voir|joindre|avec|chez|par)\s*(?:de |d['’]|:|est )?\s*(?=([A-ZÀ-Ý][\w'’-]+))",
    re.IGNORECASE,
)
ACTS = re.compile(
    r"^\W*([A-ZÀ-Ý][\w-]+) (?:est|a|va|ne|n['’]\w+|souhaite|veut|voudrait|doit|peut|demande|refuse|vit|habite|aime|se"
    r"|s['’]\w+)\b"
)


def person_in(text: str) -> bool:
    """True when free text names a person: « M. X », « Prénom NOM », « NOM Prénom », « avec Prénom »."""
    return with_civility(text) or (_names_someone(text) and _names_someone(_famous().sub(" ", text)))


def _names_someone(text: str) -> bool:
    if any(match[1][0].isupper() and is_first_name(match[1]) for match in INTRODUCED.finditer(text)):
        return True
    if (match := ACTS.search(text)) is not None and is_first_name(match[1]):
        return True
    for piece in re.split(r"[^\w\s'’-]|\d", text):  # only a space parts the words of a name
        words = WORD.findall(piece.replace("_", " "))
        if any(_begins_with_a_person(words[start : start + 4], words[:start]) for start in range(len(words) - 1)):
            return True
    return False


def whole_name(text: str) -> str | None:
    """What a cell that is nothing else names: « prénom », « nom de personne », or None. In any case."""
    text = text.replace("_", " ")
    words = WORD.findall(text) if len(text) < LONGEST_NAME else []
    if not 1 <= len(words) <= 5 or WORD.sub("", text).strip(" .,&+/-"):
        return None
    if all(is_first_name(word, sure=False) for word in words):
        return FIRST_NAME
    if len(words) < 2 or any(is_body(word) for word in words):
        return None
    others = [word for word in words if not is_first_name(word, sure=False) and not _is_particle(word)]
    known = is_first_name(words[0]) or is_first_name(words[-1])
    if not known or not others or any(is_word(word) for word in others):
        return None
    return None if _famous().search(text) else NAME


def named_alone(text: str) -> bool:
    """True for a cell that is a name and nothing else, in any case: « prénom nom », « nom, prénom », « nom_prénom »."""
    if whole_name(text) != NAME:
        return False
    return is_first_name(WORD.findall(text.replace("_", " "))[0]) or re.search(r"[,/_.]", text) is not None


def could_be_a_person(text: str) -> bool:
    """True for words that are neither of our vocabulary, nor a body, nor a code in capitals of four letters at most: a
    name, under « Référent ».
    « Référent », a name.
    """
    words = WORD.findall(text)
    if not 1 <= len(words) <= 5 or any(is_body(word) for word in words):
        return False
    if len(words) == 1 and words[0].isupper() and len(words[0]) <= 4:
        return False
    unknown = [word for word in words if not _is_particle(word) and not is_word(word)]
    unknown = [word for word in unknown if not PARTICIPLE.search(word) or is_first_name(word)]
    return any(len(word) > 2 for word in unknown) and all(word[0].isupper() or is_first_name(word) for word in unknown)
