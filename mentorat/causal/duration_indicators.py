"""Indicators of duration: how long each step of a file takes (O4a, O4b), how long pairs hold (O6d, O6e).

Rows have the schema of the mart `indicateurs`. A figure of duration is not one count over another: `numerateur` is
missing and `denominateur` is the number of files or pairs it rests on; `n_manquants` is what could not be read (for
the country, the territories not counted, as everywhere in the mart).

Who can be told is read from the mart itself, in an indicator with the same needs (`PEERS`): a territory whose files
are only those of the pairs launched would cross every step. Where the files are whole but too few, or the figure lies
beyond what was followed, the row is « non_mesurable », never zero.

An association is named in a file once it is chosen: from its files, an earlier step would always look crossed (immortal
time). Only the steps that begin once it is named are given by association.
"""

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import pandas as pd

from mentorat.causal.survival import THIN, DurationCurve, Durations, Floats, durations, incidence, survival
from mentorat.contracts.indicator_rows import estimated_rows
from mentorat.survey.design import SurveyError
from mentorat.survey.thresholds import FEW_CLUSTERS

STEPS = (
    "evaluation_proposition",
    "proposition_reponse",
    "demande_accord",
    "accord_transmission",
    "transmission_validation",
    "validation_lancement",
    "proposition_lancement",
)
OF_ASSOCIATIONS = ("transmission_validation", "validation_lancement")
"""Steps that begin once the association is named."""
ISSUES = ("franchie", "refus", "arret", "sortie_ase")
"""Ends of a step that exclude each other; the first is the one waited for."""
OPEN = "en_cours"
UNKNOWN = "inconnue"
"""Behind, on a day nobody tells: left out and counted."""
STEP_HORIZONS = (30, 90, 183)
PAIR_HORIZONS = (183, 365)
"""Days at which shares are given: one month, three, six; six months and a year."""
PEERS = {"evaluation_proposition": "A2b", "associations": "O12a", "binomes": "O6c"}
"""Counts of the warehouse that need the same files; `A5` for every other step."""
FROM_PROPOSITION = "A5"
QUARTILES = {"q1": 0.25, "mediane": 0.5, "q3": 0.75}
FIGURES = {"estimate": "valeur", "low": "ic_bas", "high": "ic_haut"}
LEVELS = {"departement": "territoire", "association": "association"}

TOLD = ("departement", "calcule")

Row = dict[str, object]
Statuses = dict[tuple[str, str], str]
"""Status by (niveau, code)."""


def duration_indicators(
    campagne: int, delais: pd.DataFrame, exposition: pd.DataFrame, indicateurs: pd.DataFrame
) -> pd.DataFrame:
    """Rows O4a, O4b, O6d and O6e of a campagne, from the marts of those names.

    For the country the variance is the jackknife of the territories; under ten territories, durations are held
    independent. Intervals at 95 %.
    """
    return estimated_rows(
        campagne, [*_delays(campagne, delais, indicateurs), *_pairs(campagne, exposition, indicateurs)]
    )


def _delays(campagne: int, delais: pd.DataFrame, indicateurs: pd.DataFrame) -> Iterator[Row]:
    associations = _statuses(indicateurs, PEERS["associations"], str(campagne))
    for step in STEPS:
        territories = _statuses(indicateurs, PEERS.get(step, FROM_PROPOSITION), str(campagne))
        told = territories | {key: value for key, value in associations.items() if key[0] == "association"}
        for place in _places(_begun(delais, step, territories), told, associations=step in OF_ASSOCIATIONS):
            yield from _of_step(step, place)


def files_of_step(campagne: int, step: str, delais: pd.DataFrame, indicateurs: pd.DataFrame) -> pd.DataFrame:
    """Files that began a step, of the territories that can tell: `duree_jours`, `issue` (missing where unknown)."""
    return _begun(delais, step, _statuses(indicateurs, PEERS.get(step, FROM_PROPOSITION), str(campagne)))


