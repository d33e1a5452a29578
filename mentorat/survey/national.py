"""National totals from the collectivités that answered: ratio and calibrated estimators, by stratum, on DREES measures.

The population is the collectivités of which DREES publishes measures (`national_frame`), in strata of size. Those that
answered are taken as a simple random sample of their stratum: the total holds « si, dans chaque strate, les
collectivités sans réponse ressemblent aux autres », and every sentence that shows it says so.

With N_h collectivités in stratum h, n_h answers, x the DREES measures and y the number returned, the separate ratio
estimator is Σ_h X_h y_h/x_h (Cochran 1977, section 6.10). It is the calibration of the weights d = N_h/n_h on the
measures of each stratum, with q = 1/x: its linearised variance is Σ_h g_h² N_h² (1 − n_h/N_h) s²_eh/n_h, where
g_h = X_h/x̂_h and e are the residuals of the ratio (Särndal, Swensson and Wretman 1992, result 6.6.1; R's
`predict(svyratio(separate = TRUE))`). The calibrated estimator does the same with two auxiliaries, accueils and actions
éducatives, where a stratum has answers enough.

The intervals take Σ_h (1 − n_h/N_h) Σ_k (w_k e_k/(1 − a_k))², a_k being the leverage of k on its own fit (Valliant
2002; the jackknife to first order), and Student's t with Satterthwaite's degrees of freedom: on few answers from unlike
collectivités the linearised variance is too small (`benchmarks/couverture_redressement.py`).
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from mentorat import reference
from mentorat.survey.design import Calibration, Codes, Floats, Stage, SurveyDesign, SurveyError
from mentorat.survey.results import Estimate
from mentorat.typography import fr_number

CONDITION = "si, dans chaque strate, les collectivités sans réponse ressemblent aux autres"
"""What a national total rests on, said wherever it is shown."""
LEAST = 3
"""Answers under which a stratum is put together with another."""
LEAST_FOR_TWO = 6
"""Answers under which a stratum is calibrated on its measures as a whole, not on two kinds of them."""
BEYOND = 1.5
"""How many times the largest collectivité that answered one without answer may be, before the reader is told.

