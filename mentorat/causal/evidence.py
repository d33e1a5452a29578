"""Evidence grade of an effect, by the dated rules of `preuve.yml`."""

import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Grade = Literal["établi", "probable", "non concluant", "descriptif"]
RULES = Path(__file__).with_name("preuve.yml")


class Facts(BaseModel):
    """What a rule may look at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    comparaison: bool
    ajuste: bool
    smd_maximal_apres: float | None
    vagues: int
    tirage_au_sort: bool


class Conditions(BaseModel):
    """Facts a rule requires; an absent one is not looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    comparaison: bool | None = None
    ajuste: bool | None = None
    equilibre: bool | None = None
    vagues: int | None = None
    tirage_au_sort: bool | None = None


class Rule(BaseModel):
    """One grade, the conditions that give it, and the French sentence that says why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preuve: Grade
    si: Conditions
    motif: str


class Rules(BaseModel):
    """The rules in force, first match first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    valable_du: datetime.date
    raison: str
    smd_maximal: float = Field(gt=0)
    regles: tuple[Rule, ...] = Field(min_length=1)


@cache
def rules() -> Rules:
    """The rules of `preuve.yml`, checked. Raises pydantic's ValidationError when the file is malformed."""
    return Rules.model_validate(yaml.safe_load(RULES.read_text(encoding="utf-8")))


def grade(facts: Facts) -> Rule:
    """The first rule that holds for `facts`. Raises LookupError when none does: no grade is presumed."""
    known = facts.model_dump() | {
        "equilibre": facts.smd_maximal_apres is not None and facts.smd_maximal_apres <= rules().smd_maximal
    }
    for rule in rules().regles:
        if all(known[name] == wanted for name, wanted in rule.si.model_dump(exclude_none=True).items()):
            return rule
    raise LookupError(f"no evidence rule for {facts}")
