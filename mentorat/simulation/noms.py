"""Synthetic identities, and the errors senders make when they type them: what linkage is measured on.

Nobody is meant: first and family names are drawn apart, from lists of frequent tokens (`noms.yml`) and from syllables,
so that homonyms, siblings and twins occur. They live in memory only; no dépôt ever holds a name. Shares and error rates
are assumptions, not measures.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml

Strings = npt.NDArray[np.object_]

MNA_SHARE, MNA_NEW_YEAR_SHARE = 0.12, 0.40
"""Unaccompanied minors among all (one accueil in five; none is followed at home), and those born on 1 January."""
TWIN_SHARE, ALIKE_TWINS_SHARE = 0.05, 0.25
"""Twins among children who follow a brother or sister in care; twins whose first names differ by little."""
FAMILY_SIZES = (0.62, 0.24, 0.10, 0.04)
"""Families by number of children in care, one to four."""
COMPOUND_SHARE, MNA_COMPOUND_SHARE = 0.06, 0.20
PARTICLE_SHARE = 0.03
FREQUENT_FIRST, FREQUENT_FAMILY, MNA_FREQUENT = 0.85, 0.25, 0.65
"""Share of names drawn from the frequent tokens rather than from syllables."""


@cache
def _lists() -> dict[str, list[list[str]]]:
    """The tokens of `noms.yml` by kind, each as its spellings, the département's first."""
    lists = yaml.safe_load(Path(__file__).with_name("noms.yml").read_text(encoding="utf-8"))
    return {
        kind: [token.replace("~", " ").split("/") for token in str(tokens).split()] for kind, tokens in lists.items()
    }


def _usual(kind: str) -> Strings:
    return np.array([spellings[0] for spellings in _lists()[kind]], dtype=object)


# --- who ------------------------------------------------------------------------------------------


def _skewed(size: int, offset: float) -> npt.NDArray[np.float64]:
    """Shares falling as 1 / (rank + offset), summing to one: frequent names are very frequent."""
    weights = 1.0 / (np.arange(size) + offset)
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares


@cache
def _rare(ends: str, size: int) -> Strings:
    """`size` distinct names of two to four syllables with the endings of kind `ends`: the tail of a name register."""
    rng = np.random.default_rng(size)
    parts = [_usual(kind) for kind in ("attaques", "noyaux", "attaques", "noyaux", "attaques", ends)]
    # Drawn with room for repeats, then shortened by half to two syllables.
    drawn = [rng.choice(tokens, size=3 * size) for tokens in parts]
    short = rng.random(3 * size) < 0.5
    names = np.where(short, "", drawn[0] + drawn[1]) + drawn[2] + drawn[3] + drawn[4] + drawn[5]
    return np.array([name.capitalize() for name in dict.fromkeys(names)][:size], dtype=object)


def _drawn(frequent: str, rare: Strings, share: float, n: int, rng: np.random.Generator) -> Strings:
    """`n` names, `share` of them tokens of kind `frequent`."""
    tokens = _usual(frequent)
    common = tokens[rng.choice(len(tokens), size=n, p=_skewed(len(tokens), 6.0))]
    unusual = rare[rng.choice(len(rare), size=n, p=_skewed(len(rare), 40.0))]
    return np.where(rng.random(n) < share, common, unusual)


def _first_names(girl: npt.NDArray[np.bool_], mna: npt.NDArray[np.bool_], rng: np.random.Generator) -> Strings:
    n, rare = len(girl), _rare("finales_prenom", 800)
    here = np.where(girl, *(_drawn(kind, rare, FREQUENT_FIRST, n, rng) for kind in ("filles", "garcons")))
    second = rng.choice(_usual("composes"), size=n)
    here = np.where((rng.random(n) < COMPOUND_SHARE) & (here != second), here + "-" + second, here)
    away = np.where(girl, *(_drawn(kind, rare, MNA_FREQUENT, n, rng) for kind in ("filles_mna", "garcons_mna")))
    second = rng.choice(_usual("garcons_mna"), size=n)
    away = np.where((rng.random(n) < MNA_COMPOUND_SHARE) & (away != second), away + " " + second, away)
    return np.where(mna, away, here)


