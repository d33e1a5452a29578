"""A whole evaluation of 337 respondents, the size of the study of 2022: seconds, for nine outcomes.

For each outcome: entropy balancing, weighted regression with CR2, wild bootstrap of 999 draws with its interval, other
estimators side by side (raw, regression, inverse of the score, overlap, nearest neighbour, AIPW, cumulative logit of
the scale), E-value, robustness value with benchmarks; then 20 imputations of the missing answers, estimated each and
pooled. The whole curve and its joint test are in `vitesse_courbe`. Held: 60 seconds in all. Data are simulated.
"""

from collections.abc import Callable
from time import perf_counter, process_time

import numpy as np
import pandas as pd

from benchmarks.vitesse_courbe import survey
from mentorat.causal.aipw import aipw_att
from mentorat.causal.balance import covariate_balance
from mentorat.causal.covariates import encode_covariates
from mentorat.causal.matching import match_nearest
from mentorat.causal.outcomes import OutcomeEffect, outcome_effect
from mentorat.causal.propensity import propensity_logit
from mentorat.causal.robustness import hidden_confounding
from mentorat.causal.sensitivity import e_value
from mentorat.causal.weighting import weight_by_entropy, weight_by_propensity
from mentorat.survey.imputation import impute
from mentorat.survey.pooling import pool

N, OUTCOMES, IMPUTATIONS, WILD = 337, 9, 20, 999
COVARIATES = ["age", "lieu", "sexe", "handicap", "redoublement", "anciennete"]
SECONDS = 60


def respondents() -> pd.DataFrame:
    """Nine answers from 1 to 4 that hang together, some missing; `positif_<k>` is an answer of 3 or 4."""
    frame = survey(N)[0].frame.drop(columns="reponse")
    rng = np.random.default_rng(42)
    trait = 0.3 * frame["mentore"] + 0.15 * (frame["age"] - 14) + rng.normal(size=N)
    shared = 0.3 * rng.normal(size=(N // 9, OUTCOMES))[frame["grappe"]]
    for rank in range(OUTCOMES):
        heard = 0.7 * trait + shared[:, rank] + rng.normal(size=N)
        answer = pd.Series(1.0 + np.searchsorted([-1.0, 0.1, 1.2], heard), index=frame.index)
        frame[f"note_{rank}"] = answer.mask(rng.random(N) < 0.06)
        frame[f"positif_{rank}"] = (frame[f"note_{rank}"] >= 3).astype(float).mask(frame[f"note_{rank}"].isna())
    return frame


def primary(frame: pd.DataFrame, outcome: str) -> OutcomeEffect:
    known = frame[frame[outcome].notna()].reset_index(drop=True)
    columns = encode_covariates(known, COVARIATES, known["mentore"]).columns
    weights = weight_by_entropy(columns, known["mentore"]).weights
    return outcome_effect(known, outcome, "mentore", COVARIATES, weights=weights, cluster="grappe")


def side_by_side(frame: pd.DataFrame, rank: int) -> None:
    """Every estimator and its sensitivity, on the answers known."""
    known = frame[frame[f"positif_{rank}"].notna()].reset_index(drop=True)
    outcome, mask = f"positif_{rank}", known["mentore"].to_numpy()
    columns = encode_covariates(known, COVARIATES, known["mentore"]).columns
    score = propensity_logit(columns, mask)
    designs = [
        weight_by_entropy(columns, mask),
        weight_by_propensity(columns, mask, score),
        weight_by_propensity(columns, mask, score, "ATO"),
        match_nearest(columns, mask, score.scores),
    ]
    for design in designs:
        covariate_balance(columns, mask, design.weights)
        found = outcome_effect(known, outcome, "mentore", COVARIATES, weights=design.weights, cluster="grappe")
    given = {"cluster": "grappe", "weights": designs[0].weights}
    outcome_effect(known, outcome, "mentore", COVARIATES, variance="wild", draws=WILD, **given)
    outcome_effect(known, f"note_{rank}", "mentore", COVARIATES, model="ordinal", positive=[3, 4], **given)
    outcome_effect(known, outcome, "mentore", cluster="grappe")
    outcome_effect(known, outcome, "mentore", COVARIATES, cluster="grappe")
    aipw_att(known, outcome, "mentore", COVARIATES, cluster="grappe")
    ratio = outcome_effect(known, outcome, "mentore", COVARIATES, measure="ratio", **given)
    e_value(ratio.estimate, ratio.low, ratio.high)
    hidden_confounding(
        known[outcome],
        mask,
        columns.drop(columns=[name for name in columns if name.startswith("lieu=")][:1]),
        benchmarks={"age": ["age"]},
        weights=designs[0].weights,
        clusters=known["grappe"],
    )
    if not found.low <= found.estimate <= found.high:
        raise AssertionError("an estimate lies outside its interval")


def imputed(frame: pd.DataFrame) -> None:
    """The primary effect on each completed copy, pooled."""
    notes = [f"note_{rank}" for rank in range(OUTCOMES)]
    copies = impute(frame, notes, "mentore", cluster="grappe", covariates=COVARIATES, seed=7, m=IMPUTATIONS)
    found = np.empty((2, IMPUTATIONS, OUTCOMES))
    for rank in range(IMPUTATIONS):
        whole = copies.completed(rank)
        for outcome, note in enumerate(notes):
            effect = primary(whole.assign(positif=(whole[note] >= 3).astype(float)), "positif")
            found[:, rank, outcome] = effect.estimate, effect.standard_error**2
    pooled = pool(found[0], found[1], complete_df=effect.degrees_of_freedom)
    if not (pooled.se**2 >= pooled.within.diagonal()).all():
        raise AssertionError("what is imputed adds to the uncertainty")


def timed(name: str, task: Callable[[], object]) -> float:
    start, used = perf_counter(), process_time()
    task()
    seconds = perf_counter() - start
    print(f"n = {N}, {name}: {seconds:.1f} s (processor {process_time() - used:.1f})", flush=True)
    return seconds


def run() -> None:
    frame = respondents()
    total = timed(
        f"{OUTCOMES} outcomes, every estimator, {WILD} wild draws, sensitivity",
        lambda: [side_by_side(frame, rank) for rank in range(OUTCOMES)],
    )
    total += timed(f"{IMPUTATIONS} imputations of {OUTCOMES} outcomes, estimated and pooled", lambda: imputed(frame))
    print(f"n = {N}, whole evaluation: {total:.1f} s; held under {SECONDS} s: {total < SECONDS}")


if __name__ == "__main__":
    run()
