"""Every item of a survey × group × wave × domain: distribution, positive answers, mean, each with its interval.

One row a figure, in long form (`RESULTS`). Shares are the weighted means of `mentorat.survey.estimators`, all domains
of a dimension in one pass. The interval of a share is Wilson's on the effective sample size (`intervals`), that of a
mean is Student's, both with the degrees of freedom of the clusters that the domain touches; a design effect under 1 is
taken as 1, for the few clusters of a domain can seem to agree by chance.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.survey.design import Codes, Floats, SurveyError
from mentorat.survey.estimators import survey_mean
from mentorat.survey.intervals import share_interval
from mentorat.survey.questionnaire import GROUPS, Item, questionnaire
from mentorat.survey.responses import DOMAINS, read_responses
from mentorat.survey.survey_weights import Sample, weighted_sample
from mentorat.survey.targets import AseTargets
from mentorat.survey.thresholds import FEW_CLUSTERS
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
FEW_ANSWERS = 30
"""Under which an estimate is given with a warning."""
LEAST_ANSWERS = 10
"""Respondents under which a département or an association is no domain: no share of theirs could ever be shown."""
LOCAL = frozenset({"association", "departement"})
POSITIVE = "part_positive"
NOBODY = "Personne n'a répondu à cette question."


def survey_results(found: Iterable[Sample]) -> pd.DataFrame:
    """Results of every group and wave (`samples`), with the columns of `RESULTS`.

    Sorted by number of item, group, wave, domain; the same rows whatever the order of the answers.
    """
    rows = [row for one in found for row in sample_results(one)]
    return _typed(rows)


def samples(
    tables: Mapping[str, pd.DataFrame], sample: pd.DataFrame, targets: AseTargets | SurveyError | None = None
) -> Iterator[Sample]:
    """Each group at each wave that somebody answered, ready to be estimated.

    tables: raw tables `enquete_<group>` by group (one may be missing or empty); sample: raw `enquete_echantillon`;
    targets: margins of young people in care, to which the non-mentored are calibrated, or why there are none.
    """
    for group in GROUPS:
        if group not in tables or tables[group].empty:
            continue
        responses = read_responses(group, tables[group], sample)
        for wave in sorted(responses.frame["vague"].unique()):
            yield weighted_sample(responses, int(wave), sample, targets)


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
    answers, asked = sample.frame[item.nom], sample.asked[item.nom].to_numpy()
    common = {
        "numero": item.numero,
        "item": item.nom,
        "libelle": item.libelle,
        "dimension": item.dimension,
        "groupe": sample.responses.group,
        "vague": sample.wave,
        "ponderation": sample.weighting,
    }
    if answers.isna().all():
        if labels == [""]:
            nobody = {"n": 0, "n_manquants": int(asked.sum()), "avertissements": NOBODY}
            yield {**common, **nobody, "domaine": "", "mesure": "moyenne" if item.numeric else "part"}
        return
    figures = _figures(answers, item)
    kinds = list(figures)
    names = [str(rank) for rank in range(len(kinds))]
    frame = pd.DataFrame(dict(zip(names, figures.values(), strict=True)), index=answers.index)
    frame["domaine"] = pd.Categorical.from_codes(codes.tolist(), pd.Index(labels))
    inside = (codes >= 0) & asked & answers.isna().to_numpy()
    missing = np.bincount(codes[inside], minlength=len(labels))
    found = survey_mean(sample.design, frame, names, by="domaine").table
    found = found[found["n"] > 0]
    counted = frame.groupby("domaine", observed=False)[names].sum().to_dict()
    places = {label: rank for rank, label in enumerate(labels)}
    shares = np.array([measure != "moyenne" for measure, _ in kinds])[found["variable"].astype("int64")]
    size = _kish(sample.design.weights, np.where(answers.notna(), codes, -1), labels)
    found = found.assign(
        **_intervals(found, shares, np.array([size[str(label)] for label in found["domaine"]], dtype=np.float64))
    )
    for row, share in zip(found.to_dict("records"), shares, strict=True):
        measure, code = kinds[int(row["variable"])]
        yield {
            **common,
            "domaine": row["domaine"],
            "mesure": measure,
            "modalite": code,
            "libelle_modalite": item.codes.get(code, ""),
            "n": row["n"],
            "x": round(counted[row["variable"]][row["domaine"]]) if share else None,
            "n_manquants": int(missing[places[row["domaine"]]]),
            "estimation": row["estimate"],
            "ic_bas": row["low"],
            "ic_haut": row["high"],
            "deff": row["deff"],
            "ess": row["ess"],
            "grappes": row["clusters"],
            "avertissements": " ".join([*sample.warnings, *_warnings(row, share=bool(share))]),
        }


def _kish(weights: Floats, codes: Codes, labels: list[str]) -> dict[str, float]:
    """Kish's effective size of the rows of each domain (−1: none)."""
    inside = codes >= 0
    total, square = (
        np.bincount(codes[inside], weights=values[inside], minlength=len(labels)) for values in (weights, weights**2)
    )
    return dict(zip(labels, total**2 / np.where(square > 0, square, 1.0), strict=True))