def draw_identities(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """`n` synthetic persons born 2004 to 2023, families together.

    `prenom`, `nom`, `naissance` (datetime64[s]), `mna`, `famille` (code; siblings share it and their family name),
    `jumeau` (twin of the row before: same family, same birth date, another first name). An unaccompanied minor is
    alone, with a transliterated name, born 2004 to 2009 and often on 1 January.
    """
    sizes = rng.choice(np.arange(1, 5), size=n, p=FAMILY_SIZES)  # one family a person is enough
    famille = np.repeat(np.arange(n), sizes)[:n]
    first = np.r_[True, famille[1:] != famille[:-1]]
    only = first & np.r_[first[1:], True]
    mna = only & (rng.random(n) < MNA_SHARE * n / only.sum())  # the share is of everyone
    girl = rng.random(n) < np.where(mna, 0.06, 0.47)
    prenom = _first_names(girl, mna, rng)

    rare = _rare("finales_nom", 20_000)
    here = _drawn("familles", rare, FREQUENT_FAMILY, n, rng)
    particle = rng.choice(_usual("particules"), size=n)
    here = np.where(rng.random(n) < PARTICLE_SHARE, particle + " " + here, here)
    nom = np.where(mna, _drawn("familles_mna", rare, MNA_FREQUENT, n, rng), here)
    nom = nom[np.maximum.accumulate(np.where(first, np.arange(n), 0))]

    start = np.datetime64("2004-01-01")
    arrived = start + rng.integers(0, 6 * 365, size=n)
    arrived = np.where(rng.random(n) < MNA_NEW_YEAR_SHARE, arrived.astype("datetime64[Y]"), arrived)
    naissance = np.where(mna, arrived, start + rng.integers(0, 20 * 365, size=n))

    before = np.maximum(np.arange(n) - 1, 0)
    jumeau = ~first & (rng.random(n) < TWIN_SHARE)
    jumeau &= ~jumeau[before]  # pairs, no triplets
    naissance = np.where(jumeau, naissance[before], naissance)
    alike = np.flatnonzero(jumeau & (rng.random(n) < ALIKE_TWINS_SHARE))
    pairs = np.array(_lists()["jumeaux"], dtype=object)[rng.integers(len(_lists()["jumeaux"]), size=len(alike))]
    prenom[alike - 1], prenom[alike] = pairs[:, 0], pairs[:, 1]
    prenom = np.where(jumeau & (prenom == prenom[before]), prenom + "-" + _usual("composes")[0], prenom)
    return pd.DataFrame(
        {
            "prenom": pd.Series(prenom, dtype="str"),
            "nom": pd.Series(nom, dtype="str"),
            "naissance": naissance.astype("datetime64[s]"),
            "mna": mna,
            "famille": famille,
            "jumeau": jumeau,
        }
    )


# --- errors ---------------------------------------------------------------------------------------


class Identity(NamedTuple):
    """What a sender types."""

    prenom: str
    nom: str
    naissance: pd.Timestamp


SWAPPED = "date_inversee"
NEUTRAL = "orthographe_neutre"
TRANSLITERATED = "translitteration"

VOWEL = "[aeiouyàâäéèêëïîôöùûü]"
NEUTRAL_RULES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ph_f": ((r"ph", "f"), (r"f", "ph")),
    "y_i": ((r"(?<=[bcdfghlmnprstvz])y(?=[bcdfglmnprstvz]|$)", "i"), (r"(?<=[bdfglmnprstv])i(?=[bcdflmnrstvz])", "y")),
    "lettre_doublee": (
        (rf"(?<=[aouyéèï])([nltrmpf])\1(?={VOWEL})", r"\1"),
        (rf"(?<=[aouéè])([nltrmpf])(?={VOWEL})", r"\1\1"),
    ),
    "finale_muette": (
        (r"(?:ault|aud|aut)$", "ot"),
        (r"eau$", "eaux"),
        (r"ard$", "art"),
        (r"and$", "ant"),
        (r"ois$", "oi"),
        (r"oux$", "ou"),
        (r"ot$", "o"),
        (r"ie$", "i"),
        (r"ée$", "é"),
        (r"elle$", "el"),
        (r"(?<=[dlmnrtv])ent$", "ant"),
    ),
    "au_o": ((r"(?<![cgu])eau", "au"), (rf"(?<!e)au(?=[bcdfglmnprstvz]{VOWEL})", "o")),
    "c_k": ((r"qu(?=[aioe])", "k"), (r"ck", "k"), (r"c(?=[aoulr])", "k"), (r"k(?=[aoulr])", "c")),
    "h_muet": ((r"th", "t"), (r"^h", ""), (r"t(?=[éeoi])", "th")),
    "s_z": ((rf"(?<={VOWEL})s(?={VOWEL})", "z"), (rf"(?<={VOWEL})z(?={VOWEL})", "s")),
    "nasale": (
        (r"(?<=[dlmnprtv])en(?=[cdst][aeioué])", "an"),
        (r"(?<=[dglmnrtv])ain$", "in"),
        (r"(?<=[dlmnrtv])in(?=$|[bcdst][aeioué])", "ain"),
    ),
    "ai_e": ((r"(?<![cgu])ai(?=[rst][aeiouéè])", "è"), (r"è(?=[rst][aeiouéè])", "ai")),
    "c_s": (
        (rf"^c(?=[eiéè])|(?<=[rlnk])c(?=[eiéè]{VOWEL}?)", "s"),
        (rf"(?<={VOWEL})c(?=[eiéè])", "ss"),
        (rf"(?<={VOWEL})ss(?=[eiéè])", "c"),
    ),
    "ch_sh": ((r"sh(?=[aeiouéè])", "ch"), (r"(?<!mi)ch(?=[aiouéè])", "sh")),
    "g_j": ((r"ge(?=[ao])", "j"), (r"g(?=[eiéè])", "j"), (r"j(?=[eiéè])", "g")),
    "espace": ((r"[ -]", ""),),
}
"""Spellings a French reader says alike, as (pattern, replacement) in the order tried."""


