"""How far an effect of a survey may be trusted: hidden confounding, few clusters, chance alone, missing answers.

One row an analysis (columns of `effect_tables.ROBUSTESSE`), each with a French sentence that says what it does not say;
what cannot be computed keeps its row, with the reason. The E-value is that of the ratio of the two marginal means of
the primary estimator. The robustness value is that of the plain regression on the same covariates: under weights that
balance them, no measured covariate is linked to mentoring any more, and none could serve as a benchmark.
"""

from collections.abc import Callable, Iterator, Sequence
from math import isfinite, nan

import numpy as np
import pandas as pd

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.estimators import Estimated, Sample, estimate
from mentorat.causal.evidence import rules
from mentorat.causal.placebo import Placebo, run_placebo
from mentorat.causal.plan import Variance
from mentorat.causal.randomisation import randomisation_test
from mentorat.causal.robustness import HiddenConfounding, hidden_confounding
from mentorat.causal.rosenbaum import rosenbaum_binary
from mentorat.causal.sensitivity import EValue, e_value
from mentorat.causal.survey_respondents import covariate_label
from mentorat.survey.design import SurveyError
from mentorat.survey.imputation import IMPUTATIONS, Imputations, imputation_seed, impute
from mentorat.survey.pooling import pool
from mentorat.typography import fr_number, fr_percent, fr_points, fr_text

BENCHMARKS = 2
"""Measured covariates shown as benchmarks: those whose equal would take most of the estimate away."""
DRAWS = 999
COPIES = IMPUTATIONS
Row = dict[str, object]


def e_value_of(sample: Sample, primary: Estimated, variance: Variance) -> EValue:
    """E-value of the ratio of the mean answers with and without a mentor. Raises NotEstimable or SurveyError."""
    if primary.estimator == "aipw":
        if min(primary.effect.mean_treated, primary.effect.mean_untreated) <= 0:
            raise NotEstimable("Une des deux parts est nulle : le rapport n'existe pas.")
        return e_value(primary.effect.mean_treated / primary.effect.mean_untreated)
    ratio = estimate(sample, primary.estimator, variance, measure="ratio").effect
    return e_value(ratio.estimate, ratio.low, ratio.high)


def hidden_confounder(sample: Sample) -> HiddenConfounding:
    """Robustness value of the plain regression, each covariate being a benchmark. Raises NotEstimable."""
    columns = sample.encoded.columns[list(sample.encoded.regressors)]
    benchmarks = sample.encoded.regressors_by(sample.covariates)
    clusters = pd.factorize(sample.frame[sample.cluster], sort=True)[0]
    return hidden_confounding(
        sample.y, sample.treated, columns, benchmarks=benchmarks, multiples=(1,), clusters=clusters
    )


def sensitivity_rows(value: EValue | str, hidden: HiddenConfounding | str) -> Iterator[Row]:
    """Rows of the E-value and of the robustness value; a reason in the place of what could not be computed."""
    if isinstance(value, str):
        yield _row("e_value", lecture=f"E-value non calculée. {value}")
    else:
        yield _row("e_value", valeur=value.point, lecture=value.sentence)
        yield _row("e_value_limite", valeur=value.limit, lecture=_limit_sentence(value))
    if isinstance(hidden, str):
        yield _row("valeur_robustesse", lecture=f"Valeur de robustesse non calculée. {hidden}")
        return
    yield _row("valeur_robustesse", valeur=hidden.rv_q, n=hidden.n, lecture=hidden.sentence)
    yield _row(
        "valeur_robustesse_limite",
        valeur=hidden.rv_qa,
        n=hidden.n,
        lecture="L'intervalle de la régression contient déjà zéro : rien n'est à fragiliser."
        if hidden.rv_qa == 0
        else f"Expliquer {fr_percent(hidden.rv_qa)} du mentorat et du résultat suffirait à une caractéristique non "
        "mesurée pour que l'intervalle de la régression contienne zéro.",
    )
    known = hidden.bounds[hidden.bounds["estimation"].notna()]
    order = (known["estimation"] * np.sign(hidden.estimate or 1)).sort_values(kind="stable").index[:BENCHMARKS]
    for _, row in known.loc[order].iterrows():
        label = covariate_label(str(row["repere"]))
        yield _row(
            "reference_observee",
            reference=label,
            valeur=row["estimation"],
            ic_bas=row["ic_bas"],
            ic_haut=row["ic_haut"],
            n=hidden.n,
            lecture=f"Une caractéristique non mesurée aussi liée au mentorat et au résultat que « {label} » laisserait "
            f"un écart de {_points(row['estimation'])} ({_interval(row['ic_bas'], row['ic_haut'])}), contre "
            f"{_points(hidden.estimate)} par la même régression.",
        )


