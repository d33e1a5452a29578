"""A design: who is compared with whom, and with what weight. Matching, strata and weighting all give one; outcome
models consume it.

Composed with survey weights s (PATT, the effect on the treated of the population): a treated person keeps s; a matched
control takes the weight of the treated he stands for (Lenis, Nguyen, Dong and Stuart 2019, Biostatistics 20:147-163);
in a stratum, controls keep their own weights, scaled to the treated's total; a weighting multiplies s
(DuGoff, Schuler and Stuart 2014, Health Services Research 49:284-303).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.causal.balance import balance_warnings, covariate_balance, largest_difference
from mentorat.causal.balancing import NotEstimable
from mentorat.survey.estimators import kish_ess
from mentorat.typography import fr_count, fr_number, fr_percent

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Rows = NDArray[np.bool_]
Estimand = Literal["ATT", "ATE", "ATO"]
"""Effect on the treated, on everyone, on those whose treatment was open (overlap weights)."""

SMALLEST_ESS = 10
"""Effective size of a group under which nothing is estimated."""
FRAGILE_ESS = 30
"""Effective size of a group under which the result is said to be fragile."""
DOMINANT = 0.1
"""Share of the controls' weight beyond which one control is said to dominate."""
SCORE = "score de propension"
"""Name of the score in a table of balance."""
PAIRS = ("mentore", "non_mentore", "rang", "distance")


@dataclass(frozen=True)
class Design:
    """A comparison ready for an outcome model, all arrays in the order of the rows given (n).

    `weights`: 0 for those left out; under the ATT a treated person kept weighs his `base_weights` (1 without survey
    weights). `strata`: stratum, pair or set of each row, −1 for those left out, None when the design has none (what
    errors may be clustered on). `pairs`: columns PAIRS, positions of both rows, rank among the matches of a treated and
    distance, None unless matched. `propensity`: the scores the design rests on, None if none. `balance`: columns of
    `covariate_balance`. `ess_*`: Kish's effective sizes. `max_share`: largest share of the controls' weight that one
    holds. `warnings`: French sentences, which must travel with any figure.
    """

    method: str
    estimand: Estimand
    treated: Rows = field(repr=False)
    weights: Floats = field(repr=False)
    base_weights: Floats = field(repr=False)
    strata: Integers | None = field(repr=False)
    pairs: pd.DataFrame | None = field(repr=False)
    propensity: Floats | None = field(repr=False)
    balance: pd.DataFrame = field(repr=False)
    n_treated: int
    n_control: int
    treated_left_out: int
    controls_left_out: int
    ess_treated: float
    ess_control: float
    max_share: float
    warnings: tuple[str, ...]

    @property
    def kept(self) -> Rows:
        """Rows (n) that weigh something."""
        found: Rows = self.weights > 0
        return found

    @property
    def max_smd_before(self) -> float:
        return largest_difference(self.balance, "avant")

    @property
    def max_smd_after(self) -> float:
        return largest_difference(self.balance, "apres")


