"""The analysis plan: what is compared, on whom, how, declared before the results are seen.

A plan is a YAML file of `notebooks/plans/`. Its hash travels with every result; whatever is not in it is exploratory.
What a plan may name is checked in `plan_checks`; which plan a campagne follows is told by `plan_register`.
"""

import datetime
import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from mentorat.errors import UsageError
from mentorat.yaml_keys import PlainYaml, yaml_fault

Estimator = Literal[
    "naif", "regression", "entropie", "score_ipw", "recouvrement", "plus_proche_voisin", "complet", "strates", "aipw"
]
Variance = Literal["CR2", "CR3", "sauvage"]
Comparators = Literal["acceptants_en_attente", "eligibles_non_mentores"]
Source = Literal["enquete", "administratif"]
Role = Literal["principale", "secondaire", "temoin"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]


class PlanError(UsageError):
    """A plan that cannot be followed: the file, the key, what is wrong and how to mend it (exit code 2)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CurveGrid(_Part):
    """Choices that could have been made: covariates always there, blocks in or out, estimators, codings, populations.

    `permutations`: draws of the joint test on primary outcomes (0: the curve alone).
    """

    toujours: tuple[str, ...] = Field(description="Covariables présentes dans toutes les spécifications.")
    au_choix: dict[str, tuple[str, ...]] = Field(
        description="Blocs de covariables, chacun tour à tour présent et absent : nom du bloc, puis covariables."
    )
    estimateurs: tuple[Estimator, ...] = Field(min_length=1, description="Estimateurs essayés.")
    codages: tuple[Literal["positif", "score"], ...] = Field(
        default=("positif",),
        min_length=1,
        description="Lecture des réponses : part de réponses positives, ou score de l'échelle.",
    )
    populations: tuple[str, ...] = Field(
        default=("tous",), min_length=1, description="Jeunes gardés : tous, ou sans ceux d'une covariable (sans_mna)."
    )
    permutations: int = Field(
        ge=0, description="Tirages du test d'ensemble, sur les issues principales ; 0 : la courbe seule."
    )

    @property
    def specifications(self) -> int:
        """How many specifications the grid holds."""
        choices = len(self.estimateurs) * len(self.codages) * len(self.populations)
        return choices << len(self.au_choix)  # each block in or out


class SurveyPlan(_Part):
    """The comparison of a survey. `familles`: confirmatory families → items; `temoins`: negative controls."""

    population: Text = Field(description="Estimand : de qui parle le résultat.")
    traitement: Text = Field(description="Estimand : ce que veut dire « mentoré ».")
    comparaison: Text = Field(description="Estimand : à qui les mentorés sont comparés.")
    resume: Text = Field(description="Estimand : le nombre qui résume l'effet, et chez qui.")
    familles: dict[str, tuple[str, ...]] = Field(
        description="Familles confirmatoires : nom, puis questions. La correction de Holm se fait dans chacune."
    )
    secondaires: Literal["toutes", "aucune"] = Field(
        description="Les autres questions posées aux deux groupes : toutes comparées (exploratoires), ou aucune."
    )
    temoins: tuple[str, ...] = Field(
        default=(), description="Questions que le mentorat ne peut pas avoir changées : un écart y dénonce un biais."
    )
    covariables: tuple[str, ...] = Field(
        min_length=1, description="Caractéristiques connues avant le mentorat, sur lesquelles on rend comparable."
    )
    grappe: Literal["grappe", "structure", "departement"] = Field(
        description="Unité dans laquelle les réponses se ressemblent ; l'incertitude en tient compte."
    )
    estimateur: Estimator = Field(description="Estimateur principal, seul confirmatoire.")
    robustesse: tuple[Estimator, ...] = Field(description="Autres estimateurs, montrés à côté.")
    variance: Variance = Field(description="Calcul de l'incertitude avec peu de grappes.")
    sous_groupes: tuple[str, ...] = Field(description="Covariables par lesquelles l'effet est détaillé.")
    grille: CurveGrid = Field(description="Courbe des spécifications : les choix qu'on aurait pu faire.")


class Matching(_Part):
    """Risk sets: strata matched exactly, largest distance in age, comparators of each new pair."""

    exact: tuple[str, ...] = Field(min_length=1, description="Caractéristiques identiques dans chaque ensemble.")
    age_ecart_mois: int = Field(ge=0, description="Plus grand écart d'âge accepté, en mois.")
    voisins: int = Field(ge=1, description="Nombre de jeunes comparés à chaque jeune qui commence.")


class CohortOutcome(_Part):
    """An outcome of the cohort and its window, in days from the index date or from the 18th birthday."""

    famille: Role = Field(description="principale (confirmatoire), secondaire (exploratoire) ou temoin.")
    de_jours: int | None = Field(default=None, description="Premier jour de la fenêtre, depuis la date de départ.")
    a_jours: int | None = Field(default=None, description="Dernier jour de la fenêtre, depuis la date de départ.")
    apres_18_ans_jours: int | None = Field(
        default=None, gt=0, description="Durée de la fenêtre qui commence au dix-huitième anniversaire."
    )


class CohortPlan(_Part):
    """The comparison of the administrative cohort, by risk sets. The first of `comparateurs` is the confirmatory one:
    the others are a check, and their tests are corrected apart."""

    population: Text = Field(description="Estimand : de qui parle le résultat.")
    traitement: Text = Field(description="Estimand : ce que veut dire « commencer ».")
    comparaison: Text = Field(description="Estimand : à quoi commencer ce jour-là est comparé.")
    resume: Text = Field(description="Estimand : le nombre qui résume l'effet, et chez qui.")
    comparateurs: tuple[Comparators, ...] = Field(
        min_length=1, description="Jeunes comparés. Le premier groupe est le principal, les autres une vérification."
    )
    appariement: Matching = Field(description="Comment chaque jeune qui commence trouve ses comparateurs.")
    covariables: tuple[str, ...] = Field(min_length=1, description="Caractéristiques connues avant la date de départ.")
    grappe: Literal["territoire"] = Field(description="Unité dans laquelle les jeunes se ressemblent.")
    issues: dict[str, CohortOutcome] = Field(min_length=1, description="Issues, avec leur famille et leur fenêtre.")
    robustesse: tuple[Literal["naif", "censure_ponderee"], ...] = Field(description="Autres calculs, montrés à côté.")
    sous_groupes: tuple[str, ...] = Field(description="Covariables par lesquelles l'effet est détaillé.")


class Plan(_Part):
    """An analysis plan, dated; a change is a new version."""

    nom: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", description="Nom du plan : minuscules, chiffres, tirets.")
    version: str = Field(min_length=1, description='Version, entre guillemets : "1". Un changement en fait une autre.')
    date: datetime.date = Field(description="Jour où cette version a été arrêtée (AAAA-MM-JJ).")
    donnees: Literal["reelles", "simulees"] = Field(description="Données auxquelles le plan s'applique.")
    question: Text = Field(description="La question posée, en une phrase.")
    enquete: SurveyPlan = Field(description="Comparaison des réponses à l'enquête.")
    administratif: CohortPlan = Field(description="Comparaison des jeunes suivis par les fichiers administratifs.")

    @property
    def empreinte(self) -> str:
        """SHA-256 (hexadecimal) of what the plan says, whatever its layout and comments.

        A value that is the default says nothing, so that a key added to the schema later leaves the hash of older plans
        as it was. The default of a key never changes, therefore.
        """
        told = json.dumps(
            self.model_dump(mode="json", exclude_defaults=True),
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        return hashlib.sha256(told.encode()).hexdigest()

    def role(self, source: str, issue: str) -> Role:
        """What the plan makes of an outcome; one it does not name is secondary."""
        if source == "enquete":
            if issue in self.enquete.temoins:
                return "temoin"
            return "principale" if any(issue in items for items in self.enquete.familles.values()) else "secondaire"
        outcome = self.administratif.issues.get(issue)
        return "secondaire" if outcome is None else outcome.famille

    def family(self, source: str, issue: str) -> str:
        """The family the plan declares the outcome in; empty where the codebook's own holds (secondary items)."""
        role = self.role(source, issue)
        if source == "enquete" and role == "principale":
            return next(name for name, items in self.enquete.familles.items() if issue in items)
        return "" if source == "enquete" and role == "secondaire" else role


