"""The analysis plan: what is compared, on whom, how, declared before the results are seen.

A plan is a YAML file of `notebooks/plans/`. Its hash travels with every result; whatever is not in it is exploratory.
"""

import datetime
import hashlib
import json
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Estimator = Literal[
    "naif", "regression", "entropie", "score_ipw", "recouvrement", "plus_proche_voisin", "complet", "strates", "aipw"
]
Variance = Literal["CR2", "CR3", "sauvage"]
Comparators = Literal["acceptants_en_attente", "eligibles_non_mentores"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CurveGrid(_Part):
    """Choices that could have been made: covariates always there, blocks in or out, estimators, codings, populations.

    `permutations`: draws of the joint test on primary outcomes (0: the curve alone).
    """

    toujours: tuple[str, ...]
    au_choix: dict[str, tuple[str, ...]]
    estimateurs: tuple[Estimator, ...] = Field(min_length=1)
    codages: tuple[Literal["positif", "score"], ...] = ("positif",)
    populations: tuple[str, ...] = ("tous",)
    permutations: int = Field(ge=0)


class SurveyPlan(_Part):
    """The comparison of a survey. `familles`: confirmatory families → items; `temoins`: negative controls."""

    population: str
    traitement: str
    comparaison: str
    resume: str
    familles: dict[str, tuple[str, ...]]
    secondaires: Literal["toutes", "aucune"]
    temoins: tuple[str, ...] = ()
    covariables: tuple[str, ...] = Field(min_length=1)
    grappe: str
    estimateur: Estimator
    robustesse: tuple[Estimator, ...]
    variance: Variance
    sous_groupes: tuple[str, ...]
    grille: CurveGrid


class Matching(_Part):
    """Risk sets: strata matched exactly, largest distance in age, comparators of each new pair."""

    exact: tuple[str, ...] = Field(min_length=1)
    age_ecart_mois: int = Field(ge=0)
    voisins: int = Field(ge=1)


class CohortOutcome(_Part):
    """An outcome of the cohort and its window, in days from the index date or from the 18th birthday."""

    famille: Literal["principale", "secondaire", "temoin"]
    de_jours: int | None = None
    a_jours: int | None = None
    apres_18_ans_jours: int | None = Field(default=None, gt=0)


class CohortPlan(_Part):
    """The comparison of the administrative cohort, by risk sets."""

    population: str
    traitement: str
    comparaison: str
    resume: str
    comparateurs: tuple[Comparators, ...] = Field(min_length=1)
    appariement: Matching
    covariables: tuple[str, ...] = Field(min_length=1)
    grappe: str
    issues: dict[str, CohortOutcome]
    robustesse: tuple[Literal["naif", "censure_ponderee"], ...]
    sous_groupes: tuple[str, ...]


class Plan(_Part):
    """An analysis plan, dated; a change is a new version."""

    nom: str
    version: str
    date: datetime.date
    donnees: Literal["reelles", "simulees"]
    question: str
    enquete: SurveyPlan
    administratif: CohortPlan

    @property
    def empreinte(self) -> str:
        """SHA-256 (hexadecimal) of what the plan says, whatever its layout and comments."""
        told = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(told.encode()).hexdigest()


def load_plan(path: Path) -> Plan:
    """The plan of a YAML file, checked. Raises pydantic's ValidationError when it is malformed."""
    return Plan.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