def respell(name: str, rule: str) -> str | None:
    """`name` after `rule` of NEUTRAL_RULES in one place, each part capitalised; None where it doesn't apply."""
    low = name.lower()
    for pattern, replacement in NEUTRAL_RULES[rule]:
        changed = re.sub(pattern, replacement, low, count=1)
        if changed != low:
            return "".join(part[:1].upper() + part[1:] for part in re.split(r"([ -])", changed))
    return None


def _either(who: Identity, rng: np.random.Generator, change: Callable[[str], str | None]) -> Identity | None:
    """`who` with its first or family name changed, whichever can be; None when neither can."""
    for side in rng.permutation(2):
        name = who.nom if side else who.prenom
        changed = change(name)
        if changed is not None and changed != name:
            return who._replace(nom=changed) if side else who._replace(prenom=changed)
    return None


def _neutral(who: Identity, rng: np.random.Generator) -> tuple[str, Identity | None]:
    """(rule, who it gives): the first rule, in random order, that applies."""
    rules = list(NEUTRAL_RULES)
    for rule in (rules[place] for place in rng.permutation(len(rules))):
        if (changed := _either(who, rng, partial(respell, rule=rule))) is not None:
            return rule, changed
    return "", None


def _swapped(who: Identity, rng: np.random.Generator) -> Identity | None:
    born = who.naissance
    if born.day > 12 or born.day == born.month:
        return None
    return who._replace(naissance=born.replace(day=born.month, month=born.day))


@cache
def _other_spellings() -> dict[str, list[str]]:
    groups = [group for kind in ("filles_mna", "garcons_mna", "familles_mna") for group in _lists()[kind]]
    return {group[0]: group[1:] for group in groups if len(group) > 1}


def _transliterated(who: Identity, rng: np.random.Generator) -> Identity | None:
    return _either(who, rng, lambda name: str(rng.choice(_other_spellings().get(name, [name]))))


