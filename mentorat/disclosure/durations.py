"""Release of curves of duration, of reasons of end, of doses at a landmark and of diplomas at exit.

A step of a curve is a cell: between two days shown, how many ended, and how many left otherwise, are read by
subtraction. Steps are therefore merged until each holds the threshold of ends, and none or the threshold of other
departures, in every class of a dimension at once; a class too small is never left out alone, the whole dimension is.
The days of a dimension are days of the whole curve, those shown to the public days shown to partners: what
one table or audience adds to another never cuts a step.

Of two classes and two steps at least, sums alone being known, the count of a class in a shorter step may take as many
values as the least of the four sums around it, which hold the threshold: the attacker of the other tables is run on the
pairs' curves to make sure of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.disclosure.core import Equation, refuse_if_breached
from mentorat.disclosure.door import ReleasedTable, open_door
from mentorat.disclosure.rules import AUDIENCES, Audience, rules

PAIRS, CROSSED = "maintien_binomes", "franchie"
COMPOSITE = "delai_proposition_lancement"
"""The step that the others add up to: of its ends, only the one waited for is shown, or a hidden one would be found by
subtraction."""
READ_FIRST = (365, 183, 91, 30)
"""Days of the grid that reports name: other steps are merged rather than these."""
DECIMALS = 3
"""Of shares and of their bounds: finer, a product of ratios could be taken apart."""
GROUP = ["courbe", "dimension", "modalite"]
SHARES = ["estimation", "ic_bas", "ic_haut"]
DAYS = ["mediane", "mediane_ic_bas", "mediane_ic_haut"]
MEANS = ["moyenne", "moyenne_ic_bas", "moyenne_ic_haut"]

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class _Curve:
    """Counts of a curve: at each day, ends up to it and durations still followed; `n`, `ended`, `open` in all."""

    days: tuple[int, ...]
    ended_by: Counts
    left: Counts
    n: int
    ended: int
    open: int
    enters_late: bool

    @property
    def otherwise(self) -> int:
        return self.n - self.ended - self.open

    def holds(self, kept: Sequence[int], threshold: int) -> bool:
        """Whether no step between the days at the places `kept`, nor what follows the last, is a small count."""
        ends = np.concatenate([[0], self.ended_by[list(kept)], [self.ended]])
        stay = np.concatenate([[self.n], self.left[list(kept)], [0]])
        ends, stay = np.diff(ends), -np.diff(stay)
        away = stay - ends
        inside = ends[1:-1] if self.enters_late else ends[:-1]
        return (
            bool((inside >= threshold).all())
            and all(value == 0 or abs(value) >= threshold for value in (ends[-1], *away))
            and bool((self.left[list(kept)] >= threshold).all())
        )


def release_durations(tables: Mapping[str, pd.DataFrame]) -> list[ReleasedTable]:
    """The four tables for both audiences, from the mart-like tables of `mentorat.causal.duration_tables`.

    Steps merged are gone; what is wholly hidden keeps its row of `durees_resumes` (its key), `diffusion` being
    `secret`. Raises PublicationStopped when the attacker finds a small count.
    """
    released = []
    kept: dict[tuple[str, str, str], tuple[int, ...]] | None = None
    fins = tables["durees_fins"]
    for audience in AUDIENCES:
        kept = _kept_days(tables, rules().threshold(audience), kept)
        fins, ends = _ends(tables, fins, kept, audience)
        released += [_curves(tables, kept, audience), _summaries(tables, kept, audience)]
        released += [ends, _doses(tables["dose"], audience)]
    return released


def _curve_of(rows: pd.DataFrame, summary: pd.Series) -> _Curve:
    return _Curve(
        days=tuple(int(day) for day in rows["jour"]),
        ended_by=rows["evenements"].to_numpy(dtype=np.int64).cumsum(),
        left=rows["n_a_risque"].to_numpy(dtype=np.int64),
        n=int(summary["n"]),
        ended=int(summary["evenements"]),
        open=int(summary["censures"]),
        enters_late=str(summary["nature"]) == "survie",
    )


def _all_curves(tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str, str], _Curve]:
    steps = dict(list(tables["durees_courbes"].groupby(GROUP, sort=False)))
    summaries = tables["durees_resumes"].dropna(subset=["n"])
    return {
        key: _curve_of(steps[key].sort_values("jour"), row)
        for key, (_, row) in zip(summaries[GROUP].itertuples(index=False, name=None), summaries.iterrows(), strict=True)
        if key in steps
    }


def _kept_days(
    tables: Mapping[str, pd.DataFrame],
    threshold: int,
    before: Mapping[tuple[str, str, str], tuple[int, ...]] | None,
) -> dict[tuple[str, str, str], tuple[int, ...]]:
    """Days each curve keeps; a curve that keeps none is hidden. `before`: those of the audience that sees more."""
    curves = _all_curves(tables)
    found: dict[tuple[str, str, str], tuple[int, ...]] = {}
    delays = {key: curve for key, curve in curves.items() if key[0] != PAIRS}
    # each step begins with those who crossed the one before: a total hidden in one would be read in the next
    linked = all(_total_holds(curve, threshold) for curve in delays.values())
    blocks: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for key in curves:
        blocks.setdefault(key[:2], []).append(key)
    for (name, dimension), keys in sorted(blocks.items(), key=lambda item: item[0]):
        block = [curves[key] for key in keys]
        allowed = set(block[0].days).intersection(*(curve.days for curve in block))
        if dimension:
            allowed &= set(found.get((name, "", ""), ()))
        if before is not None:
            allowed &= set(before.get(keys[0], ()))
        told = linked if name != PAIRS else all(_whole_holds(curve, threshold) for curve in block)
        days = _merged(block, sorted(allowed), threshold) if told else ()
        found |= dict.fromkeys(keys, days)
    _attack(curves, found, threshold)
    return found


def _total_holds(curve: _Curve, threshold: int) -> bool:
    return curve.ended >= threshold and curve.n - curve.ended >= threshold


def _whole_holds(curve: _Curve, threshold: int) -> bool:
    return _total_holds(curve, threshold) and curve.open >= threshold and _apart(curve.otherwise, threshold)


def _apart(count: int, threshold: int) -> bool:
    return count == 0 or count >= threshold


def _merged(block: Sequence[_Curve], allowed: Sequence[int], threshold: int) -> tuple[int, ...]:
    """Days of `allowed` that leave no small step in any curve of the block: those that reports read first, then the
    earliest."""
    late = block[0].enters_late
    if not allowed or (late and allowed[0] != 0):
        return ()
    kept = [0] if late else []
    for day in sorted(allowed, key=lambda day: (READ_FIRST.index(day) if day in READ_FIRST else len(READ_FIRST), day)):
        trial = sorted({*kept, day})
        if all(curve.holds([curve.days.index(one) for one in trial], threshold) for curve in block):
            kept = trial
    return tuple(kept) if len(kept) > late else ()


def _attack(
    curves: Mapping[tuple[str, str, str], _Curve],
    kept: Mapping[tuple[str, str, str], tuple[int, ...]],
    threshold: int,
) -> None:
    """The attacker of the other tables, on the ends of each class in each step of the grid: what is shown are sums of
    them, by merged step and over the classes of a dimension."""
    whole = (PAIRS, "", "")
    if not kept.get(whole):
        return
    released: dict[str, int] = {}
    needs: dict[str, int] = {}
    equations: list[Equation] = []

    def ties(key: tuple[str, str, str]) -> list[str]:
        """Cells of a curve's grid, those of `whole`, tied to the merged steps that are shown."""
        curve, cells = curves[key], []
        bounds = [day for day in curves[whole].days if day]
        shown = [day for day in kept[key] if day]
        parts: dict[int, list[str]] = {}
        last = 0
        for place, day in enumerate([*bounds, None]):
            upto = (
                curve.ended
                if day is None
                else int(curve.ended_by[max(i for i, d in enumerate(curve.days) if d <= day)])
            )
            cell, count = f"{'|'.join(key)}|{place}", upto - last
            last = upto
            needs[cell] = threshold - 1 if count < threshold else 1
            step = next((rank for rank, end in enumerate(shown) if day is not None and day <= end), len(shown))
            parts.setdefault(step, []).append(cell)
            cells.append(cell)
        total = 0
        for step in sorted(parts):
            upto = curve.ended if step == len(shown) else int(curve.ended_by[curve.days.index(shown[step])])
            name = f"{'|'.join(key)}|somme {step}"
            released[name] = upto - total
            total = upto
            if len(parts[step]) == 1:  # shown as it is
                needs.pop(parts[step][0])
                released[parts[step][0]] = released.pop(name)
            else:
                equations.append(Equation(name, tuple(parts[step])))
        return cells

    sums = ties(whole)
    for dimension in sorted({key[1] for key in kept if key[0] == PAIRS and key[1] and kept[key]}):
        columns = zip(*(ties(key) for key in kept if key[:2] == (PAIRS, dimension)), strict=True)
        equations += [Equation(total, tuple(parts)) for total, parts in zip(sums, columns, strict=True)]
    refuse_if_breached(released, equations, needs, "durees_courbes")


