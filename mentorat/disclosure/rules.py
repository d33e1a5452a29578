"""The dated rules of disclosure (`regles.yml`), read once and checked."""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

Audience = Literal["partenaire", "public"]
AUDIENCES: tuple[Audience, ...] = ("partenaire", "public")
"""From the one that sees most to the one that sees least: what the public sees, a partner sees."""


class Rule(BaseModel):
    """One rule: what it says, since when, why, and where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    libelle: str = Field(min_length=1)
    motif: str = Field(min_length=1)
    source: str = Field(min_length=1)
    valable_du: date
    valable_au: date | None = None
    audience: Audience | None = None
    seuil: int | None = Field(default=None, ge=2)

    def holds(self, on: date | None) -> bool:
        """Whether the rule is in force on a day; with None, whether it has no end."""
        if on is None:
            return self.valable_au is None
        return self.valable_du <= on and (self.valable_au is None or on <= self.valable_au)


class Rules(BaseModel):
    """The rules in force together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regles: tuple[Rule, ...]

    @model_validator(mode="after")
    def _nested(self) -> "Rules":
        ids = [rule.id for rule in self.regles]
        if len(set(ids)) != len(ids):
            raise ValueError("two rules in force share an id")
        if self.threshold("public") < self.threshold("partenaire"):
            raise ValueError("the public threshold is below the partner's: audiences would not be nested")
        return self

    def threshold(self, audience: Audience) -> int:
        """Smallest count the audience may be given."""
        found = [rule.seuil for rule in self.regles if rule.audience == audience and rule.seuil is not None]
        if len(found) != 1:
            raise ValueError(f"audience {audience}: {len(found)} thresholds in force, one is needed")
        return found[0]

    def protection(self, audience: Audience) -> int:
        """Least width of what may be deduced of a protected count: no more than « 0 to threshold − 1 »."""
        return self.threshold(audience) - 1


@cache
def rules(on: date | None = None) -> Rules:
    """Rules in force on a day; by default those without an end, so that no publication depends on the
    clock."""
    text = files("mentorat.disclosure").joinpath("regles.yml").read_text(encoding="utf-8")
    every = [Rule.model_validate(rule) for rule in yaml.safe_load(text)["regles"]]
    return Rules(regles=tuple(rule for rule in every if rule.holds(on)))
