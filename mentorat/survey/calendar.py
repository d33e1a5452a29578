"""« Ce qu'on saura, quand »: for each outcome the files hold, from which campagne it may be compared and how finely.

What is observed of a campagne (answers and standard error of each adjusted effect of the survey; size of the cohort,
by territoire) is carried forward under the dated assumptions of `calendrier.yml`. Expected sizes of the cohort are
rounded to ten: they are forecasts, and no count of young people can be read in them.
"""

import datetime
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mentorat.survey.design import SurveyError
from mentorat.survey.planning import (
    DIRECTIONS,
    Assumptions,
    detectable_from_error,
    detectable_share,
    intraclass_correlation,
)
from mentorat.typography import fr_text

CALENDAR = {
    "issue": "str",
    "libelle": "str",
    "source": "str",
    "comparaison": "str",
    "famille": "str",
    "premiere_campagne": "Int64",
    "n_mentores": "Int64",
    "n_non_mentores": "Int64",
    "x_mentores": "Int64",
    "x_non_mentores": "Int64",
    "part_reference": "float64",
    "icc": "float64",
    "effet_plan": "float64",
    "questions_nb": "Int64",
    "ecart_detectable_points": "float64",
    "ecart_detectable_famille_points": "float64",
    "hypotheses": "str",
    "date_hypotheses": "str",
}
"""Columns of the calendar and their types. `ecart_detectable_points`: detected with the power of `calendrier.yml`
whichever its direction, tested alone; `…_famille_points`: when all the questions of its family are. `effet_plan`:
variance over that of as many independent, unweighted answers."""


UNTOLD = "Écart détectable non calculable : trop peu de jeunes, ou effet que les réponses ne permettent pas d'estimer."


class SecondWave(BaseModel):
    """What is supposed of a second wave of the survey."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decalage_campagnes: int = Field(ge=1)
    attrition: float = Field(ge=0, lt=1)
    correlation: float = Field(ge=0, lt=1)
    raison: str


class Survey(BaseModel):
    """Assumptions on the survey."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deuxieme_vague: SecondWave


class Cohort(BaseModel):
    """Assumptions on the administrative cohort."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    comparateurs_par_mentore: int = Field(ge=1)
    suivis: float = Field(gt=0, le=1)
    part_reference: float = Field(gt=0, lt=1)
    icc: float = Field(ge=0, lt=1)
    raison: str


class Outcome(BaseModel):
    """An outcome of the files: months after the index day at which it is known, or why it is only described."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    libelle: str
    source: str
    fin_mois: int | None = None
    age_index: int | None = None
    descriptif: str | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "Outcome":
        if (self.fin_mois is None) == (self.descriptif is None):
            raise ValueError(f"{self.libelle}: either fin_mois or descriptif")
        return self


class Assumed(BaseModel):
    """Content of `calendrier.yml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: datetime.date
    puissance: float = Field(gt=0.05, lt=1)
    enquete: Survey
    cohorte: Cohort
    issues: dict[str, Outcome]


@cache
def assumed() -> Assumed:
    """The dated assumptions. Raises pydantic's ValidationError when the file is malformed."""
    content = files("mentorat.survey").joinpath("calendrier.yml").read_text(encoding="utf-8")
    return Assumed.model_validate(yaml.safe_load(content))