def _curves(
    tables: Mapping[str, pd.DataFrame], kept: Mapping[tuple[str, str, str], tuple[int, ...]], audience: Audience
) -> ReleasedTable:
    rows = tables["durees_courbes"].copy()
    keys = list(rows[GROUP].itertuples(index=False, name=None))
    rows["_cumul"] = rows.groupby(GROUP, sort=False)["evenements"].cumsum()
    shown = np.array([day in kept.get(key, ()) for key, day in zip(keys, rows["jour"], strict=True)], dtype=bool)
    told = rows[shown].copy()
    before = told.groupby(GROUP, sort=False)["_cumul"].shift().fillna(0)
    told["evenements"] = (told["_cumul"] - before).astype("Int64")
    told[SHARES] = told[SHARES].round(DECIMALS)
    return _open(
        told.drop(columns="_cumul").assign(diffusion="publie"),
        "durees_courbes",
        audience,
        (len(rows), len(rows) - len(told)),
        "marches d'une courbe réunies jusqu'à porter assez de fins",
    )


def _summaries(
    tables: Mapping[str, pd.DataFrame], kept: Mapping[tuple[str, str, str], tuple[int, ...]], audience: Audience
) -> ReleasedTable:
    threshold = rules().threshold(audience)
    rows = tables["durees_resumes"].copy()
    keys = list(rows[GROUP].itertuples(index=False, name=None))
    last = pd.Series([max(kept.get(key, ()), default=-1) for key in keys], index=rows.index)
    never = rows["n"].isna()
    secret = (last < 0) & ~never
    rows["suivi_jours"] = last.where(last >= 0).astype("Int64")
    rows[DAYS] = rows[DAYS].where(rows[DAYS].le(last, axis=0))
    rows[MEANS] = rows[MEANS].where(rows["horizon"].le(last).fillna(False).astype(bool)).round(1)
    if not _open_told(tables, threshold):
        rows.loc[rows["courbe"] != PAIRS, "censures"] = pd.NA
    figures = [name for name in rows if name not in {*GROUP, "libelle", "groupe", "nature", "horizon"}]
    for name in figures:
        rows[name] = rows[name].mask(secret, "" if name == "avertissements" else None)
    rows["diffusion"] = secret.map({True: "secret", False: "publie"})
    return _open(
        rows, "durees_resumes", audience, (len(rows), int(secret.sum())), "courbes de trop petits groupes masquées"
    )


