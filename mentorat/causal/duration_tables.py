"""Curves of what lasts, for evaluators: pairs that hold, steps that are crossed, reasons of end, dose at six months.

Four tidy tables, for the whole country, from the marts `delais`, `exposition` and `binomes_retenus`; figures by
territory are the indicators of `duration_indicators`, whose rows and conventions these share. Durations are in days,
shares between 0 and 1, intervals at 95 % (jackknife of the territories from ten of them).

Counts between two days of the grid are what disclosure merges: `evenements` of a row counts the ends since the row
before it. The classes compared are pooled here, by a rule that depends on no audience, so that every audience is shown
the same ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.dose import SURVIVORS, landmark_dose_response
from mentorat.causal.duration_indicators import ISSUES, OPEN, STEPS, files_of_step, followed_pairs
from mentorat.causal.effect_tables import typed
from mentorat.causal.survival import THIN, DurationCurve, Durations, durations, incidence, log_rank, survival
from mentorat.contracts.sources import contract
from mentorat.survey.multiplicity import holm
from mentorat.survey.responses import labels_of
from mentorat.survey.thresholds import FEW_CLUSTERS
from mentorat.typography import fr_count, fr_number, fr_text

PAIRS = "maintien_binomes"
STEP_CURVES = {step: f"delai_{step}" for step in STEPS}
CURVES = {
    PAIRS: "Binômes encore en cours",
    STEP_CURVES["evaluation_proposition"]: "De l'évaluation à la proposition",
    STEP_CURVES["proposition_reponse"]: "De la proposition à la réponse",
    STEP_CURVES["demande_accord"]: "De la demande d'accord à l'accord",
    STEP_CURVES["accord_transmission"]: "De l'accord à la transmission à l'association",
    STEP_CURVES["transmission_validation"]: "De la transmission à la validation du binôme",
    STEP_CURVES["validation_lancement"]: "De la validation au premier jour du binôme",
    STEP_CURVES["proposition_lancement"]: "De la proposition au premier jour du binôme",
}
"""Curves in the order of reports, and their names."""
PAIR_DIMENSIONS = {
    "modalite": "Modalité",
    "sexe": "Sexe",
    "tranche_age_debut": "Âge au début",
    "type_accueil_debut": "Accueil au début",
}
"""Classes of pairs compared, known when the pair begins: a later age or place would hang on how long it held."""
AGES = {"moins_de_11": "moins_de_14", "11-13": "moins_de_14", "16-17": "16_et_plus", "18_et_plus": "16_et_plus"}
"""Bands of age compared: few pairs begin before 11 or after 17."""
FROM_PAIRS = ("modalite", "sexe")
"""Those that `binomes_retenus` gives; `exposition` gives the others."""
END_ISSUES = {
    "franchie": "Étape franchie",
    "refus": "Refus",
    "arret": "Arrêt de la démarche",
    "sortie_ase": "Sortie de l'aide sociale à l'enfance",
}
GRID = (0, 30, 61, 91, 122, 152, 183, 213, 244, 274, 304, 335, 365, 396, 426, 457, 487, 517, 548, 578, 609, 639, 670,
        700, 731)  # fmt: skip
"""Days of a curve: a month apart (365.25 / 12), up to two years."""
PAIR_HORIZONS = (183, 365, 731)
STEP_HORIZONS = (30, 91, 183)
MEAN_HORIZON = 365
"""Days: reasons of end at six, twelve and twenty-four months, ends of a step at one, three and six; mean time held in
the first year."""
LANDMARK, HELD = 183, 365
"""Days: dose counted before the landmark; outcome of those that reached it, still running a year after the start."""
ENOUGH = 5 * THIN
"""Durations below which there is no curve, ends below which a reason is told with the others."""
CLASS_ENDS = 20 * THIN
"""Ends below which a class has no curve of its own: steps are merged until the smallest class fills them."""
MOST_CLASSES = 4
"""Classes a drawing can tell apart."""
OTHERS = "autres"
WHOLE = "Ensemble"

_KEY = {"courbe": "str", "libelle": "str", "dimension": "str", "modalite": "str", "groupe": "str"}
_FIGURE = {"estimation": "float64", "ic_bas": "float64", "ic_haut": "float64"}

COURBES = {
    **_KEY,
    "nature": "str",  # survie (share that still runs), incidence (share that crossed)
    "jour": "Int64",
    "n_a_risque": "Int64",
    "evenements": "Int64",
    **_FIGURE,
}
"""One row a day of the grid, as far as someone is followed: `n_a_risque` still followed after that day, `evenements`
ends since the row before. `dimension` and `modalite` are empty for the whole; `groupe` names the class."""
RESUMES = {
    **_KEY,
    "nature": "str",
    "n": "Int64",
    "evenements": "Int64",
    "censures": "Int64",
    "suivi_jours": "Int64",
    "mediane": "float64",
    "mediane_ic_bas": "float64",
    "mediane_ic_haut": "float64",
    "horizon": "Int64",
    "moyenne": "float64",
    "moyenne_ic_bas": "float64",
    "moyenne_ic_haut": "float64",
    "p": "float64",
    "p_holm": "float64",
    "avertissements": "str",
}
"""One row a curve. `censures`: still running when last seen; `moyenne`: days held before `horizon`; `p`: log-rank over
the classes of the dimension (clustered on the territory where there are ten), the same on each of its rows; `p_holm`:
adjusted for the number of dimensions tested."""
FINS = {
    **{name: kind for name, kind in _KEY.items() if name in {"courbe", "libelle"}},
    "issue": "str",
    "groupe": "str",
    "jour": "Int64",
    "evenements": "Int64",
    **_FIGURE,
    "avertissements": "str",
}
"""Cumulative incidence of each reason of end at each horizon, the others being possible; `evenements` since the horizon
before."""
DOSE = {
    "analyse": "str",  # repartition (of the dose, by class), reponse (the outcome by dose), pente
    "dose": "str",  # seances_par_mois, mois_avec_seance
    "libelle": "str",
    "dimension": "str",
    "modalite": "str",
    "groupe": "str",
    "tranche": "str",
    "reference": "boolean",
    "n": "Int64",
    "x": "Int64",
    "n_finis_avant": "Int64",
    **_FIGURE,
    "repere_jours": "Int64",
    "issue": "str",
    "avertissements": "str",
}
"""Among pairs still running at the landmark, with the dose counted before it. repartition: `n` of the class in the
band, `estimation` its share. reponse: `n` and `x` (still running a year after the start) by band, `estimation` the
difference with the band of reference (adjusted for sex, age, place and modality; for `mois_avec_seance`, as observed).
pente: change of the outcome for one session a month more. `n_finis_avant`: pairs that ended before the landmark, left
out."""
DOSES = {
    "seances_par_mois": "Séances par mois avant le repère",
    "mois_avec_seance": "Mois avec au moins une séance avant le repère",
}
HELD_A_YEAR = "binôme encore en cours un an après son début"
EVERY_MONTH, SOME_MONTHS = "tous les mois", "au moins un mois sans séance"


@dataclass(frozen=True)
class DurationTables:
    """The four tables, each with its columns and types."""

    durees_courbes: pd.DataFrame
    durees_resumes: pd.DataFrame
    durees_fins: pd.DataFrame
    dose: pd.DataFrame


SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "durees_courbes": COURBES,
    "durees_resumes": RESUMES,
    "durees_fins": FINS,
    "dose": DOSE,
}
"""Name of a table → its columns and types."""

Row = dict[str, Any]


def duration_tables(
    campagne: int, delais: pd.DataFrame, exposition: pd.DataFrame, binomes: pd.DataFrame, indicateurs: pd.DataFrame
) -> DurationTables:
    """The tables of a campagne from its marts (`binomes`: `binomes_retenus`).

    Territories that cannot tell are left out as in `duration_indicators`; a curve of fewer than `ENOUGH` durations is
    not made, and its row of `durees_resumes` says so.
    """
    pairs = followed_pairs(campagne, exposition, indicateurs).merge(
        binomes[["id_binome", *FROM_PAIRS]], on="id_binome", how="left", validate="one_to_one"
    )
    pairs[list(PAIR_DIMENSIONS)] = pairs[list(PAIR_DIMENSIONS)].fillna("inconnu")
    pairs["tranche_age_debut"] = pairs["tranche_age_debut"].replace(AGES)
    files = {step: files_of_step(campagne, step, delais, indicateurs) for step in STEPS}
    made = [_pair_curve(pairs, campagne, _key(PAIRS))]
    for dimension in PAIR_DIMENSIONS:
        made += _compared(pairs, dimension, campagne)
    made += [_step_curve(rows, _key(STEP_CURVES[step])) for step, rows in files.items()]
    fins = [*_ends_of_pairs(pairs)]
    for step, rows in files.items():
        fins += _ends(_spells(rows, "duree_jours", "issue", None), STEP_CURVES[step], END_ISSUES, STEP_HORIZONS)
    return DurationTables(
        durees_courbes=typed([row for steps, _ in made for row in steps], COURBES),
        durees_resumes=_adjusted(typed([row for _, row in made], RESUMES)),
        durees_fins=typed(fins, FINS),
        dose=typed(_doses(pairs, campagne), DOSE),
    )


def _adjusted(summaries: pd.DataFrame) -> pd.DataFrame:
    """Holm's p over the dimensions, each tested once."""
    tested = summaries.dropna(subset=["p"]).drop_duplicates("dimension")
    adjusted = dict(zip(tested["dimension"], holm(tested["p"].to_numpy()), strict=True)) if len(tested) else {}
    return typed(summaries.assign(p_holm=summaries["dimension"].map(adjusted).astype("float64")), RESUMES)