def calendar(campagne: int, effects: pd.DataFrame, answers: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    """The calendar of a campagne, columns `CALENDAR`: survey items (one wave, then two), then the files' outcomes.

    `effects`: table `effets` of the survey; `answers`: `survey_respondents.compared_answers`; `cohort`: `bras`
    (mentores, comparateurs), `territoire` and `age_index` of the young people on their index day. Any of them may be
    empty: what it would tell is then missing or left out.
    """
    rows = [*_survey_rows(campagne, effects, answers), *_cohort_rows(campagne, cohort)]
    table = pd.DataFrame(rows, columns=list(CALENDAR)).astype(CALENDAR)
    untold = table["ecart_detectable_points"].isna() & (table["comparaison"] != "descriptif")
    table["hypotheses"] = [
        fr_text(f"{text} {UNTOLD}" if missing else text)
        for text, missing in zip(table["hypotheses"], untold, strict=True)
    ]
    return table


def item_correlation(values: pd.Series, mentored: pd.Series, clusters: pd.Series) -> float:
    """Intraclass correlation of an item once the difference between the two groups is taken out; nan if undefined."""
    known = values.notna()
    y, group = values[known].astype("float64"), mentored[known].astype(bool)
    try:
        return intraclass_correlation(y - y.groupby(group).transform("mean"), clusters[known]).icc
    except SurveyError:  # a constant item, or one answer a cluster: no correlation to tell, and its column says so
        return float("nan")


def _survey_rows(campagne: int, effects: pd.DataFrame, answers: pd.DataFrame) -> Iterator[dict[str, Any]]:
    later = assumed().enquete.deuxieme_vague
    # what could not be estimated comes back from Parquet as None
    effects = effects.astype({"se": "float64", "df": "float64"})
    for two in (False, True):
        kept = 1 - later.attrition if two else 1.0
        # a smaller sample widens the standard error of the first wave, what the first wave explains narrows it
        change = np.sqrt((1 - later.correlation**2) / kept) if two else 1.0
        for row in effects.to_dict("records"):
            n1, n2 = int(row["n_mentores"]), int(row["n_non_mentores"])
            x1, x2 = row["x_mentores"], row["x_non_mentores"]
            questions = int((effects["famille"] == row["famille"]).sum())
            apart = _independent_variance(x1, n1) + _independent_variance(x2, n2)
            item, se, df = row["issue"], float(row["se"]), float(row["df"])
            known = item in answers.columns
            yield {
                **_head(item, row["libelle"], "enquete", "deux vagues" if two else "une vague", row["famille"]),
                "premiere_campagne": campagne + (later.decalage_campagnes if two else 0),
                "n_mentores": round(n1 * kept),
                "n_non_mentores": round(n2 * kept),
                # expected too: a share that disclosure hides in one wave must be hidden in two
                "x_mentores": round(x1 * kept),
                "x_non_mentores": round(x2 * kept),
                "part_reference": x2 / n2 if n2 else np.nan,
                "icc": item_correlation(answers[item], answers["mentore"], answers["grappe"]) if known else np.nan,
                "effet_plan": se**2 / apart if apart else np.nan,
                "questions_nb": questions,
                **{
                    name: 100 * change * detectable_from_error(se, df, power=assumed().puissance, level=0.05 / number)
                    for name, number in (("ecart_detectable_points", 1), ("ecart_detectable_famille_points", questions))
                },
                "hypotheses": f"Mêmes effectifs qu'en {campagne}. {later.raison}"
                if two
                else f"Effectifs et erreur-type de l'effet ajusté observés dans l'enquête de la campagne {campagne}.",
            }


def _independent_variance(x: float, n: int) -> float:
    return float(x * (n - x) / n**3) if n else 0.0


def _cohort_rows(campagne: int, cohort: pd.DataFrame) -> Iterator[dict[str, Any]]:
    known = assumed()
    supposed = known.cohorte
    compared = [name for name, outcome in known.issues.items() if outcome.fin_mois is not None]
    for name, outcome in known.issues.items():
        head = _head(name, outcome.libelle, outcome.source, "cohorte", "cohorte")
        young = cohort if outcome.age_index is None else cohort[cohort["age_index"] == outcome.age_index]
        mentored = young[young["bras"] == "mentores"]
        others = min(supposed.comparateurs_par_mentore * len(mentored), int((young["bras"] == "comparateurs").sum()))
        followed = [int(round(n * supposed.suivis, -1)) for n in (len(mentored), others)]
        if outcome.fin_mois is None:
            yield head | {
                "comparaison": "descriptif",
                "premiere_campagne": campagne,
                "n_mentores": followed[0],
                "n_non_mentores": followed[1],
                "hypotheses": f"{outcome.descriptif} Effectif : au plus les jeunes suivis de la cohorte de {campagne}.",
            }
            continue
        sizes = mentored["territoire"].value_counts()
        found: dict[str, Any] = {"ecart_detectable_points": np.nan, "ecart_detectable_famille_points": np.nan}
        effect = np.nan
        if min(followed) >= 10 and len(sizes) > 1:
            given = Assumptions(
                icc=supposed.icc,
                cluster_size=max(1.0, followed[0] / len(sizes)),
                cluster_cv=float(sizes.std(ddof=0) / sizes.mean()),
            )
            effect = given.variance_inflation
            found = _detectable(supposed.part_reference, (followed[0], followed[1]), given, len(compared))
        yield {
            **head,
            "premiere_campagne": campagne + _years_until_known(outcome.fin_mois),
            "n_mentores": followed[0],
            "n_non_mentores": followed[1],
            "part_reference": supposed.part_reference,
            "icc": supposed.icc,
            "effet_plan": effect,
            "questions_nb": len(compared),
            **found,
            "hypotheses": f"Jeunes dont le jour d'index tombe en {campagne}, effectif attendu à la dizaine. "
            f"{supposed.raison}",
        }


def _years_until_known(months: int) -> int:
    """Campagnes after that of the index day until the outcome is known for everyone, the last of December included."""
    return -(-months // 12)


def _head(issue: object, libelle: object, source: str, comparaison: str, famille: object) -> dict[str, Any]:
    return {
        "issue": issue,
        "libelle": libelle,
        "source": source,
        "comparaison": comparaison,
        "famille": famille,
        "hypotheses": "",
        "date_hypotheses": assumed().date.isoformat(),
    }


def _detectable(baseline: float, sizes: tuple[int, int], given: Assumptions, questions: int) -> dict[str, Any]:
    """Points detected alone and as one of `questions`; missing when no difference in either direction is."""
    if not 0 < baseline < 1 or min(sizes) < 2:
        return {"ecart_detectable_points": np.nan, "ecart_detectable_famille_points": np.nan}
    told = {}
    for name, outcomes in (("ecart_detectable_points", 1), ("ecart_detectable_famille_points", questions)):
        shared = replace(given, outcomes=outcomes)
        plans = [
            detectable_share(
                baseline,
                *sizes,
                power=assumed().puissance,
                direction=direction,
                assumptions=shared,
            )
            for direction in DIRECTIONS
        ]
        # one direction that no difference reaches leaves nothing that would be detected whichever its direction
        told[name] = np.nan if None in plans else max(100 * abs(plan.effect) for plan in plans if plan is not None)
    return told