def _open_told(tables: Mapping[str, pd.DataFrame], threshold: int) -> bool:
    """Whether files still open can be told beside those ended otherwise, in every step: the steps add up."""
    rows = tables["durees_resumes"].dropna(subset=["n"])
    delays = rows[rows["courbe"] != PAIRS]
    otherwise = delays["n"] - delays["evenements"] - delays["censures"]
    return bool((delays["censures"] >= threshold).all()) and all(_apart(int(one), threshold) for one in otherwise)


def _ends(
    tables: Mapping[str, pd.DataFrame],
    rows: pd.DataFrame,
    kept: Mapping[tuple[str, str, str], tuple[int, ...]],
    audience: Audience,
) -> tuple[pd.DataFrame, ReleasedTable]:
    """The ends shown, among `rows` (those the audience before is shown), and the table of them."""
    threshold = rules().threshold(audience)
    whole = tables["durees_resumes"]["dimension"].eq("")
    summaries = tables["durees_resumes"][whole].set_index("courbe").to_dict("index")
    parts = []
    for name, every in rows.groupby("courbe", sort=False):
        counted = every.assign(_cumul=every.groupby("issue")["evenements"].cumsum())
        ruled = counted["issue"].eq(CROSSED) | (name != COMPOSITE)
        block = counted[counted["jour"].isin(kept.get((str(name), "", ""), ())) & ruled]
        if name == PAIRS:
            parts.append(_same_days(block, threshold))
            continue
        summary = summaries[str(name)]
        rest = int(summary["n"] - summary["evenements"])
        if _open_told(tables, threshold):
            rest -= int(summary["censures"])
        parts.append(_own_days(block, rest, threshold))
    told = pd.concat(parts) if parts else rows.iloc[:0].assign(_cumul=0)
    told = told.sort_index()
    before = told.groupby(["courbe", "issue"], sort=False)["_cumul"].shift().fillna(0)
    told["evenements"] = (told["_cumul"] - before).astype("Int64")
    told = told.drop(columns="_cumul")
    cells = len(tables["durees_fins"])
    table = _open(
        told.assign(**{name: told[name].round(DECIMALS) for name in SHARES}, diffusion="publie"),
        "durees_fins",
        audience,
        (cells, cells - len(told)),
        "horizons réunis ou motifs masqués jusqu'à porter assez de fins",
    )
    return told, table