def pooled_classes(rows: pd.DataFrame, dimension: str, ended: str) -> dict[str, str]:
    """Class → class shown: at most `MOST_CLASSES`, the largest as they are, the rest together as « autres ».

    Each shown has `CLASS_ENDS` ends; empty when no two do. « autres » gathers two classes at least: what remains is
    joined to the smallest rather than left out, since the whole less the others would tell it.
    """
    ends = rows.groupby(dimension)[ended].sum().astype(int)
    sizes = rows.groupby(dimension).size()
    order = sorted(ends.index, key=lambda name: (name == "inconnu", -int(sizes[name]), str(name)))
    for kept in range(min(MOST_CLASSES, len(order)), 0, -1):
        own, rest = order[:kept], order[kept:]
        thick = min(ends[own]) >= CLASS_ENDS and (not rest or (len(rest) > 1 and ends[rest].sum() >= CLASS_ENDS))
        if thick and 1 < kept + bool(rest) <= MOST_CLASSES:
            return {name: name for name in own} | dict.fromkeys(rest, OTHERS)
    return {}


def _key(curve: str, dimension: str = "", modality: str = "", group: str = WHOLE) -> Row:
    return {
        "courbe": curve,
        "libelle": fr_text(CURVES[curve]),
        "dimension": dimension,
        "modalite": modality,
        "groupe": group,
    }


