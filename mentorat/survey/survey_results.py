"""Every item of a survey × group × wave × domain: distribution, positive answers, mean, each with its interval.

One row a figure, in long form (`RESULTS`). Shares are Hájek means Σwy/Σw over those who answered; their variance is
the linearised one of the design, the domain being a score of zero outside it (`SurveyDesign.covariance`). The
interval of a share is Wilson's on the effective sample size n* = p(1 − p)/var, never above the number of answers,
brought down by (z/t)² for the few degrees of freedom (Korn and Graubard 1998, Dean and Pagano 2015); that of a mean
is Student's. Degrees of freedom: clusters less strata among those the domain touches.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from mentorat.survey.design import Codes, Floats, SurveyDesign, survey_design
from mentorat.survey.questionnaire import GROUPS, Item, questionnaire
from mentorat.survey.responses import DOMAINS, Responses, read_responses
from mentorat.typography import fr_number

RESULTS = {
    "numero": "str",
    "item": "str",
    "libelle": "str",
    "dimension": "str",
    "groupe": "str",
    "vague": "Int64",
    "domaine": "str",
    "mesure": "str",
    "modalite": "str",
    "libelle_modalite": "str",
    "n": "Int64",
    "x": "Int64",
    "n_manquants": "Int64",
    "estimation": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "deff": "float64",
    "ess": "float64",
    "grappes": "Int64",
    "ponderation": "str",
    "avertissements": "str",
}
"""Columns of the results and their types. `domaine`: empty for everyone, else `colonne=code`. `mesure`: part (of
`modalite`), part_positive, moyenne. `n`: answers; `x`: those counted, before weighting."""
FEW_ANSWERS, FEW_CLUSTERS = 30, 10
"""Under which an estimate is given with a warning."""
LEAST_ANSWERS = 10
"""Respondents under which a département or an association is no domain: no share of theirs could ever be shown."""
LOCAL = frozenset({"association", "departement"})
POSITIVE = "part_positive"
UNWEIGHTED, WEIGHTED = "aucune", "sondage"


@dataclass(frozen=True)
class Sample:
    """One group at one wave: its rows, the design they are estimated on, and how they were weighted."""

    responses: Responses
    wave: int
    frame: pd.DataFrame
    asked: pd.DataFrame
    design: SurveyDesign
    weighting: str
    warnings: tuple[str, ...] = ()


def survey_results(tables: Mapping[str, pd.DataFrame], sample: pd.DataFrame) -> pd.DataFrame:
    """Results of every questionnaire answered, with the columns of `RESULTS`.

    tables: raw tables `enquete_<group>` by group (one may be missing or empty); sample: raw `enquete_echantillon`.
    Sorted by number of item, group, wave, domain; the same rows whatever the order of the answers.
    """
    rows = [row for one in samples(tables, sample) for row in sample_results(one)]
    return _typed(rows)


def samples(tables: Mapping[str, pd.DataFrame], sample: pd.DataFrame) -> Iterator[Sample]:
    """Each group at each wave that somebody answered, ready to be estimated."""
    for group in GROUPS:
        if group not in tables or tables[group].empty:
            continue
        responses = read_responses(group, tables[group], sample)
        for wave in sorted(responses.frame["vague"].unique()):
            yield weighted_sample(responses, int(wave))


def weighted_sample(responses: Responses, wave: int) -> Sample:
    """The respondents of a wave and their design; without a weight for each, all count the same and it is said."""
    inside = responses.frame["vague"] == wave
    frame = responses.frame[inside].reset_index(drop=True)
    asked = responses.asked[inside].reset_index(drop=True)
    warnings = []
    weighted = bool(frame["poids"].notna().all())
    if not responses.sampled:
        warnings.append("Sans échantillon de tirage : réponses non pondérées, qui ne valent que pour les répondants.")
    elif not weighted:
        warnings.append("Poids de sondage absents : réponses non pondérées.")
    single = frame.groupby("strate")["grappe"].nunique().eq(1)
    strata: str | None = "strate"
    if single.all():
        # one stratum, one cluster each: the clusters themselves are all that is left to compare
        strata = None
    elif single.any():
        warnings.append(f"{int(single.sum())} strate(s) d'une seule grappe, comparée(s) à la moyenne des grappes.")
    cluster = "grappe" if frame["grappe"].nunique() > 1 else None
    if cluster is None:
        warnings.append("Une seule grappe : intervalles calculés comme si les réponses étaient indépendantes.")
    design = survey_design(
        frame, weights="poids" if weighted else None, strata=strata, clusters=cluster, lonely_psu="ajuster"
    )
    return Sample(
        responses, wave, frame, asked, design, WEIGHTED if weighted else UNWEIGHTED, tuple(warnings)
    )


def sample_results(sample: Sample) -> Iterator[dict[str, object]]:
    """Rows of results of one group at one wave."""
    domains = list(_domains(sample.frame))
    for item in sample.responses.items:
        if sample.wave not in item.vagues and not sample.frame[item.nom].notna().any():
            continue
        for labels, codes in domains:
            yield from _item_results(sample, item, labels, codes)


def _domains(frame: pd.DataFrame) -> Iterator[tuple[list[str], Codes]]:
    """Ways to cut the rows: the domains of each, and the domain of each row (−1: none)."""
    yield [""], np.zeros(len(frame), dtype=np.intp)
    for name in DOMAINS:
        if name not in frame or frame[name].nunique() < 2:
            continue
        counts = frame[name].value_counts()
        kept = sorted(code for code in counts.index if name not in LOCAL or counts[code] >= LEAST_ANSWERS)
        place = {code: rank for rank, code in enumerate(kept)}
        if kept:
            codes = frame[name].map(place).astype("float64").fillna(-1).to_numpy().astype(np.intp)
            yield [f"{name}={code}" for code in kept], codes


def _item_results(sample: Sample, item: Item, labels: list[str], codes: Codes) -> Iterator[dict[str, object]]:
    """Rows of an item over the domains of one cut."""
    answers = sample.frame[item.nom]
    answered = answers.notna().to_numpy()
    inside = codes >= 0
    here = np.where(answered, codes, -1)
    asked = sample.asked[item.nom].to_numpy()
    size = np.bincount(here[here >= 0], minlength=len(labels))
    missing = np.bincount(codes[inside & asked & ~answered], minlength=len(labels))
    names, values = _measures(answers, item)
    found = _means(sample.design, values, here, len(labels))
    for place, label in enumerate(labels):
        if not size[place] and label:
            continue
        common = {
            "numero": item.numero,
            "item": item.nom,
            "libelle": item.libelle,
            "dimension": item.dimension,
            "groupe": sample.responses.group,
            "vague": sample.wave,
            "domaine": label,
            "n": int(size[place]),
            "n_manquants": int(missing[place]),
            "ponderation": sample.weighting,
        }
        if not size[place]:
            nobody = "Personne n'a répondu à cette question."
            yield {**common, "mesure": names[0][0], "avertissements": nobody}
            continue
        warnings = [*sample.warnings, *_warnings(int(size[place]), int(found.clusters[place]))]
        constant = item.scale.type != "multiple" and sample.frame.loc[here == place, item.nom].nunique() == 1
        if constant:
            warnings.append("Toutes les réponses sont identiques.")
        for column, (measure, code) in enumerate(names):
            share = measure != "moyenne"
            yield {
                **common,
                "mesure": measure,
                "modalite": code,
                "libelle_modalite": item.codes.get(code, ""),
                "x": int(round(values[here == place, column].sum())) if share else None,
                **found.row(place, column, share=share),
                "grappes": int(found.clusters[place]),
                "avertissements": " ".join(warnings),
            }


def _measures(answers: pd.Series, item: Item) -> tuple[list[tuple[str, str]], Floats]:
    """(measure, code) of each figure of an item, and its value for each row (n × figures; 0 where unanswered)."""
    names: list[tuple[str, str]] = []
    columns: list[Floats] = []
    if item.codes:
        text = answers.astype("object").where(answers.notna(), "").astype("str")
        for code in item.codes:
            if item.scale.type == "multiple":
                with_code = ("|" + text + "|").str.contains(f"|{code}|", regex=False)
            else:
                with_code = text == code
            names.append(("part", code))
            columns.append(with_code.to_numpy(dtype=np.float64))
        if item.scale.positif:
            names.append((POSITIVE, ""))
            columns.append(text.isin(item.scale.positif).to_numpy(dtype=np.float64))
    if item.numeric:
        names.append(("moyenne", ""))
        numbers = pd.to_numeric(answers.astype("object"), errors="coerce").astype("float64")
        columns.append(numbers.fillna(0.0).to_numpy())
    return names, np.column_stack(columns)


@dataclass(frozen=True)
class _Means:
    """Means and variances (domains × figures), and by domain the answers, clusters, strata and Kish's sample size."""

    mean: Floats
    variance: Floats
    spread: Floats
    size: Floats
    clusters: Codes
    strata: Codes
    kish: Floats

    def row(self, place: int, column: int, *, share: bool) -> dict[str, float]:
        """Estimate, interval, design effect and effective sample size of one figure."""
        mean, variance, n = self.mean[place, column], self.variance[place, column], self.size[place]
        df = max(int(self.clusters[place] - self.strata[place]), 1)
        simple = (mean * (1 - mean) if share else self.spread[place, column]) / n
        deff = variance / simple if simple > 0 and variance > 0 else np.nan
        ess = n / deff if deff == deff else np.nan
        quantile = float(stats.t.ppf(0.975, df))
        if share:
            low, high = wilson(mean, min(ess if ess == ess else self.kish[place], n), quantile)
        else:
            half = quantile * float(np.sqrt(variance)) if n > 1 else np.nan
            low, high = mean - half, mean + half
        return {"estimation": mean, "ic_bas": low, "ic_haut": high, "deff": deff, "ess": ess}


