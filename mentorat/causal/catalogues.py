"""What a survey and the administrative cohort hold, as plans and tables name it: `enquete.yml`, `administratif.yml`.

Plans are checked without loading tables or estimators: nothing heavier than the YAML is imported here.
"""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from mentorat.contracts.sources import contract

SURVEY = Path(__file__).with_name("enquete.yml")
COHORT = Path(__file__).with_name("administratif.yml")
GROUPS = ("mentores", "non_mentores")
"""The groups a survey compares."""
BEFORE = ("fixe", "avant")
"""Temporalities of what mentoring cannot have changed."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SurveyCatalogue(_Strict):
    """Content of `enquete.yml`."""

    covariables: dict[str, str]
    niveaux_classe: dict[str, str]
    modalites: dict[str, dict[str, str]]


class CohortColumn(_Strict):
    """A column of the cohort, and whether it is known before mentoring could change it."""

    libelle: str
    temporalite: Literal["fixe", "avant", "apres"]


class CohortIssue(_Strict):
    """An outcome of the cohort."""

    libelle: str
    fenetre: Literal["jours", "majorite"]
    temoin: bool = False


class CohortCatalogue(_Strict):
    """Content of `administratif.yml`."""

    colonnes: dict[str, CohortColumn]
    issues: dict[str, CohortIssue]
    modalites: dict[str, dict[str, str]]


@cache
def survey_catalogue() -> SurveyCatalogue:
    """Covariates of the survey, and how their levels read.

    Raises pydantic's ValidationError when the file is malformed, ValueError when a covariate may have been
    changed by mentoring: adjusting for it would hide part of the effect.
    """
    found = SurveyCatalogue.model_validate(yaml.safe_load(SURVEY.read_text(encoding="utf-8")))
    for name in found.covariables:
        for group in GROUPS:
            if contract(f"enquete_{group}").colonne(name).temporalite not in BEFORE:
                raise ValueError(f"{name} is not known before mentoring: it may not adjust an effect")
    return found


@cache
def cohort_catalogue() -> CohortCatalogue:
    """What the cohort holds. Raises pydantic's ValidationError when the file is malformed."""
    return CohortCatalogue.model_validate(yaml.safe_load(COHORT.read_text(encoding="utf-8")))


def survey_covariates() -> tuple[str, ...]:
    """Covariates of the survey, in the order of `enquete.yml`."""
    return tuple(survey_catalogue().covariables)


def cohort_covariates() -> tuple[str, ...]:
    """Columns of the cohort known before the index date, in the order of `administratif.yml`."""
    return tuple(name for name, column in cohort_catalogue().colonnes.items() if column.temporalite in BEFORE)
