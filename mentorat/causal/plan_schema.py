"""The JSON Schema of an analysis plan, for editors: they complete keys and items, and show what each means."""

import json
from pathlib import Path
from typing import Any

from mentorat.causal.catalogues import cohort_catalogue, cohort_covariates, survey_covariates
from mentorat.causal.plan import Plan
from mentorat.causal.plan_checks import compared_items, populations
from mentorat.causal.plan_register import PLANS, SCHEMA

MEANT = {
    "Plan": "Plan d'analyse",
    "SurveyPlan": "Comparaison des réponses à l'enquête",
    "CurveGrid": "Courbe des spécifications",
    "CohortPlan": "Comparaison de la cohorte administrative, par ensembles à risque",
    "Matching": "Appariement",
    "CohortOutcome": "Issue et fenêtre où elle est regardée",
}
"""Title of each part, in place of the docstring of its class."""


def plan_schema() -> dict[str, Any]:
    """The schema, with the names the codebook and the cohort allow."""
    schema = Plan.model_json_schema()
    parts = schema["$defs"]
    for name, title in MEANT.items():
        part = schema if name == "Plan" else parts[name]
        part |= {"title": title}
        part.pop("description", None)
        for one in part["properties"].values():
            one.pop("title", None)
    survey, grid = parts["SurveyPlan"]["properties"], parts["CurveGrid"]["properties"]
    items, covariates = list(compared_items()), list(survey_covariates())
    survey["familles"]["additionalProperties"]["items"]["enum"] = items
    survey["temoins"]["items"]["enum"] = items
    for where in (survey["covariables"], survey["sous_groupes"], grid["toujours"]):
        where["items"]["enum"] = covariates
    grid["au_choix"]["additionalProperties"]["items"]["enum"] = covariates
    grid["populations"]["items"]["enum"] = list(populations())
    cohort_plan = parts["CohortPlan"]["properties"]
    for where in (cohort_plan["covariables"], cohort_plan["sous_groupes"], parts["Matching"]["properties"]["exact"]):
        where["items"]["enum"] = list(cohort_covariates())
    cohort_plan["issues"]["propertyNames"] = {"enum": list(cohort_catalogue().issues)}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def files() -> dict[Path, str]:
    """The schema's file and its text."""
    return {PLANS / SCHEMA: json.dumps(plan_schema(), ensure_ascii=False, indent=2) + "\n"}