The variance knows only those that answered. On the simulated counts of the demonstration, where one large collectivité
stands apart, intervals at 12 to 25 answers a stratum hold the total in 86 to 88 % of the draws: 66 to 84 % of those
where this is told, 99 % or more of the others (November 2026). An answer that makes most of the variance is no such
sign: the interval then holds it (`benchmarks/couverture_redressement.py`)."""
THIRDS = {
    "metropole_petites": "Métropole, tiers des plus petites collectivités",
    "metropole_moyennes": "Métropole, tiers des collectivités moyennes",
    "metropole_grandes": "Métropole, tiers des plus grandes collectivités",
}
OVERSEAS = "outre_mer"
STRATA = THIRDS | {OVERSEAS: "Outre-mer"}
Method = Literal["ratio", "calage"]
METHODS: tuple[Method, ...] = ("ratio", "calage")
Variance = Literal["corrigee", "linearisee"]
_AUXILIARIES = ["accueils", "actions_educatives"]


@dataclass(frozen=True)
class NationalFrame:
    """The population of a national total.

    `table`: one row a collectivité, sorted by code: collectivite, libelle, accueils, actions_educatives, mesures (their
    sum, > 0), strate (a key of `STRATA`). `excluded`: code → name of those without DREES figure. `year`: year of the
    measures.
    """

    table: pd.DataFrame
    excluded: dict[str, str]
    year: int


@dataclass(frozen=True)
class NationalTotal:
    """A national total by two estimators, and what is needed to judge it.

    `observed`: total of the collectivités that answered; `answering` of them, out of `asked`, with `share` (0-1) of the
    accueils of the frame. Tables: `strata` (strate, libelle, groupe, n_collectivites, n_reponses, part_accueils),
    `missing` (rang, collectivite, libelle, groupe, mesures, reduction, reduction_cumulee: shares of the half-width),
    `residuals` (collectivite, groupe, mesures, residu: in standard deviations of its stratum).
    """

    ratio: Estimate
    calibrated: Estimate
    observed: float
    answering: int
    asked: int
    share: float
    strata: pd.DataFrame
    missing: pd.DataFrame
    residuals: pd.DataFrame
    warnings: tuple[str, ...]


def national_frame(drees: pd.DataFrame, collectivites: pd.DataFrame, territoires: pd.DataFrame) -> NationalFrame:
    """The frame from the reference tables `drees_ase` (its latest year), `collectivites` and `territoires`.

    A collectivité of several territories is one unit (Corse, Alsace), a département of two is two (Rhône).
    Raises SurveyError when a measure is zero or negative, or names an unknown territory.
    """
    year = int(drees["annee"].max())
    owners = dict(zip(territoires["territoire"], territoires["collectivite"], strict=True))
    owners |= {code: code for code in collectivites["collectivite"]}
    latest = drees[drees["annee"] == year]
    if unknown := sorted(set(latest["code"]) - owners.keys()):
        raise SurveyError(f"drees_ase : le code « {unknown[0]} » n'est pas un territoire connu. Corrigez la table.")
    sums = latest.groupby(latest["code"].map(owners))[_AUXILIARIES].sum()
    table = collectivites[["collectivite", "libelle", "region"]].merge(sums, left_on="collectivite", right_index=True)
    table["mesures"] = table[_AUXILIARIES].sum(axis=1)
    if (table["mesures"] <= 0).any():
        code = table.loc[table["mesures"] <= 0, "collectivite"].iloc[0]
        raise SurveyError(f"drees_ase : la collectivité « {code} » n'a aucune mesure. Complétez la table.")
    overseas = table["collectivite"].str.startswith("97")
    cuts = table.loc[~overseas, "mesures"].quantile([1 / 3, 2 / 3]).to_numpy()
    thirds = np.array(list(THIRDS))[np.searchsorted(cuts, table["mesures"].to_numpy(), side="left")]
    table["strate"] = np.where(overseas, OVERSEAS, thirds)
    absent = collectivites[~collectivites["collectivite"].isin(table["collectivite"])]
    return NationalFrame(
        table.drop(columns="region").sort_values("collectivite", ignore_index=True),
        dict(zip(absent["collectivite"], absent["libelle"], strict=True)),
        year,
    )


@cache
def reference_frame() -> NationalFrame:
    """The frame of the project's own reference tables."""
    return national_frame(*(reference.load(name) for name in ("drees_ase", "collectivites", "territoires")))


def national_total(
    frame: NationalFrame, answers: pd.Series, *, known: float | None = None, level: float = 0.95
) -> NationalTotal:
    """The total over `frame` of a count returned by some of its collectivités.

    `answers`: collectivité → number (≥ 0) for those that answered; a missing value is no answer. `known`: what is
    counted whoever answered, under which the total cannot be: both estimates and their bounds are raised to it.
    The interval is a point where all answered.

    Raises SurveyError on fewer than three answers (unless all answered), an unknown collectivité, a number that is
    negative or not one.
    """
    table, warnings = _grouped(frame, answers)
    sample = table[table["y"].notna()]
    ratio, by_group = _estimate(table, two=False, level=level)
    calibrated, _ = _estimate(table, two=True, level=level)
    if known is not None:
        ratio, calibrated = at_least(ratio, known), at_least(calibrated, known)
    return NationalTotal(
        ratio=ratio,
        calibrated=calibrated,
        observed=float(sample["y"].sum()),
        answering=len(sample),
        asked=len(table),
        share=float(sample["accueils"].sum() / table["accueils"].sum()),
        strata=_strata(table),
        missing=_missing(table, by_group),
        residuals=_residuals(sample),
        warnings=tuple(warnings),
    )


def estimated_total(
    frame: NationalFrame,
    answers: pd.Series,
    method: Method = "ratio",
    *,
    variance: Variance = "corrigee",
    level: float = 0.95,
) -> Estimate:
    """One estimator of `national_total`, alone. `variance`: « linearisee » is that of R's survey, too small on few
    answers; « corrigee » divides each residual by 1 − its leverage."""
    table, _ = _grouped(frame, answers)
    return _estimate(table, two=method == "calage", level=level, variance=variance)[0]


