"""Evidence grade of an effect, and the words it allows, by the dated rules of `preuve.yml`.

A fact that is not known (None) fits no condition: what could not be checked never raises a grade.
"""

import datetime
import re
from functools import cache
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

Grade = Literal["établi", "probable", "non concluant", "descriptif"]
Finding = Literal["ecart", "absence", "incertain"]
GRADES: tuple[Grade, ...] = ("descriptif", "non concluant", "probable", "établi")
"""From the weakest to the strongest."""
RULES = Path(__file__).with_name("preuve.yml")
APOSTROPHES = str.maketrans("\u2019\u00a0\u202f", "'  ")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Facts(_Strict):
    """What the rules are told of a row; None is not known.

    `clusters_smaller`: clusters of the group that has fewer; `same_sign`, `excluding_zero`: shares of the curve, None
    where no curve is planned; `e_value_limit`: of the interval's limit; `control_passed`: None without a negative
    control or placebo, or when all are too wide to tell; `both_arms_vary`: in no group did everybody have the same
    outcome; `finding`: None where nothing is estimated.
    """

    comparaison: bool
    ajuste: bool
    smd_maximal_apres: float | None
    vagues: int | None
    tirage_au_sort: bool
    ensembles_a_risque: bool = False
    temoin: bool = False
    confirmatoire: bool = False
    finding: Finding | None = None
    ess: float | None = None
    clusters_smaller: int | None = None
    df: float | None = None
    missing_share: float | None = None
    e_value_limit: float | None = None
    same_sign: float | None = None
    excluding_zero: float | None = None
    control_passed: bool | None = None
    both_arms_vary: bool | None = None
    simule: bool = False


class Conditions(_Strict):
    """Facts a rule requires; an absent one is not looked at."""

    comparaison: bool | None = None
    ajuste: bool | None = None
    temoin: bool | None = None
    equilibre: bool | None = None
    ess_minimal: bool | None = None
    ess_suffisant: bool | None = None
    grappes_minimales: bool | None = None
    grappes_suffisantes: bool | None = None
    ddl_suffisants: bool | None = None
    manquants_limites: bool | None = None
    vagues: int | None = None
    ensembles_a_risque: bool | None = None
    tirage_au_sort: bool | None = None
    confirmatoire: bool | None = None
    temoin_passe: bool | None = None
    issue_varie: bool | None = None
    constat: Finding | None = None
    cache_resiste: bool | None = None
    grille_stable: bool | None = None
    simule: bool | None = None


class Rule(_Strict):
    """One grade, the conditions that give it, and the French sentence that says why."""

    preuve: Grade
    si: Conditions
    motif: str


class Threshold(_Strict):
    """A threshold, since when, and why."""

    valeur: float = Field(gt=0)
    depuis: datetime.date
    raison: str = Field(min_length=20)


class Thresholds(_Strict):
    """Thresholds of the rules; shares are between 0 and 1."""

    alpha: Threshold
    smd_maximal: Threshold
    ess_minimal: Threshold
    ess_suffisant: Threshold
    grappes_minimales: Threshold
    grappes_suffisantes: Threshold
    ddl_suffisants: Threshold
    part_manquante_maximale: Threshold
    evalue_limite_minimale: Threshold
    part_meme_signe_minimale: Threshold
    part_exclut_zero_minimale: Threshold
    marge_absence: Threshold


class Words(_Strict):
    """How a grade tells what was found; `holm` only where a grade may be given to what Holm does not keep."""

    ecart: str
    zero: str
    holm: str | None = None


class Groups(_Strict):
    """The two groups of a comparison, in words."""

    mentores: str
    comparateurs: str


class Frame(_Strict):
    """How a source compares where groups are balanced, or else (`sinon`), and what one of its outcomes is called."""

    cadre: str
    sinon: str
    nom: str


