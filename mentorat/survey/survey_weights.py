"""Weights of one group of a survey at one wave: drawn, corrected for non-response, calibrated.

Each step needs a file, and is left out with a sentence where it is missing. Only the non-mentored are calibrated: the
margins are those of young people in care, which they nearly are; the mentored stand for the mentored, whose margins no
source gives for the whole country, and would stop doing so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from mentorat.survey.design import SurveyDesign, SurveyError, survey_design
from mentorat.survey.estimators import kish_ess
from mentorat.survey.nonresponse import response_groups
from mentorat.survey.responses import KEY, Responses
from mentorat.survey.targets import AseTargets, calibration_columns, merge_small_levels
from mentorat.survey.weighting import calibrate

UNWEIGHTED = "aucune"
DRAWN, ANSWERED, CALIBRATED = "sondage", "sondage + non-réponse", "sondage + non-réponse + calage"
BOUNDS = (0.2, 5.0)
"""Factors of the calibration stay within these: no answer stands for another's twenty."""
NO_SAMPLE = "Sans échantillon de tirage : réponses non pondérées, qui ne valent que pour les répondants."
NO_WEIGHT = "Poids de sondage absents : réponses non pondérées."


@dataclass(frozen=True)
class Sample:
    """One group at one wave: its rows, which items each was asked, its design, and how it was weighted.

    `steps`: weights (n) after each step, by its French name; `notes`: what the steps had to say; `warnings`: French
    sentences that go with every figure.
    """

    responses: Responses
    wave: int
    frame: pd.DataFrame
    asked: pd.DataFrame
    design: SurveyDesign
    weighting: str
    steps: dict[str, pd.Series]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def weighted_sample(
    responses: Responses, wave: int, sample: pd.DataFrame, targets: AseTargets | SurveyError | None = None
) -> Sample:
    """The respondents of a wave with their design and weights.

    sample: raw table `enquete_echantillon` (may be empty); targets: margins of young people in care, why
    there are none, or None. Without a weight for each respondent all count the same. A calibration whose margins cannot
    be made or met is left out, and the reason is told.
    """
    inside = (responses.frame["vague"] == wave).to_numpy()
    frame = responses.frame[inside].reset_index(drop=True)
    asked = responses.asked[inside].reset_index(drop=True)
    weighted = bool(frame["poids"].notna().all())
    design, warnings = respondents_design(frame, weighted=weighted)
    if not weighted:
        warnings.append(NO_WEIGHT if responses.sampled else NO_SAMPLE)
        return Sample(responses, wave, frame, asked, design, UNWEIGHTED, {}, tuple(warnings))
    notes: list[str] = []
    steps, weighting = {DRAWN: frame["poids"]}, DRAWN
    drawn = sample[(sample["groupe"] == responses.group) & (sample["vague"] == wave)]
    factor = _response_factor(drawn, frame)
    if factor is not None:
        design = design.with_weights(design.weights * factor.to_numpy())
        weighting = ANSWERED
        steps[weighting] = pd.Series(design.weights)
    if responses.group == "non_mentores" and targets is not None:
        try:
            if isinstance(targets, SurveyError):
                raise targets
            design, told = _calibrated(design, responses, wave, targets)
        except SurveyError as reason:
            notes.append(f"Calage non fait : {reason}")
        else:
            weighting = CALIBRATED
            steps[weighting] = pd.Series(design.weights)
            notes += [*targets.warnings, *told]
    return Sample(responses, wave, frame, asked, design, weighting, steps, tuple(warnings), tuple(notes))


WEIGHTING = {
    "groupe": "str",
    "vague": "Int64",
    "etape": "str",
    "n": "Int64",
    "somme": "float64",
    "poids_min": "float64",
    "poids_max": "float64",
    "ess": "float64",
    "deff": "float64",
    "remarques": "str",
}
"""Columns of `weighting_table`; `ess` and `deff` are Kish's, of the weights alone."""


def weighting_table(found: Iterable[Sample]) -> pd.DataFrame:
    """One row a step of weighting of each group and wave, in order; the last one holds the remarks."""
    rows = []
    for one in found:
        steps = one.steps or {UNWEIGHTED: pd.Series(1.0, index=one.frame.index)}
        for name, weights in steps.items():
            ess = kish_ess(weights)
            rows.append(
                {
                    "groupe": one.responses.group,
                    "vague": one.wave,
                    "etape": name,
                    "n": len(weights),
                    "somme": round(float(weights.sum()), 6),
                    "poids_min": round(float(weights.min()), 6),
                    "poids_max": round(float(weights.max()), 6),
                    "ess": round(ess, 6),
                    "deff": round(len(weights) / ess, 6),
                    "remarques": " ".join([*one.warnings, *one.notes]) if name == list(steps)[-1] else "",
                }
            )
    return pd.DataFrame(rows, columns=list(WEIGHTING)).astype(WEIGHTING)


def respondents_design(frame: pd.DataFrame, *, weighted: bool) -> tuple[SurveyDesign, list[str]]:
    """Strata and clusters (`strate`, `grappe`, `poids`) as they can be used, and what had to be given up in French."""
    warnings = []
    clusters = frame.groupby("strate")["grappe"].nunique()
    strata: str | None = "strate"
    if clusters.eq(1).all():
        strata = None  # the clusters themselves are all that is left to compare
    elif single := int(clusters.eq(1).sum()):
        warnings.append(f"{single} strate(s) d'une seule grappe, comparée(s) à la moyenne des grappes.")
    cluster = "grappe" if clusters.sum() > 1 else None
    if cluster is None and len(frame) > 1:
        warnings.append("Une seule grappe : intervalles calculés comme si les réponses étaient indépendantes.")
    weights = "poids" if weighted else None
    return survey_design(frame, weights=weights, strata=strata, clusters=cluster, lonely_psu="ajuster"), warnings


def _response_factor(drawn: pd.DataFrame, frame: pd.DataFrame) -> pd.Series | None:
    """What each respondent's weight is multiplied by for those of its stratum who did not answer; None when unknown."""
    known = drawn["repondu"].notna() & drawn["poids"].notna()
    people = drawn[known].drop_duplicates(KEY)
    answered = people["repondu"].astype(bool)
    if people.empty or answered.all() or not answered.any():
        return None
    strata = people["strate"].astype("object").where(people["strate"].notna(), "sans_strate").astype("str")
    people = people.assign(repondu=answered, strate=strata, poids=people["poids"].astype("float64"))
    found = response_groups(people.reset_index(drop=True), "repondu", ["strate"], weights="poids")
    factor = pd.Series(1 / found.rates, index=people["id_repondant"].astype("str"))
    # someone who answered and was said not to have: the mean factor, for the sample tells nothing better
    return frame["id_repondant"].map(factor).fillna(float(factor[answered.to_numpy()].mean())).reset_index(drop=True)


def _calibrated(
    design: SurveyDesign, responses: Responses, wave: int, targets: AseTargets
) -> tuple[SurveyDesign, list[str]]:
    rows = responses.covariates[(responses.frame["vague"] == wave).to_numpy()].reset_index(drop=True)
    columns = calibration_columns(rows)
    if missing := int(columns.isna().any(axis=1).sum()):
        raise SurveyError(f"{missing} répondant(s) sans âge, sexe, accueil ou département reconnu.")
    columns, margins, told = merge_small_levels(columns, targets.margins)
    found = calibrate(columns, margins, weights=design.weights, distance="raking_ratio", bounds=BOUNDS)
    return found.apply_to(design), [*told, *found.warnings]