def at_least(estimate: Estimate, known: float) -> Estimate:
    """The estimate and its bounds brought up to a number that the total cannot be under, with a sentence if it moved.

    Cutting what is impossible off an interval takes nothing from its coverage.
    """
    if estimate.low >= known:
        return estimate
    said = "la borne basse" if estimate.estimate >= known else "l'estimation et la borne basse"
    lifted = {name: max(getattr(estimate, name), known) for name in ("estimate", "low", "high")}
    moved = "sont relevées" if " et " in said else "est relevée"
    warning = (
        f"Le nombre déjà connu dépasse {said} du calcul, qui y {moved} : le total ne peut pas être inférieur à ce qui "
        "est connu."
    )
    return replace(estimate, **lifted, warnings=(*estimate.warnings, warning))


def _grouped(frame: NationalFrame, answers: pd.Series) -> tuple[pd.DataFrame, list[str]]:
    """The frame with `y` and the column `groupe` (strata put together where few answered), and what to say of it."""
    table, said = _with_answers(frame, answers)
    groups, collapsed = _collapsed(table)
    return table.assign(groupe=table["strate"].map(groups)), said + collapsed


def _with_answers(frame: NationalFrame, answers: pd.Series) -> tuple[pd.DataFrame, list[str]]:
    """The frame with the column `y` (missing where there is no answer), and what has to be said of it."""
    if not pd.api.types.is_numeric_dtype(answers) or pd.api.types.is_bool_dtype(answers):
        raise SurveyError("Les réponses des collectivités contiennent du texte. Donnez des nombres.")
    values = pd.Series(answers.to_numpy(dtype=np.float64, na_value=np.nan), index=answers.index.astype(str)).dropna()
    if values.index.has_duplicates:
        code = values.index[values.index.duplicated()][0]
        raise SurveyError(f"La collectivité « {code} » répond deux fois. Gardez une ligne par collectivité.")
    wrong = values[~np.isfinite(values) | (values < 0)]
    if len(wrong):
        raise SurveyError(f"La collectivité « {wrong.index[0]} » répond un nombre négatif ou infini. Corrigez-le.")
    known = set(frame.table["collectivite"]) | frame.excluded.keys()
    if unknown := sorted(set(values.index) - known):
        raise SurveyError(
            f"La collectivité « {unknown[0]} » n'est pas dans la base de la Drees. Corrigez son code : Corse 20R, "
            "Alsace 6AE, Rhône 69D et 69M."
        )
    table = frame.table.assign(y=frame.table["collectivite"].map(values).astype(np.float64))
    answering = int(table["y"].notna().sum())
    if answering < min(LEAST, len(table)):
        raise SurveyError(
            f"{answering} collectivité(s) sur {len(table)} ont répondu : il en faut au moins {LEAST} pour estimer un "
            "total national."
        )
    left_out = ", ".join(frame.excluded.values())
    said = f"Hors de l'estimation, la Drees n'en publiant pas les mesures : {left_out}."
    return table, [said] if left_out else []


def _collapsed(table: pd.DataFrame) -> tuple[dict[str, str], list[str]]:
    """Group of each stratum, and what to say: a stratum with too few answers joins the one nearest in mean size.

    A stratum where all answered needs no other, and is joined only when there is nothing else.
    """
    groups = {strate: strate for strate in STRATA if (table["strate"] == strate).any()}
    said = []
    while len(set(groups.values())) > 1:
        by = table.assign(groupe=table["strate"].map(groups)).groupby("groupe")
        size, drawn, mean = by.size(), by["y"].count(), by["mesures"].mean()
        few = [group for group in dict.fromkeys(groups.values()) if drawn[group] < min(LEAST, size[group])]
        if not few:
            break
        poor = few[0]
        others = [group for group in dict.fromkeys(groups.values()) if group != poor]
        open_ones = [group for group in others if drawn[group] < size[group]] or others
        host = min(open_ones, key=lambda group: abs(mean[group] - mean[poor]))
        said.append(
            f"Strate « {_names(groups, poor)} » : {drawn[poor]} réponse(s) sur {size[poor]}, trop peu pour l'estimer "
            f"seule ; elle est réunie à « {_names(groups, host)} »."
        )
        joined = "+".join(strate for strate in STRATA if groups.get(strate) in {poor, host})
        groups = {strate: joined if group in {poor, host} else group for strate, group in groups.items()}
    return groups, said


