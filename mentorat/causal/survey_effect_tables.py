"""The evaluation of a survey by its plan: every table of `effect_tables` for the source « enquete ».

Each compared item gets the primary estimate of the plan, the other estimators side by side, its sensitivity, its
specification curve; primary outcomes also what costs more (wild bootstrap, treatments dealt out again, imputation,
joint test). An item that the plan names and that cannot be compared keeps its row, with the reason.

Estimand: the average effect on the treated (ATT) among respondents; no hidden confounder is assumed away.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import nan
from typing import TypeVar

import numpy as np
import pandas as pd

from mentorat.causal.balance import covariate_balance
from mentorat.causal.balancing import NotEstimable
from mentorat.causal.catalogues import GROUPS, survey_catalogue
from mentorat.causal.effect_tables import EffectTables, effect_tables
from mentorat.causal.estimators import LABELS, Estimated, Sample, design_of, estimate
from mentorat.causal.plan import Estimator, Plan
from mentorat.causal.plan_checks import survey_covariate_faults
from mentorat.causal.propensity import overlap_of
from mentorat.causal.robustness import HiddenConfounding
from mentorat.causal.sensitivity import EValue
from mentorat.causal.survey_curve import POSITIVE, SCORE, SurveyCurve, survey_curve
from mentorat.causal.survey_effects import differences_of
from mentorat.causal.survey_heterogeneity import heterogeneity_rows
from mentorat.causal.survey_respondents import (
    KEY,
    asked_of,
    clusters_of,
    compared_items,
    covariate_label,
    in_words,
    items_of_families,
    positive_answers,
    respondents,
    scored_answers,
)
from mentorat.causal.survey_robustness import (
    control_row,
    e_value_of,
    hidden_confounder,
    imputation_row,
    imputed_answers,
    inference_rows,
    sensitivity_rows,
)
from mentorat.errors import MentoratError
from mentorat.survey.design import SurveyError
from mentorat.survey.imputation import Imputations, imputation_seed
from mentorat.survey.questionnaire import questionnaire
from mentorat.typography import fr_text

SOURCE, COMPARATORS, TREATMENT = "enquete", "non_mentores", "mentore"
PRIMARY, SECONDARY, CONTROL = "principale", "secondaire", "temoin"
BINS = 10
"""Bins of the propensity score."""
Row = dict[str, object]
T = TypeVar("T")


@dataclass(frozen=True)
class Issue:
    """An item the evaluation looks at: its family of tests and its role in the plan."""

    item: str
    famille: str
    role: str

    @property
    def key(self) -> Row:
        """Columns that say which outcome a row is about."""
        libelle = questionnaire().items[self.item].libelle
        return {"source": SOURCE, "issue": self.item, "libelle": libelle, "comparateurs": COMPARATORS}


@dataclass(frozen=True)
class _Found:
    """What one outcome gave. `primary`: the estimate, or why there is none."""

    issue: Issue
    sample: Sample | None
    primary: Estimated | str
    effet: Row
    estimators: list[Row]
    robustness: list[Row]
    curve: SurveyCurve | None


def survey_effect_tables(
    mentores: pd.DataFrame, non_mentores: pd.DataFrame, echantillon: pd.DataFrame, plan: Plan
) -> EffectTables:
    """The tables of the survey at the latest wave that both groups answered; empty when there is none.

    Inputs: raw tables `enquete_mentores`, `enquete_non_mentores`, `enquete_echantillon`, joined on
    (vague, id_repondant). Rows of `effets`: the plan's families first, then the other compared items in the order of
    the codebook, then its negative controls; what hangs on all of them (p_holm, statut, plan, preuve, phrase) is left
    to `conclude`. Raises MentoratError (French) on a covariate that is unknown or measured
    after mentoring began, an item the codebook does not hold, an unknown population of the grid.
    """
    named = [*plan.enquete.covariables, *_grid_covariates(plan), *plan.enquete.sous_groupes]
    if unfit := list(survey_covariate_faults("enquete", named)):
        raise MentoratError("\n".join(unfit))
    rows = respondents(mentores, non_mentores, echantillon)
    if rows.empty:
        return effect_tables()
    if plan.enquete.grappe != "grappe":
        rows = rows.assign(grappe=clusters_of(rows, plan.enquete.grappe))
    differences = differences_of(rows).set_index("item")
    answers = _answers(rows)
    found = [_issue(rows, answers, issue, differences, plan) for issue in issues_of(plan, rows)]
    imputed = _imputed(rows, answers, found, plan)
    curves = [(one.issue.key, one.curve) for one in found if one.curve is not None]
    everybody = Sample(rows, "", TREATMENT, plan.enquete.covariables, "grappe")
    return effect_tables(
        effets=[one.effet for one in found],
        effets_estimateurs=[row for one in found for row in one.estimators],
        effets_courbe=[key | row for key, curve in curves for row in curve.rows],
        effets_courbe_test=[key | _test_row(curve) for key, curve in curves],
        effets_robustesse=[
            one.issue.key | row
            for one in found
            for row in (*one.robustness, *([imputed[one.issue.item]] if one.issue.item in imputed else []))
        ],
        equilibre=_balance(everybody, plan),
        effets_recouvrement=_overlap(everybody),
        effets_heterogeneite=heterogeneity_rows(
            [
                (one.issue.key, one.sample, one.primary)
                for one in found
                if one.issue.role == PRIMARY and one.sample is not None and isinstance(one.primary, Estimated)
            ],
            plan.enquete.sous_groupes,
        ),
        effets_flux=_flow(rows, echantillon),
    )


def issues_of(plan: Plan, rows: pd.DataFrame) -> list[Issue]:
    """What the plan asks of the survey. Raises SurveyError (French) on an item that the codebook does not compare."""
    named = [Issue(item, famille, PRIMARY) for famille, items in plan.enquete.familles.items() for item in items]
    named += [Issue(item, CONTROL, CONTROL) for item in plan.enquete.temoins]
    for issue in named:
        if issue.item not in items_of_families():
            raise SurveyError(
                f"Le plan nomme « {issue.item} », que le questionnaire ne tient pas pour une réponse à comparer. "
                "Corrigez le plan."
            )
    taken = {issue.item for issue in named}
    others = [
        Issue(name, str(items_of_families()[name].famille), SECONDARY)
        for name in compared_items(rows)
        if name not in taken and plan.enquete.secondaires == "toutes"
    ]
    # the questionnaire's own primary family, where the plan leaves one of its items out, is no family of the plan
    renamed = [
        Issue(one.item, "exploratoire", SECONDARY) if one.famille in plan.enquete.familles else one for one in others
    ]
    primary = [issue for issue in named if issue.role == PRIMARY]
    return [*primary, *renamed, *(issue for issue in named if issue.role == CONTROL)]


def _grid_covariates(plan: Plan) -> list[str]:
    grid = plan.enquete.grille
    return [*grid.toujours, *(name for block in grid.au_choix.values() for name in block)]


def _answers(rows: pd.DataFrame) -> pd.DataFrame:
    """Every item put to both groups, as 1, 0 or missing."""
    return pd.DataFrame(
        {name: positive_answers(rows[name], items_of_families()[name].scale) for name in compared_items(rows)}
    )


def _issue(rows: pd.DataFrame, answers: pd.DataFrame, issue: Issue, differences: pd.DataFrame, plan: Plan) -> _Found:
    effet: Row = {
        **issue.key,
        "dimension": questionnaire().items[issue.item].dimension,
        "famille": issue.famille,
        "role": issue.role,
        "vague": int(rows["vague"].iloc[0]),
        "fenetre": "",
        "estimateur": plan.enquete.estimateur,
        "methode": LABELS[plan.enquete.estimateur],
    }
    if issue.item not in answers:
        groups = asked_of(issue.item)
        told = (
            "Cette réponse n'est pas demandée aux deux groupes : sans comparaison, il n'y a pas d'effet à estimer."
            if len(groups) < len(GROUPS)
            else "Personne n'a répondu à cette question : l'effet n'est pas estimé."
        )
        return _Found(issue, None, told, effet | {"avertissements": fr_text(told)}, [], [], None)
    raw = differences.loc[[issue.item]].iloc[0]
    effet |= {
        **{name: raw[name] for name in ("n_mentores", "n_non_mentores", "x_mentores", "x_non_mentores", "grappes")},
        "ecart_naif": raw["ecart"],
        "naif_ic_bas": raw["ic_bas"],
        "naif_ic_haut": raw["ic_haut"],
        "n_manquants": int(answers[issue.item].isna().sum()),
    }
    names = tuple(dict.fromkeys((*plan.enquete.covariables, *_grid_covariates(plan))))
    columns = [TREATMENT, "grappe", "vague", *names, *(n for n in plan.enquete.sous_groupes if n not in names)]
    frame = rows[columns].assign(**{issue.item: answers[issue.item]})
    sample = Sample.of(frame, issue.item, TREATMENT, plan.enquete.covariables, "grappe")
    tried = _every_estimator(sample, plan)
    primary = tried[plan.enquete.estimateur]
    estimators = [_estimator_row(issue, name, one, raw, plan) for name, one in tried.items()]
    if isinstance(primary, str):
        return _Found(issue, sample, primary, effet | {"avertissements": primary}, estimators, [], None)
    value = _or_reason(lambda: e_value_of(sample, primary, plan.enquete.variance))
    hidden = _or_reason(lambda: hidden_confounder(sample))
    robustness = list(sensitivity_rows(value, hidden))
    seed = imputation_seed(int(rows["vague"].iloc[0]), [issue.item])
    if issue.role == PRIMARY:
        pairs = tried.get("plus_proche_voisin")
        robustness += inference_rows(sample, primary, pairs if isinstance(pairs, Estimated) else None, seed=seed)
    if issue.role == CONTROL:
        robustness.append(control_row(sample, str(issue.key["libelle"]), lambda: primary))
    curve = _curve(rows[issue.item], sample, issue, primary.estimate, plan)
    return _Found(
        issue, sample, primary, effet | _figures(primary, value, hidden, curve), estimators, robustness, curve
    )


def _or_reason(run: Callable[[], T]) -> T | str:
    try:
        return run()
    except (NotEstimable, SurveyError) as reason:
        return fr_text(in_words(str(reason)))


def _every_estimator(sample: Sample, plan: Plan) -> dict[Estimator, Estimated | str]:
    """The primary estimator first, then those of robustness; a refusal is its French reason."""
    names = dict.fromkeys((plan.enquete.estimateur, *plan.enquete.robustesse))
    return {name: _or_reason(partial(estimate, sample, name, plan.enquete.variance)) for name in names}


def _figures(primary: Estimated, value: EValue | str, hidden: HiddenConfounding | str, curve: SurveyCurve) -> Row:
    effect = primary.effect
    design = primary.design
    return {
        "estimand": effect.estimand,
        "att": effect.estimate,
        "se": effect.standard_error,
        "ic_bas": effect.low,
        "ic_haut": effect.high,
        "df": effect.degrees_of_freedom,
        "p": effect.p,
        "grappes": effect.clusters,
        "grappes_mentores": effect.clusters_treated,
        "grappes_non_mentores": effect.clusters_control,
        "grappes_effectives": nan if effect.diagnostics is None else effect.diagnostics.effective,
        "ess": primary.ess,
        "smd_max_avant": primary.smd_before,
        "smd_max_apres": primary.smd_after,
        "evalue": nan if isinstance(value, str) else value.point,
        "evalue_limite": nan if isinstance(value, str) else value.limit,
        "valeur_robustesse": nan if isinstance(hidden, str) else hidden.rv_q,
        "specifications": curve.estimated,
        "part_meme_signe": curve.share_same_sign,
        "part_exclut_zero": curve.share_excluding_zero,
        "p_courbe": curve.p_median,
        "methode": fr_text(effect.method if design is None else f"{design.method} ; {effect.method}"),
        "avertissements": fr_text(in_words(" ".join(primary.warnings))),
    }


def _estimator_row(issue: Issue, name: Estimator, found: Estimated | str, raw: pd.Series, plan: Plan) -> Row:
    head: Row = {
        **issue.key,
        "estimateur": name,
        "libelle_estimateur": fr_text(LABELS[name]),
        "place": "principal" if name == plan.enquete.estimateur else "naif" if name == "naif" else "robustesse",
        "n_mentores": raw["n_mentores"],
        "n_non_mentores": raw["n_non_mentores"],
    }
    if isinstance(found, str):
        return head | {"avertissements": found}
    if name == "naif":  # the very figures of the raw differences: Newcombe under the design effect
        return head | {
            "estimand": "Écart entre les répondants des deux groupes, sans ajustement",
            "variance": "Newcombe, effet de plan des grappes",
            "estimation": raw["ecart"],
            "ic_bas": raw["ic_bas"],
            "ic_haut": raw["ic_haut"],
            "p": raw["p"],
            "ess": found.ess,
        }
    effect = found.effect
    return head | {
        "estimand": effect.estimand,
        "variance": effect.method,
        "estimation": effect.estimate,
        "se": effect.standard_error,
        "ic_bas": effect.low,
        "ic_haut": effect.high,
        "df": effect.degrees_of_freedom,
        "p": effect.p,
        "n_mentores": effect.n_treated,
        "n_non_mentores": effect.n_control,
        "ess": found.ess,
        "smd_max_apres": found.smd_after,
        "avertissements": fr_text(in_words(" ".join(found.warnings))),
    }


def _curve(answers: pd.Series, sample: Sample, issue: Issue, sign: float, plan: Plan) -> SurveyCurve:
    item, grid = items_of_families()[issue.item], plan.enquete.grille
    codings = {}
    if POSITIVE in grid.codages or len(item.codes) <= 2:
        codings[POSITIVE] = sample.y
    if SCORE in grid.codages and len(item.codes) > 2:
        codings[SCORE] = scored_answers(answers.dropna(), item).to_numpy(dtype=np.float64)
    names = tuple(dict.fromkeys((*plan.enquete.covariables, *_grid_covariates(plan))))
    return survey_curve(
        Sample(sample.frame, sample.outcome, sample.treatment, names, sample.cluster),
        codings,
        grid,
        plan.enquete.variance,
        sign=sign,
        seed=imputation_seed(int(sample.frame["vague"].iloc[0]), [issue.item]),
        draws=grid.permutations if issue.role == PRIMARY else 0,
    )


def _test_row(curve: SurveyCurve) -> Row:
    return {
        "specifications": curve.specifications,
        "estimees": curve.estimated,
        "n": curve.n,
        "mediane": curve.median,
        "part_meme_signe": curve.share_same_sign,
        "part_exclut_zero": curve.share_excluding_zero,
        "p_mediane": curve.p_median,
        "p_part": curve.p_share,
        "permutations": curve.draws,
        "avertissements": " ".join(curve.warnings),
    }


def _imputed(rows: pd.DataFrame, answers: pd.DataFrame, found: list[_Found], plan: Plan) -> dict[str, Row]:
    """Primary outcome → the row of robustness of its effect over completed answers."""
    wanted = [
        (one.issue.item, one.sample, one.primary)
        for one in found
        if one.issue.role == PRIMARY and one.sample is not None and isinstance(one.primary, Estimated)
    ]
    if not wanted:
        return {}
    covariates = plan.enquete.covariables
    prepared = pd.concat([rows[[TREATMENT, "grappe", *covariates]], answers], axis=1)
    wave = int(rows["vague"].iloc[0])
    copies: Imputations | str = _or_reason(
        lambda: imputed_answers(prepared, covariates, TREATMENT, "grappe", seed_from=wave)
    )
    return {
        item: imputation_row(copies, sample, primary, int(answers[item].isna().sum()), plan.enquete.variance)
        for item, sample, primary in wanted
    }


def _balance(everybody: Sample, plan: Plan) -> pd.DataFrame:
    """Balance over all respondents, whatever they answered; « after » is missing where no weighting exists."""
    try:
        design = design_of(everybody, plan.enquete.estimateur)
    except (NotEstimable, SurveyError):
        design = None
    table = covariate_balance(everybody.encoded.columns, everybody.treated) if design is None else design.balance
    mentored = int(everybody.treated.sum())
    return table.rename(columns={"moyenne_mentores_avant": "moyenne_mentores"}).assign(
        source=SOURCE,
        comparateurs=COMPARATORS,
        vague=int(everybody.frame["vague"].iloc[0]),
        libelle=[_level_label(str(name)) for name in table["covariable"]],
        n_mentores=mentored,
        n_non_mentores=len(everybody.frame) - mentored,
    )


def _level_label(column: str) -> str:
    name, _, level = column.partition("=")
    return covariate_label(name, level) if name in survey_catalogue().covariables else fr_text(column)


def _overlap(everybody: Sample) -> list[Row]:
    """Counts by bin of the score; none where the two groups are separated, which every effect then says."""
    try:
        scores = everybody.propensity.scores
        curves = overlap_of(scores, everybody.treated, bins=BINS).curves
    except (NotEstimable, SurveyError):
        return []
    return [
        {
            "source": SOURCE,
            "comparateurs": COMPARATORS,
            "score_bas": row["borne_basse"],
            "score_haut": row["borne_haute"],
            "n_mentores": row["n_mentores"],
            "n_non_mentores": row["n_non_mentores"],
        }
        for row in curves.to_dict("records")
    ]


def _flow(rows: pd.DataFrame, echantillon: pd.DataFrame) -> Iterator[Row]:
    """From those invited to those who answered every compared item."""
    mentored = rows[TREATMENT].to_numpy(dtype=bool)
    answered = rows[compared_items(rows)].notna()
    wave = echantillon[echantillon["vague"] == rows["vague"].iloc[0]].drop_duplicates(KEY)
    who = {"mentores": mentored, "non_mentores": ~mentored}
    drawn = {
        group: len(set(wave.loc[wave["groupe"] == group, "id_repondant"]) | set(rows.loc[mask, "id_repondant"]))
        for group, mask in who.items()
    }
    steps: list[tuple[str, str, Mapping[str, int]]] = [("invites", "Invités à répondre", drawn)]
    for name, label, kept in (
        ("repondants", "Ont répondu", np.ones(len(rows), dtype=bool)),
        ("compares", "Ont répondu à une question comparée au moins", answered.any(axis=1).to_numpy()),
        ("complets", "Ont répondu à toutes les questions comparées", answered.all(axis=1).to_numpy()),
    ):
        steps.append((name, label, {group: int((mask & kept).sum()) for group, mask in who.items()}))
    for order, (name, label, counts) in enumerate(steps, start=1):
        yield {
            "source": SOURCE,
            "comparateurs": COMPARATORS,
            "ordre": order,
            "etape": name,
            "libelle": fr_text(label),
            **{f"n_{group}": count for group, count in counts.items()},
        }