def build_design(
    covariates: pd.DataFrame,
    treated: Rows,
    weights: Floats,
    base_weights: Floats,
    *,
    method: str,
    estimand: Estimand = "ATT",
    strata: Integers | None = None,
    pairs: pd.DataFrame | None = None,
    propensity: Floats | None = None,
    warnings: Sequence[str] = (),
) -> Design:
    """The design those weights make, its balance and diagnostics. See `Design`.

    Raises NotEstimable (French) when nobody of a group is kept, or its effective size is under SMALLEST_ESS.
    """
    arms = [weights[treated], weights[~treated]]
    if not all((arm > 0).any() for arm in arms):
        raise NotEstimable(
            "Aucun jeune mentoré n'a trouvé de jeune non mentoré comparable. Élargissez le calibre, ou regroupez les "
            "modalités sur lesquelles l'appariement est exact."
        )
    ess_treated, ess_control = (kish_ess(arm) for arm in arms)
    if min(ess_treated, ess_control) < SMALLEST_ESS:
        who = "mentorés" if ess_treated < ess_control else "non mentorés"
        raise NotEstimable(
            f"La comparaison repose sur l'équivalent de {fr_number(min(ess_treated, ess_control), 1)} jeunes {who}, "
            f"moins de {SMALLEST_ESS} : elle n'est pas faite. Retirez une covariable ou regroupez ses modalités."
        )
    kept = [int((arm > 0).sum()) for arm in arms]
    left_out = [len(arm) - number for arm, number in zip(arms, kept, strict=True)]
    shown = covariates if propensity is None else covariates.assign(**{SCORE: propensity})
    balance = covariate_balance(shown, treated, weights, base_weights=base_weights)
    share = float(arms[1].max() / arms[1].sum())
    told = list(warnings)
    if left_out[0]:
        told.append(
            f"{fr_count(left_out[0], 'mentoré', 'mentorés')} sur {fr_number(len(arms[0]))} sans jeune comparable : "
            "l'effet ne vaut que pour les autres."
        )
    if min(ess_treated, ess_control) < FRAGILE_ESS:
        told.append(
            f"La comparaison repose sur l'équivalent de {fr_number(min(ess_treated, ess_control), 1)} jeunes dans l'un "
            f"des deux groupes, moins de {FRAGILE_ESS} : le résultat est fragile."
        )
    if share > DOMINANT:
        told.append(f"Un seul jeune non mentoré porte {fr_percent(share)} du poids de la comparaison.")
    return Design(
        method=method,
        estimand=estimand,
        treated=treated,
        weights=weights,
        base_weights=base_weights,
        strata=strata,
        pairs=pairs,
        propensity=propensity,
        balance=balance,
        n_treated=kept[0],
        n_control=kept[1],
        treated_left_out=left_out[0],
        controls_left_out=left_out[1],
        ess_treated=ess_treated,
        ess_control=ess_control,
        max_share=share,
        warnings=(*told, *balance_warnings(balance)),
    )


def strata_weights(treated: Rows, strata: Integers, base_weights: Floats) -> Floats:
    """Weights (n) for the ATT given strata (n, −1 for those left out): the treated keep their base weight, the controls
    of a stratum share the total of its treated in proportion to theirs. A stratum without both groups weighs nothing.
    """
    inside = strata >= 0
    codes = np.where(inside, strata, 0)
    size = int(codes.max(initial=0)) + 1
    totals = [np.bincount(codes, weights=base_weights * (arm & inside), minlength=size) for arm in (treated, ~treated)]
    both = (totals[0] > 0) & (totals[1] > 0)
    ratio = np.divide(totals[0], totals[1], out=np.zeros(size), where=both)
    found: Floats = np.where(inside & both[codes], base_weights * np.where(treated, 1.0, ratio[codes]), 0.0)
    return found


def exact_codes(exact: pd.Series | pd.DataFrame | None, n: int) -> tuple[Integers, list[str]]:
    """Stratum (n) of each row by the columns of `exact` crossed, and the strata's names; one stratum without them.

    A missing value is a level of its own (« inconnu »).
    """
    if exact is None:
        return np.zeros(n, dtype=np.intp), [""]
    columns = exact.to_frame() if isinstance(exact, pd.Series) else exact
    if len(columns) != n:
        raise ValueError("exact strata: one row a person")
    parts = [
        columns[name].astype("object").where(columns[name].notna(), "inconnu").astype("str").reset_index(drop=True)
        for name in columns.columns
    ]
    crossed = parts[0]
    for part in parts[1:]:
        crossed = crossed + " × " + part
    codes, labels = pd.factorize(crossed, sort=True)
    return codes.astype(np.intp), [str(label) for label in labels]


def strata_without_controls(treated: Rows, codes: Integers, names: Sequence[str]) -> list[str]:
    """Names of the strata that hold treated people and no control, in order."""
    counts = [np.bincount(codes[arm], minlength=len(names)) for arm in (treated, ~treated)]
    return [names[int(code)] for code in np.flatnonzero((counts[0] > 0) & (counts[1] == 0))]


def lonely_strata_warning(lonely: Sequence[str], shown: int = 5) -> tuple[str, ...]:
    """A French sentence naming strata without controls (the first `shown`); nothing when there is none."""
    if not lonely:
        return ()
    more = "…" if len(lonely) > shown else ""
    listed = ", ".join(f"« {name} »" for name in lonely[:shown])
    return (
        f"{fr_count(len(lonely), 'strate a des mentorés', 'strates ont des mentorés')} et aucun non-mentoré "
        f"({listed}{more}) : leurs mentorés sont écartés.",
    )