def _names(groups: dict[str, str], group: str) -> str:
    return " et ".join(STRATA[strate] for strate, own in groups.items() if own == group)


@dataclass(frozen=True)
class _Groups:
    """What the interval rests on, by group of strata: its variance, and answers less auxiliaries."""

    names: tuple[str, ...]
    variance: Floats
    freedom: Floats

    def half(self, level: float) -> float:
        return float(_half(self.variance[:, None], self.freedom, level)[0])


@dataclass(frozen=True)
class _Fit:
    """Calibration of the n answers of a table: a group, a weight and auxiliaries for each, all independent of y.

    `drawn`, `size`, `used`: answers, collectivités and auxiliaries of each group; `auxiliaries` (n × p); `scaled`: d/x;
    `inverse` (p × p) of their weighted products.
    """

    names: tuple[str, ...]
    group: Codes
    drawn: Floats
    size: Floats
    used: Floats
    weights: Floats
    auxiliaries: Floats
    scaled: Floats
    inverse: Floats

    @property
    def freedom(self) -> Floats:
        return self.drawn - self.used

    @property
    def design(self) -> SurveyDesign:
        population = self.size[self.group]
        stage = Stage(self.group, np.arange(len(self.group), dtype=np.intp), population)
        design = SurveyDesign(population / self.drawn[self.group], (stage,))
        return design.with_weights(self.weights, Calibration(self.auxiliaries, self.scaled))

    def variances(self, y: Floats) -> Floats:
        """Variance by group (groups × k) of the totals of the columns of y (n × k), residuals corrected."""
        residual = y - self.auxiliaries @ (self.inverse @ (self.auxiliaries.T @ (self.scaled[:, None] * y)))
        leverage = self.scaled * np.einsum("ij,jk,ik->i", self.auxiliaries, self.inverse, self.auxiliaries)
        weight = np.divide(self.weights, 1 - leverage, out=np.zeros_like(leverage), where=leverage < 1 - 1e-9)
        own = (self.group[:, None] == np.arange(len(self.names))).astype(np.float64)
        found: Floats = (1 - self.drawn / self.size)[:, None] * (own.T @ (weight[:, None] * residual) ** 2)
        return found

    def linearised(self, y: Floats) -> Floats:
        """Variance by group (groups × 1) of the total of y (n), as R's survey has it."""
        own = y[:, None] * (self.group[:, None] == np.arange(len(self.names)))
        return np.maximum(np.diag(self.design.covariance(own)), 0.0)[:, None]


def _fit(table: pd.DataFrame, *, two: bool) -> _Fit:
    """The calibration of the answers of `table` (mesures, accueils, actions_educatives, groupe, y)."""
    codes, names = pd.factorize(table["groupe"], sort=True)
    every, mesures = table[_AUXILIARIES].to_numpy(dtype=np.float64), table["mesures"].to_numpy(dtype=np.float64)
    answered = table["y"].notna().to_numpy()
    size, drawn = (np.bincount(own, minlength=len(names)).astype(np.float64) for own in (codes, codes[answered]))
    blocks, wanted = [], []
    for place in range(len(names)):
        own = every * (codes == place)[:, None]
        told = every[(codes == place) & answered]
        if not (two and len(told) >= LEAST_FOR_TWO and np.linalg.matrix_rank(told) == len(_AUXILIARIES)):
            own = own.sum(axis=1, keepdims=True)
        blocks.append(own[answered])
        wanted.append(own.sum(axis=0))
    auxiliaries, totals = np.concatenate(blocks, axis=1), np.concatenate(wanted)
    group = codes[answered].astype(np.intp)
    drawing = size[group] / drawn[group]
    scaled = drawing / mesures[answered]
    inverse = np.linalg.inv((auxiliaries * scaled[:, None]).T @ auxiliaries)
    weights = drawing + scaled * (auxiliaries @ (inverse @ (totals - auxiliaries.T @ drawing)))
    used = np.array([block.shape[1] for block in blocks], dtype=np.float64)
    return _Fit(tuple(names), group, drawn, size, used, weights, auxiliaries, scaled, inverse)