def inference_rows(sample: Sample, primary: Estimated, pairs: Estimated | None, *, seed: int) -> Iterator[Row]:
    """Wild bootstrap of the primary estimator, mentoring dealt out again, and Rosenbaum's bounds of matched `pairs`."""
    yield _told("bootstrap_sauvage", "Bootstrap sauvage non fait", lambda: _wild(sample, primary, seed))
    yield _told("rerandomisation", "Tirage au sort rejoué non fait", lambda: _dealt_again(sample, seed))
    if pairs is not None:
        yield _told("rosenbaum", "Bornes de Rosenbaum non calculées", lambda: _rosenbaum(sample, pairs))


def control_row(sample: Sample, label: str, run: Callable[[], Estimated]) -> Row:
    """The negative control of the plan, read against what it could have shown."""
    declared = Placebo(
        "temoin", sample.outcome, label, "le plan déclare que le mentorat n'a pas de raison d'agir sur cette réponse"
    )
    found = run_placebo(
        sample.frame, declared, lambda frame, placebo: run(), margin=rules().seuils.marge_absence.valeur
    )
    seen = found.finding
    if seen is None:
        return _row("temoin_negatif", reference=label, lecture=found.sentence)
    return _row(
        "temoin_negatif",
        reference=label,
        valeur=seen.estimate,
        ic_bas=seen.low,
        ic_haut=seen.high,
        p=seen.p,
        n=seen.n,
        lecture=found.sentence,
    )


def imputed_answers(
    answers: pd.DataFrame, covariates: Sequence[str], treatment: str, cluster: str, *, seed_from: int
) -> Imputations:
    """Completed copies of the answers (0, 1 or missing) and of the covariates that miss. Raises SurveyError."""
    items = [name for name in answers.columns if name not in {*covariates, treatment, cluster}]
    prepared = answers.copy()
    for name in covariates:
        if pd.api.types.is_bool_dtype(prepared[name].dropna().infer_objects()):
            prepared[name] = prepared[name].astype("Float64")
        elif not pd.api.types.is_numeric_dtype(prepared[name]):
            prepared[name] = prepared[name].astype("object").where(prepared[name].notna(), None)
    partial = [name for name in covariates if prepared[name].isna().any() and prepared[name].notna().any()]
    whole = [name for name in covariates if prepared[name].notna().all() and _varies(prepared[name])]
    useful = [name for name in items if prepared.groupby(treatment)[name].count().min() > 0]
    useful = [name for name in useful if _varies(prepared[name])]
    return impute(
        prepared,
        [*useful, *partial],
        treatment,
        seed=imputation_seed(seed_from, useful),
        cluster=cluster,
        covariates=whole,
        m=COPIES,
    )


def imputation_row(
    copies: Imputations | str,
    sample: Sample,
    primary: Estimated,
    missing: int,
    variance: Variance,
) -> Row:
    """The primary effect on every completed copy, pooled by Rubin's rules."""
    if isinstance(copies, str):
        return _row("imputation", lecture=f"Imputation non faite. {copies}")

    def run() -> Row:
        found = [
            estimate(
                Sample(copy, sample.outcome, sample.treatment, sample.covariates, sample.cluster),
                primary.estimator,
                "CR2" if variance == "sauvage" else variance,
            ).effect
            for copy in copies
        ]
        pooled = pool(
            [one.estimate for one in found],
            [one.standard_error**2 for one in found],
            complete_df=float(np.mean([one.degrees_of_freedom for one in found])),
        )
        low, high = float(pooled.low[0]), float(pooled.high[0])
        return _row(
            "imputation",
            valeur=float(pooled.estimate[0]),
            ic_bas=low,
            ic_haut=high,
            p=float(pooled.p[0]),
            n=found[0].n_treated + found[0].n_control,
            lecture=f"En complétant {fr_number(missing)} réponses manquantes ({pooled.m} imputations), l'écart ajusté "
            f"serait de {_points(pooled.estimate[0])} ({_interval(low, high)}), contre {_points(primary.estimate)} sur "
            "les seules réponses données. L'imputation suppose que ceux qui n'ont pas répondu l'auraient fait comme "
            "ceux qui leur ressemblent sur ce qui est connu.",
        )

    return _told("imputation", "Imputation non faite", run)