def followed_pairs(campagne: int, exposition: pd.DataFrame, indicateurs: pd.DataFrame) -> pd.DataFrame:
    """Pairs followed in the campagne, of the territories that can tell, with `duree`, `deja` and `fini` as O6d."""
    rows = _followed(exposition, date(campagne, 12, 31))
    return rows[_told_of(rows, _statuses(indicateurs, PEERS["binomes"], str(campagne)))]


def _begun(delais: pd.DataFrame, step: str, statuses: Statuses) -> pd.DataFrame:
    rows = delais[delais["etape"].eq(step) & _told_of(delais, statuses)]
    return rows.assign(issue=rows["issue"].where(rows["issue"] != UNKNOWN))


def _of_step(step: str, place: "_Place") -> Iterator[Row]:
    spells = place.spells(time="duree_jours", issue="issue", still_open=OPEN)
    for name, curve in ((issue, _incidence(spells, issue)) for issue in ISSUES):
        if name == ISSUES[0]:
            yield from _quartiles(curve, spells, {"indicateur": "O4a", "ventilation": f"etape={step}"} | place.row)
        begins: Row = {"indicateur": "O4b", "mesure": "incidence", "unite": "part"} | place.row
        cuts = {days: f"etape={step};horizon={days};issue={name}" for days in STEP_HORIZONS}
        yield from _shares(curve, spells, cuts, begins)


def _pairs(campagne: int, exposition: pd.DataFrame, indicateurs: pd.DataFrame) -> Iterator[Row]:
    for period, last in (
        (str(campagne), date(campagne, 12, 31)),
        (f"{campagne - 1}-{campagne}", date(campagne, 8, 31)),
    ):
        rows = _followed(exposition, last)
        statuses = _statuses(indicateurs, PEERS["binomes"], period)
        for place in _places(rows[_told_of(rows, statuses)], statuses, associations=True):
            spells = place.spells(time="duree", issue="fini", entry="deja")
            curve = survival(spells) if spells else None
            row = {"periode": period} | place.row
            begins: Row = {"indicateur": "O6d", "mesure": "survie", "unite": "part"} | row
            yield from _shares(curve, spells, {days: f"horizon={days}" for days in PAIR_HORIZONS}, begins)
            yield from _quartiles(curve, spells, {"indicateur": "O6e", "ventilation": ""} | row)


def _followed(exposition: pd.DataFrame, last: date) -> pd.DataFrame:
    """Pairs under observation by `last`: `duree` lasted, `deja` run when observation began (days), `fini`."""
    pairs = exposition[exposition["nature"].eq("mentorat")]
    start, seen, end = (pd.to_datetime(pairs[name]) for name in ("date_debut", "debut_observation", "fin_exposition"))
    close = pd.Timestamp(last)
    followed = end.where(~(end > close), close)
    rows = pairs.assign(
        # A pair that ends on its first day has lasted one: the time lasted is counted at the end of the last day.
        duree=(followed - start).dt.days + 1,
        deja=(seen - start).dt.days,
        fini=(pairs["est_fin_observee"].astype(bool) & (end <= close)).where(end.notna()),
    )
    # Never under observation before the close: not missing, out of the period.
    return rows[~(seen > followed) & (start <= close)]


class _Place:
    """The durations of the country, a territory or an association, and what its rows begin with."""

    def __init__(self, rows: pd.DataFrame, row: Row) -> None:
        self.rows, self.row = rows, row

    def spells(
        self, *, time: str, issue: str, entry: str | None = None, still_open: str | None = None
    ) -> Durations | None:
        """Its durations; None when they cannot be told or are fewer than `THIN`."""
        if "statut" in self.row or len(self.rows) < THIN:
            return None
        cluster = "territoire" if self.rows["territoire"].nunique() >= FEW_CLUSTERS else None
        try:
            return durations(self.rows, time=time, issue=issue, entry=entry, cluster=cluster, still_open=still_open)
        except SurveyError:
            # Durations all unknown: nothing to tell. Wrong ones would be refused by the warehouse's own tests.
            if self.rows[time].notna().any() and self.rows[issue].notna().any():
                raise
            return None