def _estimate(
    table: pd.DataFrame, *, two: bool, level: float, variance: Variance = "corrigee"
) -> tuple[Estimate, _Groups]:
    """A calibrated total of `table` with its interval."""
    fit = _fit(table, two=two)
    y = table["y"].dropna().to_numpy(dtype=np.float64)
    by_group = fit.linearised(y) if variance == "linearisee" else fit.variances(y[:, None])
    total, half = float(fit.weights @ y), float(_half(by_group, fit.freedom, level)[0])
    warning = "Un poids calé est inférieur à 1 : une collectivité y compte pour moins qu'elle-même."
    estimate = Estimate(
        estimate=total,
        se=float(np.sqrt(by_group.sum())),
        low=total - half,
        high=total + half,
        df=float(_df(by_group, fit.freedom)[0]),
        n=len(y),
        clusters=len(y),
        level=level,
        method="calage" if two else "ratio",
        warnings=(*([warning] if (fit.weights < 1 - 1e-9).any() else []), *_beyond_answers(table)),
    )
    return estimate, _Groups(fit.names, by_group[:, 0], fit.freedom)


def _df(variance: Floats, freedom: Floats) -> Floats:
    """Satterthwaite's degrees of freedom (k) of sums of variances (groups × k); infinite without variance."""
    below = (variance**2 / np.maximum(freedom, 1)[:, None]).sum(axis=0)
    found = np.divide(variance.sum(axis=0) ** 2, below, out=np.full(below.shape, np.inf), where=below > 0)
    floored: Floats = np.maximum(found, 1.0)
    return floored


def _half(variance: Floats, freedom: Floats, level: float) -> Floats:
    """Half-widths (k) of the intervals; 0 without variance."""
    quantile = stats.t.ppf(0.5 + level / 2, _df(variance, freedom))
    found: Floats = quantile * np.sqrt(variance.sum(axis=0))
    return found