def _wild(sample: Sample, primary: Estimated, seed: int) -> Row:
    if primary.estimator == "aipw":
        raise NotEstimable("Le bootstrap sauvage ne sert que les régressions.")
    found = estimate(sample, primary.estimator, "sauvage", draws=DRAWS, seed=seed).effect
    return _row(
        "bootstrap_sauvage",
        valeur=found.estimate,
        ic_bas=found.low if isfinite(found.low) else nan,
        ic_haut=found.high if isfinite(found.high) else nan,
        p=found.p,
        n=found.n_treated + found.n_control,
        lecture=f"Le bootstrap sauvage par grappe ({fr_number(DRAWS)} tirages), qui tient avec peu de grappes, donne "
        f"p = {fr_number(found.p, 3)}, contre {fr_number(primary.p, 3)} pour l'estimation principale.",
    )


def _dealt_again(sample: Sample, seed: int) -> Row:
    clusters = pd.factorize(sample.frame[sample.cluster], sort=True)[0]
    mixed = pd.Series(sample.treated).groupby(clusters).nunique().gt(1).any()
    columns = sample.encoded.columns[list(sample.encoded.regressors)].to_numpy(dtype=np.float64)
    found = randomisation_test(
        sample.y,
        sample.treated,
        columns,
        cluster=None if mixed else clusters,
        strata=clusters if mixed else None,
        draws=DRAWS,
        seed=seed,
    )
    how = "à l'intérieur de chaque grappe" if mixed else "entre les grappes entières"
    return _row(
        "rerandomisation",
        valeur=found.estimate,
        ic_bas=found.low if isfinite(found.low) else nan,
        ic_haut=found.high if isfinite(found.high) else nan,
        p=found.p,
        n=len(sample.y),
        lecture=f"Si le mentorat avait été réparti au hasard {how}, un écart de régression au moins aussi grand que "
        f"{_points(found.estimate)} se verrait {_chance(found.p)}. Il ne l'a pas été : ce calcul n'écarte que le "
        "hasard, pas ce qui distingue les jeunes mentorés.",
    )


def _rosenbaum(sample: Sample, matched: Estimated) -> Row:
    pairs = None if matched.design is None else matched.design.pairs
    if pairs is None:
        raise NotEstimable("L'appariement ne donne pas de paires.")
    treated, control = (sample.y[pairs[name].to_numpy()] for name in ("mentore", "non_mentore"))
    if not np.isin(sample.y, (0.0, 1.0)).all():
        raise NotEstimable("Les bornes sont calculées pour une réponse positive ou non.")
    one, other = int((treated > control).sum()), int((control > treated).sum())
    found = rosenbaum_binary(one, other, alternative="greater" if one >= other else "less", pairs=len(pairs))
    return _row(
        "rosenbaum",
        valeur=found.critical_gamma,
        n=2 * found.pairs,
        lecture=f"{found.sentence} {' '.join(found.warnings)}",
    )


def _row(
    analyse: str,
    *,
    reference: str = "",
    valeur: object = nan,
    ic_bas: object = nan,
    ic_haut: object = nan,
    p: object = nan,
    n: object = None,
    lecture: str = "",
) -> Row:
    return {
        "analyse": analyse,
        "reference": reference,
        "valeur": valeur,
        "ic_bas": ic_bas,
        "ic_haut": ic_haut,
        "p": p,
        "n": n,
        "lecture": fr_text(lecture),
    }


def _told(analyse: str, otherwise: str, run: Callable[[], Row]) -> Row:
    """The row of an analysis, or the reason why there is none."""
    try:
        return run()
    except (NotEstimable, SurveyError) as reason:
        return _row(analyse, lecture=f"{otherwise}. {reason}")


def _varies(values: pd.Series) -> bool:
    return len(values.dropna().unique()) > 1


def _limit_sentence(value: EValue) -> str:
    if not isfinite(value.limit):
        return "La limite de l'intervalle n'a pas d'E-value."
    if value.limit == 1:
        return "L'intervalle contient déjà l'absence d'effet : rien n'est à fragiliser."
    return (
        f"Multiplier par {fr_number(value.limit, 2)} à la fois la chance d'être mentoré et celle de la réponse "
        "suffirait à une caractéristique non mesurée pour que l'intervalle contienne l'absence d'effet."
    )


def _chance(p: float) -> str:
    return f"{fr_number(max(1, round(1000 * p)))} fois sur 1 000" if p >= 0.001 else "moins d'une fois sur 1 000"


def _points(share: object) -> str:
    return fr_points(100 * float(str(share)))


def _interval(low: object, high: object) -> str:
    return f"intervalle à 95 % : de {_points(low)} à {_points(high)}"