def _rank(modality: str) -> tuple[int, str]:
    """Order of classes: the youngest first, those gathered or unknown last."""
    return {"moins_de_14": 0, "inconnu": 2, OTHERS: 2}.get(modality, 1), modality


def class_label(dimension: str, modality: str) -> str:
    """French name of a class of pairs."""
    if dimension == "tranche_age_debut":
        told = {"moins_de_14": "Moins de 14 ans", "16_et_plus": "16 ans et plus", "inconnu": "Âge inconnu"}
        return fr_text(told.get(modality, f"{modality.replace('-', ' à ')} ans"))
    if dimension == "sexe":
        told = {"F": "Filles", "G": "Garçons", "inconnu": "Sexe inconnu"}
        return told.get(modality, modality)
    labels = labels_of({"type_accueil_debut": "type_accueil"}.get(dimension, dimension))
    label = labels.get(modality, modality)
    label = f"{PAIR_DIMENSIONS[dimension]} : inconnu" if modality == "inconnu" else label
    return fr_text(label[:1].upper() + label[1:])


def group_labels(dimension: str, classes: Mapping[str, str]) -> dict[str, str]:
    """Name of each class shown: « autres » names the one class it holds beside the unknown, if it is so."""
    inside = {name for name, shown in classes.items() if shown == OTHERS}
    named = sorted(inside - {"inconnu"})
    others = class_label(dimension, named[0]) if len(named) == 1 else "Autres"
    others += ", ou inconnu" if "inconnu" in inside else ""
    return {shown: others if shown == OTHERS else class_label(dimension, shown) for shown in classes.values()}