def wilson(share: float, effective: float, quantile: float) -> tuple[float, float]:
    """Wilson's interval of a share on an effective sample size, with the quantile of the design's Student law.

    The sample size is brought down by (1.96/quantile)², which is to take the quantile in place of 1.96.
    """
    square = quantile**2 / effective
    centre = (share + square / 2) / (1 + square)
    half = quantile / (1 + square) * float(np.sqrt(share * (1 - share) / effective + square / (4 * effective)))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def _means(design: SurveyDesign, values: Floats, codes: Codes, domains: int) -> _Means:
    """Means of `values` (n × k) by domain (`codes` of each row, −1 for none), all in one pass."""
    kept = np.flatnonzero(codes >= 0)
    weights, where, given = design.weights[kept], codes[kept], values[kept]
    size = np.bincount(where, minlength=domains).astype(np.float64)
    total = np.bincount(where, weights=weights, minlength=domains)
    square = np.bincount(where, weights=weights**2, minlength=domains)
    safe = np.where(total > 0, total, 1.0)
    sums = np.stack([np.bincount(where, weights=weights * column, minlength=domains) for column in given.T], axis=1)
    mean = sums / safe[:, None]
    residual = given - mean[where]
    spread = np.stack(
        [np.bincount(where, weights=weights * column**2, minlength=domains) for column in residual.T], axis=1
    ) / safe[:, None]
    figures = values.shape[1]
    influence = np.zeros((design.n, domains, figures))
    influence[kept, where] = residual / safe[where][:, None]
    variance = np.diag(design.covariance(influence.reshape(design.n, -1))).reshape(domains, figures)
    stage = design.stages[0]
    return _Means(
        mean,
        np.maximum(variance, 0.0),
        spread * (size / np.maximum(size - 1, 1))[:, None],
        size,
        _touched(where, stage.units[kept], domains),
        _touched(where, stage.strata[kept], domains),
        np.where(square > 0, total**2 / np.where(square > 0, square, 1.0), 0.0),
    )