class _Loader(PlainYaml, yaml.SafeLoader):
    """Dates and numbers read; aliases and repeated keys refused."""


def load_plan(path: Path) -> Plan:
    """The plan of a YAML file, checked. Raises PlanError (French) naming every key at fault, and how to mend it."""
    from mentorat.causal.plan_checks import faults

    plan = _read(path)
    if found := faults(plan):
        raise PlanError(refusal(path, found))
    return plan


def refusal(path: Path, found: list[str]) -> str:
    """The faults of a file as one message, one line each."""
    return "\n".join([f"Le plan d'analyse {path} ne peut pas être suivi :", *(f"  - {one}" for one in found)])


def _read(path: Path) -> Plan:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise PlanError(
            f"Le plan d'analyse {path} n'existe pas. « mentorat plan nouveau {path} » en écrit le modèle."
        ) from None
    except UnicodeDecodeError:
        raise PlanError(refusal(path, ["ce n'est pas un texte en UTF-8 : enregistrez-le de nouveau ainsi."])) from None
    except yaml.YAMLError as error:
        remedy = "Corrigez le fichier ; le modèle commenté montre l'écriture attendue."
        raise PlanError(refusal(path, [f"{yaml_fault(error)}. {remedy}"])) from None
    except RecursionError:
        raise PlanError(refusal(path, ["des crochets ou des accolades y sont imbriqués sans fin."])) from None
    if not isinstance(content, dict):
        raise PlanError(refusal(path, ["le fichier ne contient pas de clés (« nom : », « version : »…)."]))
    try:
        return Plan.model_validate(content)
    except ValidationError as error:
        from mentorat.causal.plan_checks import schema_faults

        raise PlanError(refusal(path, schema_faults(error))) from None