def _compared(pairs: pd.DataFrame, dimension: str, campagne: int) -> Iterator[tuple[list[Row], Row]]:
    """The curve of each class of a dimension, and the test that they end at the same pace."""
    classes = pooled_classes(pairs.assign(fini=pairs["fini"].eq(True)), dimension, "fini")
    if not classes:
        return
    rows = pairs.assign(classe=pairs[dimension].map(classes))
    cluster = _cluster(rows)
    try:
        test = log_rank(rows, time="duree", issue="fini", group="classe", entry="deja", cluster=cluster)
        p, told = test.p, test.warnings
    except NotEstimable as reason:
        p, told = np.nan, (str(reason),)
    labels = group_labels(dimension, classes)
    for name in sorted(labels, key=_rank):
        key = _key(PAIRS, dimension, name, labels[name])
        steps, row = _pair_curve(rows[rows["classe"] == name], campagne, key)
        notes = [note for note in (row["avertissements"], *told) if note]
        yield steps, row | {"p": p, "avertissements": " ".join(dict.fromkeys(notes))}


def _pair_curve(rows: pd.DataFrame, campagne: int, key: Row) -> tuple[list[Row], Row]:
    key = key | {"nature": "survie"}
    spells = _spells(rows, "duree", "fini", "deja")
    if spells is None:
        return [], key | {"avertissements": _too_few("binômes")}
    curve = survival(spells)
    steps, row = _told(curve, spells, key)
    mean: Row = {"horizon": MEAN_HORIZON}
    try:
        held = curve.restricted_mean(MEAN_HORIZON)
        mean |= {"moyenne": held.estimate, "moyenne_ic_bas": held.low, "moyenne_ic_haut": held.high}
    except NotEstimable:
        pass  # nobody followed so far: the table shows no mean, and how far the curve goes
    notes = [*regimes(rows, campagne), *curve.warnings, *_loose(rows)]
    return steps, row | mean | {"avertissements": " ".join(dict.fromkeys(fr_text(note) for note in notes))}


def regimes(pairs: pd.DataFrame, campagne: int) -> Iterator[str]:
    """What the curve covers when the pairs begun in the campagne are not those that end in it."""
    begun = pd.to_datetime(pairs["date_debut"]) >= pd.Timestamp(date(campagne, 1, 1))
    ended = pairs["fini"].eq(True)
    if begun.any() and not (begun & ended).any():
        yield (
            f"Toutes les fins observées sont celles de binômes commencés avant {campagne} ; ceux commencés depuis "
            "n'apportent que du temps de suivi. Les premiers mois de la courbe supposent que les uns et les autres "
            "se ressemblent."
        )
    if (pairs["deja"] > 0).any():
        yield (
            "Les binômes commencés avant le premier fichier de leur association n'y sont que parce qu'ils duraient "
            "encore : ils ne comptent qu'à partir de ce jour (entrée tardive)."
        )


def _step_curve(rows: pd.DataFrame, key: Row) -> tuple[list[Row], Row]:
    key = key | {"nature": "incidence"}
    spells = _spells(rows, "duree_jours", "issue", None)
    if spells is None or ISSUES[0] not in spells.issues:
        return [], key | {"avertissements": _too_few("dossiers")}
    curve = incidence(spells, ISSUES[0])
    steps, row = _told(curve, spells, key)
    return steps, row | {"avertissements": " ".join((*curve.warnings, *_loose(rows)))}


def _spells(rows: pd.DataFrame, time: str, issue: str, entry: str | None) -> Durations | None:
    """Durations clustered on the territory where there are enough; None under `ENOUGH`."""
    if len(rows) < ENOUGH or not rows[issue].notna().any():
        return None
    return durations(rows, time=time, issue=issue, entry=entry, cluster=_cluster(rows), still_open=OPEN)


def _cluster(rows: pd.DataFrame) -> str | None:
    return "territoire" if rows["territoire"].nunique() >= FEW_CLUSTERS else None


def _loose(rows: pd.DataFrame) -> list[str]:
    if _cluster(rows):
        return []
    counted = fr_count(rows["territoire"].nunique(), "territoire", "territoires")
    return [f"Les durées viennent de {counted} : elles sont tenues pour indépendantes, et l'intervalle est trop court."]


def _too_few(what: str) -> str:
    return fr_text(f"Moins de {ENOUGH} {what} : la courbe n'est pas faite.")