def _touched(where: Codes, units: Codes, domains: int) -> Codes:
    """Number of distinct units in each domain."""
    if not len(where):
        return np.zeros(domains, dtype=np.intp)
    pairs = np.unique(where * (int(units.max()) + 1) + units)
    return np.bincount(pairs // (int(units.max()) + 1), minlength=domains).astype(np.intp)


def _warnings(size: int, clusters: int) -> list[str]:
    said = []
    if size < FEW_ANSWERS:
        said.append(f"Moins de {FEW_ANSWERS} réponses ({fr_number(size)}).")
    if clusters < FEW_CLUSTERS:
        said.append(f"Moins de {FEW_CLUSTERS} grappes ({fr_number(clusters)}) : intervalle fragile.")
    return said


def _typed(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows with exactly the columns of `RESULTS`, sorted; numbers at ten decimals, so that two runs agree."""
    table = pd.DataFrame(rows, columns=list(RESULTS))
    texts = [name for name, kind in RESULTS.items() if kind == "str"]
    table[texts] = table[texts].astype("object").where(table[texts].notna(), "")
    table = table.astype(RESULTS)
    decimals = [name for name, kind in RESULTS.items() if kind == "float64"]
    table[decimals] = table[decimals].round(10) + 0.0
    items = questionnaire().items
    order = table["item"].map({name: item.rank for name, item in items.items()}).astype("int64")
    groups = table["groupe"].map({group: rank for rank, group in enumerate(GROUPS)}).astype("int64")
    return (
        table.assign(_item=order, _groupe=groups, _rang=range(len(table)))
        .sort_values(["_item", "_groupe", "vague", "domaine", "_rang"], kind="stable", ignore_index=True)
        .drop(columns=["_item", "_groupe", "_rang"])
    )