def _same_days(block: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """The horizons at which every reason has enough ends since the one before: reasons add up to the curve."""
    days: list[int] = []
    for day in sorted(block["jour"].unique()):
        trial = block[block["jour"].isin([*days, day])].sort_values("jour")
        steps = trial.groupby("issue")["_cumul"].diff().fillna(trial["_cumul"])
        if len(steps) and bool((steps >= threshold).all()):
            days.append(day)
    return block[block["jour"].isin(days)]


def _own_days(block: pd.DataFrame, otherwise: int, threshold: int) -> pd.DataFrame:
    """Horizons of each issue; the smallest are hidden until what is not shown of the others is no small count."""
    shown = {}
    for issue, rows in block.groupby("issue", sort=False):
        days, last = [], 0
        for place, count in rows.sort_values("jour")["_cumul"].items():
            if count - last >= threshold:
                days.append(place)
                last = int(count)
        if days:
            shown[issue] = (days, last)
    others = sorted((last, issue) for issue, (_, last) in shown.items() if issue != CROSSED)
    while others and not _apart(otherwise - sum(last for last, _ in others), threshold):
        shown.pop(others.pop(0)[1])
    return block.loc[[place for days, _ in shown.values() for place in days]]


def _doses(frame: pd.DataFrame, audience: Audience) -> ReleasedTable:
    """Blocks shown whole or not at all: every count, with the outcome and without, holds the threshold."""
    threshold = rules().threshold(audience)
    rows = frame.copy()
    without = rows["n"] - rows["x"]
    small = ~(rows["n"] >= threshold).fillna(True)
    small |= ~((rows["x"] >= threshold) & (without >= threshold)).fillna(True)
    spread = rows[rows["analyse"].eq("repartition") & rows["dimension"].eq("")].set_index(["dose", "tranche"])["n"]
    gap = pd.Series(
        [spread.get((dose, band), pd.NA) for dose, band in zip(rows["dose"], rows["tranche"], strict=True)],
        index=rows.index,
        dtype="Int64",
    )
    gap = (gap - rows["n"]).where(rows["analyse"].eq("reponse"))
    small |= ((gap != 0) & (gap < threshold)).fillna(False)
    block = rows["analyse"].replace("pente", "reponse") + "|" + rows["dose"] + "|" + rows["dimension"]
    secret = small.astype(bool).groupby(block).transform("any")
    for name in ("n", "x", "n_finis_avant", *SHARES, "avertissements", "reference"):
        rows[name] = rows[name].mask(secret, "" if name == "avertissements" else None)
    few = rows["n_finis_avant"].between(1, threshold - 1).fillna(False).astype(bool)
    rows["n_finis_avant"] = rows["n_finis_avant"].mask(few)
    rows[SHARES] = rows[SHARES].round(DECIMALS)
    rows["diffusion"] = secret.map({True: "secret", False: "publie"})
    return _open(rows, "dose", audience, (len(rows), int(secret.sum())), "tableaux d'une dose masqués en entier")


def release_exit_diplomas(frame: pd.DataFrame, audience: Audience) -> ReleasedTable:
    """The table of `mentorat.causal.exit_diplomas` for an audience.

    A row is hidden whole when those with a diploma, those without, or those of an unknown one are a small count: its
    shares and bounds are made of the three. The gap goes with either group, for it would give the bounds back.
    """
    threshold = rules().threshold(audience)
    rows = frame.copy()
    without, unknown = rows["connus"] - rows["diplomes"], rows["sorties"] - rows["connus"]
    small = (rows["diplomes"] < threshold) | (without < threshold) | unknown.between(1, threshold - 1)
    secret = small.fillna(False).astype(bool)
    primary = int(secret.sum())
    if secret[rows["groupe"].isin(["mentores", "non_mentores"])].any():
        secret |= rows["groupe"].eq("ecart") & rows["borne_basse"].notna()
    for name in ("sorties", "connus", "part_connue", "diplomes", "part_diplomes", "borne_basse", "borne_haute"):
        rows[name] = rows[name].mask(secret)
    return open_door(
        rows.assign(diffusion=secret.map({True: "secret", False: "publie"})),
        name="diplomes_sortie",
        audience=audience,
        rule_ids=[f"seuil_{audience}", "effectif_estimation", "zero_et_totalite"],
        threshold=threshold,
        cells=len(rows),
        primary=primary,
        secondary=int(secret.sum()) - primary,
        reason="groupes aux effectifs trop petits masqués, et l'écart avec eux",
    )


def _open(frame: pd.DataFrame, name: str, audience: Audience, hidden: tuple[int, int], reason: str) -> ReleasedTable:
    """Through the door; `hidden`: cells in all, and cells hidden or merged."""
    return open_door(
        frame,
        name=name,
        audience=audience,
        rule_ids=[f"seuil_{audience}", "effectif_estimation", "intervalle", "marches_duree"],
        threshold=rules().threshold(audience),
        cells=hidden[0],
        primary=hidden[1],
        secondary=0,
        reason=reason,
    )
