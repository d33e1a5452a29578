"""Release of the national totals estimated from the collectivités that answered.

An estimate is a weighted sum of the counts of the collectivités. Beside their published counts and the national sum, it
is one more equation on those that are hidden, with other weights: an exact figure could give one back. So totals are
rounded, and the attacker is asked: knowing every published count, their sum and the method, within what range is each
hidden small count, if each figure lies in its rounding? The rounding is the first of `ROUNDINGS` that leaves this range
as wide as it must be; without one, the total is withheld.

A stratum's total is never released: with the counts published in it, it would give back the hidden ones. What is
released of a stratum, of a missing answer, of the residuals is made of numbers of collectivités, of DREES measures and
of shares in whole percents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from mentorat.disclosure.door import ReleasedTable, open_door
from mentorat.disclosure.rules import AUDIENCES, Audience, rules

ROUNDINGS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
RULE = "arrondi_redresse"
BOUNDS = ("estimation", "ic_bas", "ic_haut")
CLASSES = (-np.inf, -2.0, -1.0, 0.0, 1.0, 2.0, np.inf)
CLASS_NAMES = ("< -2", "-2 à -1", "-1 à 0", "0 à 1", "1 à 2", "≥ 2")
SHOWN = [
    "indicateur", "libelle", "unite", "estimateur", "estimation", "ic_bas", "ic_haut", "n_reponses", "n_collectivites",
    "part_accueils", "observe", "connu", "base", "part", "part_bas", "part_haut", "objectif", "ecart", "ecart_bas",
    "ecart_haut", "arrondi", "annee_drees", "exclues", "condition", "avertissements", "verite_simulee", "statut",
    "diffusion",
]  # fmt: skip
"""Columns of the released totals; standard error and degrees of freedom stay inside: they are finer than the bounds."""


@dataclass(frozen=True)
class Figure:
    """A figure as the attacker sees it: between `low` and `high`, a sum of hidden counts with `coefficients`, and
    `known`, what the others give."""

    low: float
    high: float
    known: float
    coefficients: np.ndarray


def hidden_codes(released: pd.DataFrame, indicateur: str, campagne: int, owners: Mapping[str, str]) -> set[str]:
    """Collectivités of which a released table hides the count of an indicator (one of their territories, or them)."""
    rows = released[
        (released["indicateur"] == indicateur)
        & (released["periode"] == str(campagne))
        & (released["ventilation"] == "")
        & (released["mesure"] == "nombre")
        & released["niveau"].isin(["departement", "collectivite"])
        & (released["diffusion"] == "secret")
    ]
    return {owners.get(str(code), str(code)) for code in rows["code"]}


def ranges(figures: Sequence[Figure], total: float, n: int) -> list[tuple[float, float]] | None:
    """What may be deduced of each of n hidden counts ≥ 0 that add up to `total`, given the figures: (least, most).

    None when the solver fails (the true counts are a solution): what is not proved is not released.
    """
    sides = [np.vstack([figure.coefficients, -figure.coefficients]) for figure in figures]
    above = np.vstack(sides) if sides else None
    most = [bound for f in figures for bound in (f.high - f.known, f.known - f.low)]
    found = []
    for place in range(n):
        cost = np.zeros(n)
        cost[place] = 1.0
        least, greatest = (
            linprog(sign * cost, A_ub=above, b_ub=most or None, A_eq=np.ones((1, n)), b_eq=[total], bounds=(0, None))
            for sign in (1, -1)
        )
        if least.status or greatest.status:
            return None
        found.append((float(least.fun or 0.0), -float(greatest.fun or 0.0)))
    return found


def rounding(redressement: pd.DataFrame, reponses: pd.DataFrame, hidden: Mapping[Audience, set[str]]) -> int | None:
    """The least of `ROUNDINGS` under which one total (its rows of `redressement`, by estimator, and of `reponses`, by
    collectivité) gives back no count that is hidden from an audience; None where none does."""
    for base in ROUNDINGS:
        if all(_holds(redressement, reponses, hidden[audience], base, audience) for audience in AUDIENCES):
            return base
    return None


def _holds(redressement: pd.DataFrame, reponses: pd.DataFrame, hidden: set[str], base: int, audience: Audience) -> bool:
    cells = reponses[reponses["collectivite"].isin(hidden)]
    threshold, wide = rules().threshold(audience), rules().protection(audience)
    small = [place for place, count in enumerate(cells["connu"]) if count < threshold]
    if not small:
        return True
    counts = cells["connu"].to_numpy(dtype=np.float64)
    figures = []
    for row in redressement.to_dict("records"):
        for bound in BOUNDS:
            low, high = _window(float(row[bound]), bound, base)
            weight = cells[f"{row['estimateur']}_{bound}"].to_numpy(dtype=np.float64)
            figures.append(Figure(low, high, float(row[bound]) - float(weight @ counts), weight))
    observed, weight = float(redressement["observe"].iloc[0]), cells["observe"].to_numpy(dtype=np.float64)
    low, high = _window(observed, "observe", base)
    figures.append(Figure(low, high, observed - float(weight @ counts), weight))
    before, after = (ranges(given, float(counts.sum()), len(counts)) for given in ([], figures))
    if before is None or after is None:
        return False
    return all(
        after[place][1] - after[place][0] >= min(wide, before[place][1] - before[place][0]) - 1e-6 for place in small
    )


def _rounded(value: float, bound: str, base: int) -> float:
    """To the nearest multiple of `base`; a bound of an interval outwards."""
    step = value / base
    whole = np.floor(step) if bound == "ic_bas" else np.ceil(step) if bound == "ic_haut" else np.floor(step + 0.5)
    return float(base * whole)


def _window(value: float, bound: str, base: int) -> tuple[float, float]:
    """Values that round as this one does."""
    told = _rounded(value, bound, base)
    if bound == "ic_bas":
        return told, told + base
    if bound == "ic_haut":
        return told - base, told
    return told - base / 2, told + base / 2


def release_national(
    redressement: pd.DataFrame,
    reponses: pd.DataFrame,
    hidden: Mapping[str, Mapping[Audience, set[str]]],
    audience: Audience,
    name: str = "redressement",
) -> ReleasedTable:
    """Release the national totals for an audience.

    redressement: one row a total and estimator; reponses: one row a total and collectivité, with its count and what it
    weighs in each figure (`mentorat.survey.national_tables`); hidden: total → audience → collectivités whose count is
    hidden. Returns the columns `SHOWN`: figures rounded (the same rounding for every audience), shares and gaps made of
    the rounded figures; a total that no rounding protects is withheld (`secret`).
    """
    told: list[dict[str, Any]] = []
    withheld = 0
    # the lake gives back missing numbers as objects: here they are plain, and missing is not a number
    plain = redressement.astype(dict.fromkeys((*BOUNDS, "observe", "connu", "base", "objectif"), "float64"))
    for total, rows in plain.groupby("indicateur", sort=False):
        own = reponses[reponses["indicateur"] == total]
        measured = rows["statut"].eq("calcule").all()
        base = rounding(rows, own, hidden[str(total)]) if measured else None
        withheld += int(measured and base is None)
        told += [_shown(row, base) for row in rows.to_dict("records")]
    table = pd.DataFrame(told, columns=SHOWN).astype(
        {"n_reponses": "Int64", "n_collectivites": "Int64", "annee_drees": "Int64", "verite_simulee": "Int64"}
    )
    return open_door(
        table,
        name=name,
        audience=audience,
        rule_ids=[RULE],
        threshold=rules().threshold(audience),
        cells=len(table),
        primary=withheld,
        secondary=0,
        reason="totaux arrondis jusqu'à ce qu'ils ne redonnent aucun effectif masqué",
    )


def _shown(row: Mapping[Any, Any], base: int | None) -> dict[str, Any]:
    """A row with its figures rounded, or without them."""
    figures: dict[str, float] = dict.fromkeys((*BOUNDS, "observe", "connu", "part", "part_bas", "part_haut"), np.nan)
    figures |= dict.fromkeys(("ecart", "ecart_bas", "ecart_haut", "arrondi"), np.nan)
    measured = row["statut"] == "calcule"
    if base is not None:
        for column in (*BOUNDS, "observe", "connu"):
            figures[column] = _rounded(float(row[column]), column, base)
        figures["arrondi"] = float(base)
        whole, aim = float(row["base"]), float(row["objectif"])
        for bound, end in zip(BOUNDS, ("", "_bas", "_haut"), strict=True):
            figures[f"part{end}"] = figures[bound] / whole
            figures[f"ecart{end}"] = figures[bound] - aim
    share = float(row["part_accueils"]) if pd.notna(row["part_accueils"]) else np.nan
    return {
        **{column: row.get(column) for column in SHOWN},
        **figures,
        "part_accueils": round(share, 3),
        "diffusion": "secret" if measured and base is None else "publie",
    }


def release_strata(strates: pd.DataFrame, audience: Audience, name: str = "redressement_strates") -> ReleasedTable:
    """Release who answered in each stratum: numbers of collectivités and share of DREES accueils. They tell of no young
    person, and are known from what was received (O16)."""
    columns = ["indicateur", "strate", "libelle", "groupe", "n_collectivites", "n_reponses", "part_accueils"]
    return _public(strates[columns].assign(part_accueils=strates["part_accueils"].round(3)), audience, name)


def release_missing(manquants: pd.DataFrame, audience: Audience, name: str = "redressement_manquants") -> ReleasedTable:
    """Release what each missing answer would bring, in whole percents of the half-width: the collectivités that did not
    answer are known (O16), and the percents say how unlike each other those of a stratum are, not what one counts."""
    columns = ["indicateur", "rang", "collectivite", "libelle", "groupe", "mesures"]
    whole = {column: manquants[column].round(2) for column in ("reduction", "reduction_cumulee")}
    return _public(manquants[columns].assign(**whole), audience, name)


def release_residuals(
    residus: pd.DataFrame,
    hidden: Mapping[str, Mapping[Audience, set[str]]],
    audience: Audience,
    name: str = "redressement_residus",
) -> ReleasedTable:
    """Release how many collectivités lie how far from the ratio of their stratum: those alone whose count is published
    to everyone, so that no class tells of a hidden one."""
    rows = []
    for total, own in residus.groupby("indicateur", sort=False):
        seen = own[~own["collectivite"].isin(set().union(*hidden[str(total)].values()))]
        counts = pd.cut(seen["residu"], CLASSES, labels=CLASS_NAMES, right=False).value_counts()
        rows += [
            {"indicateur": total, "ordre": place, "classe": label, "n_collectivites": int(counts[label])}
            for place, label in enumerate(CLASS_NAMES)
        ]
    return _public(pd.DataFrame(rows, columns=["indicateur", "ordre", "classe", "n_collectivites"]), audience, name)


def _public(table: pd.DataFrame, audience: Audience, name: str) -> ReleasedTable:
    return open_door(
        table.assign(diffusion="publie"),
        name=name,
        audience=audience,
        rule_ids=[RULE],
        threshold=rules().threshold(audience),
        cells=len(table),
        primary=0,
        secondary=0,
        reason="nombres de collectivités et parts : aucun effectif de jeunes",
    )