def _places(rows: pd.DataFrame, statuses: Statuses, *, associations: bool) -> Iterator[_Place]:
    """The country, then every territory and association the mart names, with or without durations."""
    codes = [status for (level, _), status in statuses.items() if level == "departement"]
    absent = sum(status != "calcule" for status in codes)
    whole: Row = {"niveau": "national", "code": "FR", "n_manquants": absent}
    if absent == len(codes):
        whole["statut"] = "non_recu" if set(codes) <= {"non_recu"} else "non_mesurable"
    yield _Place(rows, whole)
    for level, column in LEVELS.items():
        if level == "association" and not associations:
            continue
        groups = {str(code): part for code, part in rows.groupby(column)}
        for (where, code), status in sorted(statuses.items()):
            if where == level:
                told: Row = {"niveau": level, "code": code}
                if status != "calcule":
                    told["statut"] = status
                yield _Place(groups.get(code, rows.iloc[:0]), told)


def _statuses(indicateurs: pd.DataFrame, peer: str, period: str) -> Statuses:
    """Status of each territory and association for a count of the warehouse."""
    rows = indicateurs[
        indicateurs["indicateur"].eq(peer)
        & indicateurs["periode"].eq(period)
        & indicateurs["ventilation"].eq("")
        & indicateurs["mesure"].eq("nombre")
        & indicateurs["niveau"].isin(list(LEVELS))
    ]
    return {
        (str(level), str(code)): str(status)
        for level, code, status in zip(rows["niveau"], rows["code"], rows["statut"], strict=True)
    }


def _told_of(rows: pd.DataFrame, statuses: Statuses) -> pd.Series:
    """True for the rows of a territory whose files can tell."""
    return rows["territoire"].isin([code for (level, code), one in statuses.items() if (level, one) == TOLD])


def _incidence(spells: Durations | None, issue: str) -> DurationCurve | None:
    """Incidence of an issue; one that nobody had is a curve at zero, known as long as files are followed."""
    if spells is None:
        return None
    if issue in spells.issues:
        return incidence(spells, issue)
    return incidence(Durations(**{**vars(spells), "issues": (*spells.issues, issue)}), issue)


def _shares(curve: DurationCurve | None, spells: Durations | None, cuts: Mapping[int, str], row: Row) -> Iterator[Row]:
    """The curve at each horizon of `cuts` (days → breakdown), where every step up to it is thick enough."""
    if curve is None or spells is None:
        yield from (_untold(row | {"ventilation": cut}) for cut in cuts.values())
        return
    found = curve.at(list(cuts)).table[list(FIGURES)].to_numpy()
    for cut, figures, behind in zip(cuts.values(), found, curve.thinnest(list(cuts)), strict=True):
        told = behind >= THIN and np.isfinite(figures[0])
        yield _told(spells, row | {"ventilation": cut}, figures) if told else _untold(row | {"ventilation": cut})


def _quartiles(curve: DurationCurve | None, spells: Durations | None, row: Row) -> Iterator[Row]:
    """Quartiles of the time to the issue (of the time held); a bound never reached is left empty."""
    if curve is None or spells is None:
        yield from (_untold(row | {"mesure": name}) for name in QUARTILES)
        return
    found = curve.quantile(list(QUARTILES.values())).table[list(FIGURES)].to_numpy()
    for name, figures, behind in zip(QUARTILES, found, curve.thinnest(list(found[:, 0])), strict=True):
        told = behind >= THIN and np.isfinite(figures[0])
        yield _told(spells, row | {"mesure": name}, figures) if told else _untold(row | {"mesure": name})


def _told(spells: Durations, row: Row, figures: Floats) -> Row:
    bounds = {
        name: round(float(value), 6) if np.isfinite(value) else None
        for name, value in zip(FIGURES.values(), figures, strict=True)
    }
    return {"denominateur": spells.n, "n_manquants": spells.n_missing, "statut": "calcule"} | bounds | row


def _untold(row: Row) -> Row:
    return {"statut": "non_mesurable"} | row