def _mistyped(who: Identity, rng: np.random.Generator) -> Identity | None:
    """One letter dropped, changed or exchanged with the next, never the first."""

    def typo(name: str) -> str | None:
        if len(name) < 4:
            return None
        place, letter = int(rng.integers(1, len(name) - 1)), chr(ord("a") + int(rng.integers(26)))
        start, here, after, end = name[:place], name[place], name[place + 1], name[place + 2 :]
        return start + (after, letter + after, after + here)[int(rng.integers(3))] + end

    return _either(who, rng, typo)


def _shortened(who: Identity, rng: np.random.Generator) -> Identity | None:
    short = re.split(r"[ -]", who.prenom)[0]
    return None if short == who.prenom else who._replace(prenom=short)


def _renamed(who: Identity, rng: np.random.Generator) -> Identity | None:
    other = str(rng.choice(_usual("familles")))
    return None if other == who.nom else who._replace(nom=other)


def _other_day(who: Identity, rng: np.random.Generator) -> Identity | None:
    day = int(rng.integers(1, 29))
    return None if day == who.naissance.day else who._replace(naissance=who.naissance.replace(day=day))


def _other_year(who: Identity, rng: np.random.Generator) -> Identity | None:
    return who._replace(naissance=who.naissance + pd.DateOffset(years=int(rng.choice([-1, 1]))))


def _turned(who: Identity, rng: np.random.Generator) -> Identity | None:
    return None if who.prenom == who.nom else who._replace(prenom=who.nom, nom=who.prenom)


ERRORS: Mapping[str, Callable[[Identity, np.random.Generator], Identity | None]] = {
    SWAPPED: _swapped,
    TRANSLITERATED: _transliterated,
    "faute_de_frappe": _mistyped,
    "second_prenom_absent": _shortened,
    "nom_change": _renamed,
    "jour_faux": _other_day,
    "annee_fausse": _other_year,
    "prenom_nom_inverses": _turned,
}
ERROR_RATES: Mapping[str, float] = {
    NEUTRAL: 0.050,
    SWAPPED: 0.030,
    TRANSLITERATED: 0.040,
    "faute_de_frappe": 0.020,
    "second_prenom_absent": 0.040,
    "nom_change": 0.005,
    "jour_faux": 0.010,
    "annee_fausse": 0.003,
    "prenom_nom_inverses": 0.005,
}
"""Share of typed identities to which each kind of error is tried. It fails where the name doesn't lend itself to it (no
second first name, no other transliteration, a day that can't be a month): some 11 % end up mistyped."""


def without_accents(text: str) -> str:
    """`text` without its accents: what software in capitals keeps."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def misspell(
    identities: pd.DataFrame, rng: np.random.Generator, rates: Mapping[str, float] = ERROR_RATES
) -> pd.DataFrame:
    """`identities` as another sender types them: `prenom`, `nom`, `naissance`, `erreur`, `variante`; same index.

    Half of them are in capitals without accents, which is no error. `erreur` is a key of `rates`, empty where nothing
    was changed; `variante` is the rule of a neutral spelling.
    """
    drawn = rng.choice(
        np.array(["", *rates], dtype=object), size=len(identities), p=[1 - sum(rates.values()), *rates.values()]
    )
    typed = identities[["prenom", "nom", "naissance"]].assign(erreur="", variante="")
    columns = {name: typed[name].to_numpy(dtype=object, copy=True) for name in typed.columns}
    for row in np.flatnonzero(drawn != ""):
        kind = str(drawn[row])
        who = Identity(*(columns[name][row] for name in Identity._fields))
        rule, changed = _neutral(who, rng) if kind == NEUTRAL else ("", ERRORS[kind](who, rng))
        if changed is not None:
            for name, value in zip(columns, (*changed, kind, rule), strict=True):
                columns[name][row] = value
    typed = pd.DataFrame(columns, index=identities.index).astype(dict(typed.dtypes))
    capitals = rng.random(len(identities)) < 0.5
    for name in ("prenom", "nom"):
        typed[name] = typed[name].mask(capitals, typed[name].map(without_accents).str.upper())
    return typed