class Rules(_Strict):
    """The rules in force, first match first, and the words of each grade."""

    version: str
    valable_du: datetime.date
    raison: str
    niveaux: dict[Grade, str]
    seuils: Thresholds
    regles: tuple[Rule, ...] = Field(min_length=1)
    mots: dict[Grade, Words]
    interdits: dict[Grade, tuple[str, ...]]
    groupes: dict[str, Groups]
    cadres: dict[str, Frame]

    @model_validator(mode="after")
    def _no_grade_says_more(self) -> Self:
        grades = set(GRADES)
        if not grades == set(self.mots) == set(self.interdits) == set(self.niveaux):
            raise ValueError("preuve.yml: each grade has its meaning, its words and what it never says")
        said = [(grade, text) for grade, words in self.mots.items() for text in words.model_dump().values() if text]
        said += [(rule.preuve, rule.motif) for rule in self.regles]
        for grade, text in said:
            if found := overstated(text, self.interdits[grade]):
                raise ValueError(f"preuve.yml: « {text} » says more than « {grade} »: {found}")
        return self


@cache
def rules() -> Rules:
    """The rules of `preuve.yml`, checked. Raises pydantic's ValidationError when the file is malformed, or when a
    grade's words say more than it may."""
    return Rules.model_validate(yaml.safe_load(RULES.read_text(encoding="utf-8")))


def overstated(text: str, forbidden: tuple[str, ...]) -> str:
    """The first expression of `forbidden` that a text says outside « quoted labels »; empty when it says none."""
    plain = re.sub(r"«[^»]*»", "", text).translate(APOSTROPHES).lower()
    return next((pattern for pattern in forbidden if re.search(pattern, plain)), "")


def finding(estimate: float | None, low: float, high: float, p_holm: float | None) -> Finding | None:
    """What an interval says: `ecart` (it leaves zero out, and Holm's p is under alpha), `absence` (it holds zero and
    lies within ±marge_absence, in shares), `incertain` otherwise; None when nothing is estimated."""
    if estimate is None:
        return None
    if low <= 0 <= high:
        margin = rules().seuils.marge_absence.valeur
        return "absence" if max(-low, high) <= margin else "incertain"
    return "ecart" if p_holm is not None and p_holm < rules().seuils.alpha.valeur else "incertain"


def grade(facts: Facts) -> Rule:
    """The first rule that holds for `facts`. Raises LookupError when none does: no grade is presumed."""
    known = _known(facts)
    for rule in rules().regles:
        if all(known[name] == wanted for name, wanted in rule.si.model_dump(exclude_none=True).items()):
            return rule
    raise LookupError(f"no evidence rule for {facts}")


def balanced(smd: float | None) -> bool:
    """Whether the largest |SMD| after adjustment is within `smd_maximal`; balance nobody measured is not reached."""
    return smd is not None and smd <= rules().seuils.smd_maximal.valeur


def _known(facts: Facts) -> dict[str, object]:
    """The facts as conditions name them."""
    least = rules().seuils
    return {
        "comparaison": facts.comparaison,
        "ajuste": facts.ajuste,
        "temoin": facts.temoin,
        "equilibre": balanced(facts.smd_maximal_apres),
        "ess_minimal": _at_least(facts.ess, least.ess_minimal),
        "ess_suffisant": _at_least(facts.ess, least.ess_suffisant),
        "grappes_minimales": _at_least(facts.clusters_smaller, least.grappes_minimales),
        "grappes_suffisantes": _at_least(facts.clusters_smaller, least.grappes_suffisantes),
        "ddl_suffisants": _at_least(facts.df, least.ddl_suffisants),
        "manquants_limites": None
        if facts.missing_share is None
        else facts.missing_share <= least.part_manquante_maximale.valeur,
        "vagues": facts.vagues,
        "ensembles_a_risque": facts.ensembles_a_risque,
        "tirage_au_sort": facts.tirage_au_sort,
        "confirmatoire": facts.confirmatoire,
        "temoin_passe": facts.control_passed,
        "issue_varie": facts.both_arms_vary,
        "constat": facts.finding,
        "cache_resiste": _at_least(facts.e_value_limit, least.evalue_limite_minimale),
        "grille_stable": _both(
            _at_least(facts.same_sign, least.part_meme_signe_minimale),
            _at_least(facts.excluding_zero, least.part_exclut_zero_minimale),
        ),
        "simule": facts.simule,
    }


def _at_least(value: float | None, threshold: Threshold) -> bool | None:
    return None if value is None else value >= threshold.valeur


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return True if one and other else None
