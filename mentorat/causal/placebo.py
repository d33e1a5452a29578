"""Placebos: the estimator run where mentoring cannot have acted.

Three kinds (Lipsitch, Tchetgen Tchetgen and Cohen 2010, Epidemiology 21:383-388; Imbens and Rubin 2015, chapter 21):
`resultat`, an outcome fixed before mentoring; `date`, the same outcome with a false, earlier beginning; `temoin`, a
negative control, an outcome measured after that mentoring has no reason to move but that shares its hidden causes.

Outcomes are shares, told in points. An interval that holds zero proves nothing when it is wide: the reading compares it
to the effect that is defended.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.finding import Effectlike, Finding, finding
from mentorat.errors import MentoratError
from mentorat.typography import fr_date, fr_number, fr_points, fr_text

Kind = Literal["resultat", "date", "temoin"]
Verdict = Literal["rassure", "alerte", "muet", "non_estime"]


@dataclass(frozen=True)
class Placebo:
    """A declared placebo: the column of the outcome, its French label, and why mentoring cannot have moved it.

    `date`, `true_date`: for a placebo date, the false beginning and the real one.
    """

    kind: Kind
    outcome: str
    label: str
    reason: str
    date: datetime.date | None = None
    true_date: datetime.date | None = None


@dataclass(frozen=True)
class PlaceboResult:
    """What a placebo says.

    `finding`: the estimate on the placebo (None when it cannot be estimated); `margin`: the least effect that would
    matter, a difference of shares as the estimate; `verdict`: `alerte` when the interval leaves zero out, `rassure`
    when it holds zero and lies within ± margin, `muet` when it holds zero but is too wide to tell, `non_estime`
    otherwise; `sentence`: French.
    """

    placebo: Placebo
    finding: Finding | None
    margin: float
    verdict: Verdict
    sentence: str


def run_placebo(
    frame: pd.DataFrame,
    placebo: Placebo,
    estimator: Callable[[pd.DataFrame, Placebo], Effectlike],
    *,
    margin: float,
) -> PlaceboResult:
    """Run `estimator` on the declared placebo and read the result against `margin` (positive).

    The estimator is that of the defended effect, with the placebo's outcome (and date) in place of the true ones; the
    placebo must not be among its covariates, where it would balance itself. An estimator's refusal (NotEstimable) is a
    result, with its reason. Raises MentoratError (French) when the outcome is not in the frame, no reason is given, or
    a placebo date does not come before the true one.
    """
    _refuse_badly_declared(frame, placebo, margin)
    try:
        found = finding(estimator(frame, placebo))
    except NotEstimable as reason:
        return PlaceboResult(placebo, None, margin, "non_estime", fr_text(f"{_named(placebo)} : non estimé. {reason}"))
    verdict = _verdict(found, margin)
    return PlaceboResult(placebo, found, margin, verdict, fr_text(_sentence(placebo, found, verdict, margin)))


def _refuse_badly_declared(frame: pd.DataFrame, placebo: Placebo, margin: float) -> None:
    if placebo.outcome not in frame.columns:
        raise MentoratError(
            f"Le placebo « {placebo.label} » porte sur la colonne « {placebo.outcome} », absente de la table. "
            "Corrigez son nom dans le plan d'analyse."
        )
    if not placebo.reason.strip():
        raise MentoratError(
            f"Le placebo « {placebo.label} » ne dit pas pourquoi le mentorat ne peut pas agir sur lui. "
            "Écrivez-en la raison dans le plan d'analyse."
        )
    if placebo.kind == "date" and (
        placebo.date is None or placebo.true_date is None or placebo.date >= placebo.true_date
    ):
        raise MentoratError(
            f"Le placebo « {placebo.label} » demande une fausse date de début, antérieure à la vraie. Donnez les deux."
        )
    if not margin > 0:
        raise MentoratError("La marge d'un placebo est le plus petit effet qui compterait : donnez un nombre positif.")


def _verdict(found: Finding, margin: float) -> Verdict:
    if found.excludes_zero:
        return "alerte"
    return "rassure" if -margin < found.low and found.high < margin else "muet"


def _named(placebo: Placebo) -> str:
    kinds = {"resultat": "Résultat placebo", "date": "Date placebo", "temoin": "Témoin négatif"}
    dated = f" au {fr_date(placebo.date)}" if placebo.kind == "date" and placebo.date else ""
    return f"{kinds[placebo.kind]} « {placebo.label} »{dated}"


def _points(share: float) -> str:
    return fr_points(100 * share)


def _sentence(placebo: Placebo, found: Finding, verdict: Verdict, margin: float) -> str:
    figures = (
        f"écart de {_points(found.estimate)} (intervalle de {_points(found.low)} à {_points(found.high)}, "
        f"{fr_number(found.n)} jeunes comparés)"
    )
    least = _points(margin).removeprefix("+")
    readings = {
        "alerte": "Le mentorat ne peut pas agir ici et pourtant l'écart n'est pas nul : les deux groupes diffèrent par "
        "autre chose que ce qui est mesuré, et l'effet estimé ne peut pas être lu comme tel.",
        "rassure": f"L'écart est compatible avec zéro et plus petit que {least} : ce test ne décèle pas "
        "de différence cachée de cette ampleur ; il n'exclut pas toutes les autres.",
        "muet": f"L'écart est compatible avec zéro, mais aussi avec un biais de {least} : "
        "ce test ne permet pas de conclure.",
    }
    return f"{_named(placebo)} ({placebo.reason}) : {figures}. {readings[verdict]}"