def _intervals(found: pd.DataFrame, shares: NDArray[np.bool_], kish: Floats) -> dict[str, Floats]:
    """Bounds and effective size of each row: Wilson for a share, Student for a mean; a design effect under 1 is 1.

    Few clusters give now and then a variance far too small; an interval never claims more than independent answers. A
    mean whose answers do not differ, or come from one cluster, has no interval.
    """
    estimate, n = found["estimate"].to_numpy(), found["n"].to_numpy(dtype=np.float64)
    deff, df = found["deff"].to_numpy(), found["df"].to_numpy()
    independent = np.where(n > 1, estimate * (1 - estimate) / n, np.nan)
    variance = np.square(found["se"].to_numpy())
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(shares, np.fmax(variance, independent), variance / np.where(deff < 1, deff, 1.0))
    low, high = share_interval("wilson", np.where(shares, estimate, 0.5), variance, n=n, df=df, level=0.95, kish=kish)
    half = stats.t.ppf(0.975, df) * np.sqrt(np.where(variance > 0, variance, np.nan))
    return {
        "low": np.where(shares, low, estimate - half),
        "high": np.where(shares, high, estimate + half),
        "ess": np.fmin(found["ess"].to_numpy(), n),
    }


def _figures(answers: pd.Series, item: Item) -> dict[tuple[str, str], pd.Series]:
    """(measure, code) of each figure of an item, and its value for each row, missing where unanswered."""
    found: dict[tuple[str, str], pd.Series] = {}
    known = answers.notna()
    text = answers.astype("object").where(known, "").astype("str")
    for code in item.codes:
        several = item.scale.type == "multiple"
        given = ("|" + text + "|").str.contains(f"|{code}|", regex=False) if several else text == code
        found["part", code] = given.astype("float64").where(known)
    if item.scale.positif:
        found[POSITIVE, ""] = text.isin(item.scale.positif).astype("float64").where(known)
    if item.numeric:
        found["moyenne", ""] = pd.to_numeric(answers.astype("object"), errors="coerce").astype("float64")
    return found


def _warnings(row: Mapping[Any, Any], *, share: bool) -> list[str]:
    """What to say of one figure, a share or a mean, from its row of estimates."""
    size, clusters = int(str(row["n"])), int(str(row["clusters"]))
    said = []
    if size < FEW_ANSWERS:
        said.append(f"Moins de {FEW_ANSWERS} réponses ({fr_number(size)}).")
    if not share and np.isnan(row["low"]):
        why = "une seule grappe a répondu" if np.isnan(row["se"]) else "les réponses, ou les grappes, ne diffèrent pas"
        said.append(f"Intervalle de la moyenne non estimable : {why}.")
    elif clusters < 2:
        said.append("Une seule grappe : intervalle calculé comme si les réponses étaient indépendantes.")
    elif clusters < FEW_CLUSTERS:
        said.append(f"Moins de {FEW_CLUSTERS} grappes ({fr_number(clusters)}) : intervalle fragile.")
    if share and row["estimate"] in (0.0, 1.0):
        said.append("Réponse unanime : l'intervalle ignore les grappes.")
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


def truth_table(truth: Mapping[str, Any] | None) -> pd.DataFrame:
    """What a simulated survey was drawn from: item, groupe, part_vraie (chance of a positive answer), simule.

    truth: part `enquete` of the simulation's truth; None (nothing is simulated) gives no row. The mentored's share is
    what they would have answered without mentoring, and the effect.
    """
    columns = {"item": "str", "groupe": "str", "part_vraie": "float64", "simule": "bool"}
    rows = []
    for item, drawn in (truth or {}).get("items", {}).items():
        if "part_sans_mentorat" in drawn:
            mentored = drawn["part_sans_mentorat"] + drawn["att"]
            rows.append({"item": item, "groupe": "mentores", "part_vraie": round(mentored, 6), "simule": True})
            rows.append(
                {"item": item, "groupe": "non_mentores", "part_vraie": drawn["part_non_mentores"], "simule": True}
            )
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def against_truth(results: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """National shares of positive answers of the first wave after entry beside the truth; `retrouve`: the interval
    holds it. Rows hidden from the audience are left out."""
    whole = results[(results["domaine"] == "") & (results["mesure"] == POSITIVE) & (results["vague"] == 1)]
    found = whole[whole["estimation"].notna()].merge(truth, on=["item", "groupe"], validate="one_to_one")
    return found.assign(retrouve=found["part_vraie"].between(found["ic_bas"], found["ic_haut"]))