def _told(curve: DurationCurve, spells: Durations, key: Row) -> tuple[list[Row], Row]:
    """Rows of the curve as far as `THIN` durations are followed, and what sums it up."""
    followed = [day for day in GRID if day <= curve.followed]
    thick = [day for day, left in zip(followed, curve.still_followed(followed), strict=True) if left >= THIN]
    days = thick if not thick else [day for day in followed if day <= thick[-1]]
    figures = curve.at(days).table if days else pd.DataFrame(columns=["estimate", "low", "high"])
    counts, left = curve.ended_by(days), curve.still_followed(days)
    steps = [
        key
        | {"jour": day, "n_a_risque": n, "evenements": ended - before}
        | {"estimation": share, "ic_bas": low, "ic_haut": high}
        for day, n, ended, before, share, low, high in zip(
            days, left, counts, [0, *counts[:-1]], figures["estimate"], figures["low"], figures["high"], strict=True
        )
    ]
    middle = curve.quantile([0.5]).table.iloc[0]
    known = {
        name: float(middle[column]) if np.isfinite(middle[column]) else np.nan
        for name, column in (("mediane", "estimate"), ("mediane_ic_bas", "low"), ("mediane_ic_haut", "high"))
    }
    sizes = {
        "n": spells.n,
        "evenements": curve.events,
        "censures": int((spells.issue == 0).sum()),
        "suivi_jours": days[-1] if days else None,
    }
    return steps, key | sizes | known


def _ends_of_pairs(pairs: pd.DataFrame) -> Iterator[Row]:
    """Reasons of end of pairs; those that ended fewer than `ENOUGH` are told together."""
    ended = pairs["fini"].eq(True)
    reasons = pairs["motif_fin"].fillna("inconnu").where(ended)
    counts = reasons.value_counts()
    rare = set(counts.index[counts < ENOUGH])
    reasons = reasons.where(~reasons.isin(rare), "autre" if "autre" in counts.index and rare else "inconnu")
    labels = {**contract("binomes").colonne("motif_fin").codes, "inconnu": "Motif inconnu"}
    if rare:
        labels |= {"autre": "Autre motif, ou motif rare", "inconnu": "Motif inconnu ou rare"}
    rows = pairs.assign(issue=reasons.where(ended, OPEN).where(pairs["fini"].notna()))
    yield from _ends(_spells(rows, "duree", "issue", "deja"), PAIRS, labels, PAIR_HORIZONS)


def _ends(
    spells: Durations | None, curve_name: str, labels: Mapping[str, str], horizons: Iterable[int]
) -> Iterator[Row]:
    """Incidence of each issue at each horizon, in the order of `labels`."""
    if spells is None:
        return
    days = list(horizons)
    known = [name for name in labels if name in spells.issues] + [n for n in spells.issues if n not in labels]
    for name in known:
        curve = incidence(spells, name)
        found = curve.at(days).table.to_dict("records")
        counts = curve.ended_by(days)
        for day, ended, before, row in zip(days, counts, [0, *counts[:-1]], found, strict=True):
            told = np.isfinite(row["estimate"])
            yield {
                "courbe": curve_name,
                "libelle": fr_text(CURVES[curve_name]),
                "issue": name,
                "groupe": fr_text(labels.get(name, name)),
                "jour": day,
                "evenements": ended - before if told else None,
                "estimation": row["estimate"],
                "ic_bas": row["low"],
                "ic_haut": row["high"],
                "avertissements": row["warnings"],
            }


def doses_at_landmark(pairs: pd.DataFrame, campagne: int) -> pd.DataFrame:
    """Pairs with the dose they had received at the landmark, and what became of them.

    Adds `seances_par_mois`, `mois_avec_seance` (share of months with one), missing where the pair did not reach the
    landmark or its sessions were not sent; `apres` (days lasted after the first); `tient` (1 still running a year after
    the start, 0 ended before), missing where that day lies beyond the campagne, whatever became of the pair: keeping
    the ended ones alone among the late would make every pair end.
    """
    start = pd.to_datetime(pairs["date_debut"])
    observable = (pd.Timestamp(date(campagne, 12, 31)) - start).dt.days + 1 >= HELD
    months = pairs["repere_mois_couverts_nb"].astype("Float64")
    held = pairs["duree"] >= HELD
    known = observable & (held | pairs["fini"].eq(True))
    return pairs.assign(
        seances_par_mois=pairs["repere_seances_nb"] / months,
        mois_avec_seance=pairs["repere_mois_avec_seance_nb"] / months,
        apres=pairs["duree"] - 1,
        observable=observable,
        tient=held.astype("Float64").where(known),
    )