def sensitivities(frame: NationalFrame, answers: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """How much each figure moves when a collectivité answers one more: what someone who knows the method could write.

    One row a collectivité that answered (index), columns `ratio_estimation`, `ratio_ic_bas`, `ratio_ic_haut`, and the
    same of `calage`; before anything known raises a bound.
    """
    table, _ = _grouped(frame, answers)
    sample = table[table["y"].notna()]
    y = sample["y"].to_numpy(dtype=np.float64)[:, None]
    moved: dict[str, Floats] = {}
    for method in METHODS:
        fit = _fit(table, two=method == "calage")
        trial = np.hstack([y, y + np.eye(len(y))])
        half = _half(fit.variances(trial), fit.freedom, level)
        total = fit.weights @ trial
        for name, values in (("estimation", total), ("ic_bas", total - half), ("ic_haut", total + half)):
            moved[f"{method}_{name}"] = values[1:] - values[0]
    return pd.DataFrame(moved, index=pd.Index(sample["collectivite"], name="collectivite"))


def _beyond_answers(table: pd.DataFrame) -> list[str]:
    """A sentence for each group whose largest silent collectivité is over `BEYOND` times the largest that answered.

    `table`: libelle, mesures, groupe, y (missing without answer). It rests on who answered and on DREES alone, so that
    it tells nothing of an answer.
    """
    said = []
    for _, group in table.groupby("groupe", sort=True):
        answered = group["y"].notna()
        silent = group[~answered].sort_values(["mesures", "collectivite"], ascending=[False, True])
        if silent.empty or not answered.any():
            continue
        largest, most = silent.iloc[0], float(group.loc[answered, "mesures"].max())
        if largest["mesures"] > BEYOND * most:
            said.append(
                f"« {largest['libelle']} » n'a pas répondu et compte {fr_number(largest['mesures'])} mesures, "
                f"{fr_number(largest['mesures'] / most, 1)} fois la plus grande collectivité de sa strate qui a "
                "répondu : l'intervalle suppose qu'elle lui ressemble, et tient moins souvent que 95 fois sur 100 si "
                "elle fait exception."
            )
    return said


def _strata(table: pd.DataFrame) -> pd.DataFrame:
    answered = table["y"].notna()
    rows = []
    for strate, group in table.groupby("strate", sort=False):
        here = answered[group.index]
        rows.append(
            {
                "strate": strate,
                "libelle": STRATA[str(strate)],
                "groupe": group["groupe"].iloc[0],
                "n_collectivites": len(group),
                "n_reponses": int(here.sum()),
                "part_accueils": float(group.loc[here, "accueils"].sum() / group["accueils"].sum()),
            }
        )
    return pd.DataFrame(rows).set_index("strate").loc[[s for s in STRATA if s in set(table["strate"])]].reset_index()


def _missing(table: pd.DataFrame, groups: _Groups) -> pd.DataFrame:
    """Each collectivité without answer, in the order that narrows the interval most, one answer after the other.

    With a residual variance proportional to the measures, the variance of a ratio estimate is that of X_h X_r/x_s
    (Royall 1970), X_r being the measures of those without answer and x_s of those with one: an answer of x_k multiplies
    it by ((X_r − x_k)/(x_s + x_k)) / (X_r/x_s). `reduction`: share of the half-width this answer alone would take off,
    Student's quantile being that of today; `reduction_cumulee`: with all those ranked before it.
    """
    silent = table[table["y"].isna()].sort_values("collectivite", ignore_index=True)
    measures = silent["mesures"].to_numpy(dtype=np.float64)
    place = silent["groupe"].map({name: rank for rank, name in enumerate(groups.names)}).to_numpy(dtype=np.intp)
    codes = table["groupe"].map({name: rank for rank, name in enumerate(groups.names)}).to_numpy(dtype=np.intp)
    every, answered = table["mesures"].to_numpy(dtype=np.float64), table["y"].notna().to_numpy()
    told = np.bincount(codes, weights=every * answered, minlength=len(groups.names))
    left = np.bincount(codes, weights=every * ~answered, minlength=len(groups.names))
    before = float(groups.variance.sum())

    def after(now: _Groups, row: int) -> _Groups:
        """The groups if the collectivité of this row answered too."""
        own, size = place[row], measures[row]
        factor = max((left[own] - size) / (told[own] + size) / (left[own] / told[own]), 0.0)
        variance = now.variance.copy()
        variance[own] *= factor
        return replace(now, variance=variance)

    def taken_off(then: _Groups) -> float:
        return 1 - float(np.sqrt(then.variance.sum() / before)) if before > 0 else 0.0

    alone = [taken_off(after(groups, row)) for row in range(len(silent))]
    ranks: dict[int, int] = {}
    together: dict[int, float] = {}
    now, remaining = groups, list(range(len(silent)))
    while remaining:
        best = min(remaining, key=lambda row: (round(after(now, row).variance.sum(), 9), row))
        now = after(now, best)
        left[place[best]] -= measures[best]
        told[place[best]] += measures[best]
        remaining.remove(best)
        ranks[best], together[best] = len(ranks) + 1, taken_off(now)
    rows = range(len(silent))
    found = silent[["collectivite", "libelle", "groupe", "mesures"]].assign(
        reduction=[alone[row] for row in rows], reduction_cumulee=[together[row] for row in rows]
    )
    found.insert(0, "rang", [ranks[row] for row in rows])
    return found.sort_values("rang", ignore_index=True)


def _residuals(sample: pd.DataFrame) -> pd.DataFrame:
    """Residuals of the ratio of each group, over their standard deviation at its size (√x); 0 where all are nil."""
    by = sample.groupby("groupe")
    slope = by["y"].transform("sum") / by["mesures"].transform("sum")
    scaled = (sample["y"] - slope * sample["mesures"]) / np.sqrt(sample["mesures"])
    freedom = (by["y"].transform("size") - 1).clip(lower=1)
    spread = np.sqrt((scaled**2).groupby(sample["groupe"]).transform("sum") / freedom)
    return sample[["collectivite", "groupe", "mesures"]].assign(residu=(scaled / spread.where(spread > 0)).fillna(0.0))