def _doses(pairs: pd.DataFrame, campagne: int) -> Iterator[Row]:
    rows = doses_at_landmark(pairs, campagne)
    reached = rows[rows["seances_par_mois"].notna() & (rows["apres"] >= LANDMARK)]
    if len(reached) < ENOUGH:
        return
    cuts = half_cuts(reached["seances_par_mois"])
    for dimension in ("", *PAIR_DIMENSIONS):
        yield from _spread(reached, dimension, cuts)
    observable = rows[rows["observable"] & ~(rows["tient"].isna() & (rows["apres"] >= LANDMARK))]
    yield from _response(observable, "seances_par_mois", cuts, list(PAIR_DIMENSIONS))
    yield from _response(observable, "mois_avec_seance", [1.0], [])


def half_cuts(dose: pd.Series) -> list[float]:
    """Thirds of the dose, at the nearest half: bounds that can be said."""
    thirds = np.quantile(dose.to_numpy(dtype=np.float64), [1 / 3, 2 / 3])
    return sorted({float(np.floor(2 * bound + 0.5) / 2) for bound in thirds})


def bands(dose: pd.Series, cuts: list[float], name: str) -> pd.Series:
    """Name of the band of each dose, in order (ordered categories)."""
    if name == "mois_avec_seance":
        labels = [SOME_MONTHS, EVERY_MONTH]
    else:
        said = [fr_number(cut, 0 if cut.is_integer() else 1) for cut in cuts]
        inner = [f"de {low} à moins de {high}" for low, high in pairwise(said)]
        labels = [f"moins de {said[0]}", *inner, f"{said[-1]} et plus"]
    codes = np.searchsorted(cuts, dose.to_numpy(dtype=np.float64), side="right")
    names = pd.Index([fr_text(label) for label in labels])
    return pd.Series(pd.Categorical.from_codes(codes, names, ordered=True), index=dose.index)


def _spread(reached: pd.DataFrame, dimension: str, cuts: list[float]) -> Iterator[Row]:
    name = "seances_par_mois"
    classes: Mapping[str, str] = {"": ""}
    if dimension:
        classes = pooled_classes(reached.assign(un=1), dimension, "un")
    if not classes:
        return
    group = reached[dimension].map(dict(classes)) if dimension else pd.Series("", index=reached.index)
    labels = group_labels(dimension, classes) if dimension else {"": WHOLE}
    counts = pd.crosstab(group, bands(reached[name], cuts, name), dropna=False)
    for modality in sorted(counts.index, key=_rank):
        total = int(counts.loc[modality].sum())
        for band, n in counts.loc[modality].items():
            yield _dose_key(name, "repartition") | {
                "dimension": dimension,
                "modalite": modality,
                "groupe": labels[modality],
                "tranche": band,
                "n": int(n),
                "estimation": n / total,
            }


def _response(rows: pd.DataFrame, dose: str, cuts: list[float], covariates: list[str]) -> Iterator[Row]:
    """The outcome by band; where it cannot be estimated, one row that says why."""
    key = _dose_key(dose, "reponse") | {"groupe": WHOLE, "issue": HELD_A_YEAR}
    try:
        found = landmark_dose_response(
            rows.reset_index(drop=True),
            outcome="tient",
            dose=dose,
            duration="apres",
            landmark=LANDMARK,
            covariates=covariates,
            cluster=_cluster(rows),
            cuts=cuts,
        )
    except NotEstimable as reason:
        yield key | {"avertissements": fr_text(str(reason))}
        return
    kept = rows[rows["tient"].notna() & rows[dose].notna() & (rows["apres"] >= LANDMARK)]
    by_band = kept.groupby(bands(kept[dose], cuts, dose), observed=True)["tient"].agg(["size", "sum"])
    key |= {"avertissements": SURVIVORS, "n_finis_avant": found.n_ended}
    for (band, counts), level in zip(by_band.iterrows(), found.levels.table.itertuples(), strict=True):
        compared = {"estimation": level.estimate, "ic_bas": level.low, "ic_haut": level.high}
        sizes = {"n": int(counts["size"]), "x": int(counts["sum"])}
        reference = bool(level.reference)
        yield key | {"tranche": band, "reference": reference} | sizes | ({} if reference else compared)
    if dose == "seances_par_mois":
        slope = found.trend
        sizes = {"n": slope.n, "x": int(kept["tient"].sum())}
        compared = {"estimation": slope.estimate, "ic_bas": slope.low, "ic_haut": slope.high}
        yield key | {"analyse": "pente"} | sizes | compared


def _dose_key(dose: str, analysis: str) -> Row:
    return {"analyse": analysis, "dose": dose, "libelle": fr_text(DOSES[dose]), "repere_jours": LANDMARK}
