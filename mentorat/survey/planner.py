"""The answer of `mentorat planifier`: a request in points and percent, what it takes, what each assumption costs."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from math import ceil, inf
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from mentorat.errors import UsageError
from mentorat.survey.design import SurveyError
from mentorat.survey.planning import (
    DIRECTIONS,
    Assumptions,
    Direction,
    Plan,
    Scale,
    detectable_curve,
    detectable_share,
    plan_sentence,
    power_of_shares,
    sample_for_shares,
)
from mentorat.typography import fr_number, fr_percent, fr_points, fr_text

SCALES: Mapping[str, Scale] = {"khi2": "pooled", "h": "h", "wald": "unpooled"}
"""Names of the tests at the command line: χ² without correction, Cohen's arcsine, Wald."""


@cache
def defaults() -> dict[str, Any]:
    """What a plan supposes when nothing better is known, dated (`planification.yml`)."""
    content: dict[str, Any] = yaml.safe_load(
        files("mentorat.survey").joinpath("planification.yml").read_text(encoding="utf-8")
    )
    return content


@dataclass(frozen=True)
class Request:
    """What was asked, in the words of the command: percent, points, young people asked in each group.

    `ecart`: mentored less the others, or None to be told the detectable one; `n1`, `n2`: None to be told the fewest;
    `grappes`: clusters in each group; `rapport`: others for one mentored when sizes are sought.
    """

    part: float = 50.0
    ecart: float | None = None
    puissance: float = 80.0
    n1: int | None = None
    n2: int | None = None
    rapport: float = 1.0
    grappes: int | None = None
    taille_grappe: float | None = None
    cv_grappe: float = 0.0
    icc: float | None = None
    effet_plan: float | None = None
    attrition: float = 0.0
    issues: int = 1
    correlation: float = 0.0
    risque: float = 5.0
    echelle: str = "khi2"


@dataclass(frozen=True)
class Step:
    """The answer once an assumption is added to those before it."""

    libelle: str
    effet_plan: float
    n1: int | None
    n2: int | None
    grappes: int | None
    puissance: float | None
    hausse_points: float | None
    baisse_points: float | None


@dataclass(frozen=True)
class Answer:
    """What the request takes: what was sought (`effectif`, `ecart`, `puissance`), its plan, steps and warnings."""

    cherche: str
    request: Request
    assumptions: Assumptions
    plan: Plan | None
    steps: tuple[Step, ...]
    notes: tuple[str, ...]

    @property
    def direction(self) -> Direction:
        """Which way the difference sought goes; up when none was named."""
        return "baisse" if (self.request.ecart or 0) < 0 else "hausse"

    @property
    def sentence(self) -> str:
        if self.plan is None:
            return fr_text(
                "Aucun écart, même le plus grand possible à partir de "
                f"{fr_number(self.request.part, 1)} %, ne serait détecté avec cet effectif : il faut interroger plus."
            )
        return plan_sentence(self.plan)

    def json(self) -> dict[str, Any]:
        """Everything told, for a program; an infinite number of degrees of freedom (normal law) is null."""
        plan = None if self.plan is None else asdict(self.plan)
        if plan is not None and plan["df"] == inf:
            plan["df"] = None
        return {
            "cherche": self.cherche,
            "demande": asdict(self.request),
            "hypotheses": asdict(self.assumptions),
            "plan": plan,
            "etapes": [asdict(step) for step in self.steps],
            "phrase": self.sentence,
            "remarques": list(self.notes),
        }

    def curve(self) -> pd.DataFrame:
        """Detectable difference by size of group 1, independent answers then the assumptions made (`CURVE`)."""
        plan = self.plan
        centre = plan.n1 if plan else self.request.n1 or 200
        ratio = (plan.n2 / plan.n1) if plan else self.request.rapport
        smallest = max(20, ceil(4 * self.assumptions.cluster_size), centre // 4)
        step = max(1, (3 * centre - smallest) // 40)
        sizes = [*range(smallest, max(3 * centre, smallest + 40), step)]
        plain = Assumptions(level=self.assumptions.level)
        assumed = [plain] if plain == self.assumptions else [plain, self.assumptions]
        frame = detectable_curve(
            self.request.part / 100,
            sizes,
            power=self.request.puissance / 100,
            ratio=ratio,
            assumptions=assumed,
            scale=SCALES[self.request.echelle],
        )
        names = ["Réponses indépendantes", "Hypothèses demandées"]
        frame.insert(0, "hypotheses", [names[rank] for rank in range(len(assumed)) for _ in sizes])
        return frame

    def write(self, folder: Path) -> Path:
        """`planification.csv`: the curve, `;`-separated as every table that is handed over."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "planification.csv"
        self.curve().round(6).to_csv(path, sep=";", index=False, encoding="utf-8", lineterminator="\n")
        return path


@dataclass(frozen=True)
class Observed:
    """What a campagne's calendar says of a question: its wording, its share among the others (%) and its ICC."""

    libelle: str
    part: float
    icc: float


def observed(calendar: Path, question: str) -> Observed:
    """A question of the published calendar (`evaluation/calendrier.csv`).

    Raises UsageError when the file is not there, does not know the question, or hides it.
    """
    if not calendar.is_file():
        raise UsageError(
            f"{calendar} n'existe pas : cette campagne n'est pas publiée. Lancez mentorat run, ou "
            "donnez --part et --icc."
        )
    table = pd.read_csv(calendar, sep=";")
    rows = table[table["comparaison"] == "une vague"].set_index("issue")
    if question not in rows.index:
        raise UsageError(
            f"--question ne connaît pas « {question} ». L'enquête de cette campagne a : "
            f"{', '.join(rows.index) or 'aucune question'}."
        )
    row = rows.loc[question]
    if pd.isna(row["part_reference"]) or pd.isna(row["icc"]):
        raise UsageError(f"La part ou l'ICC de « {question} » n'est pas publiée : donnez --part et --icc.")
    return Observed(str(row["libelle"]), 100 * float(row["part_reference"]), float(row["icc"]))


def plan_request(request: Request) -> Answer:
    """Answer a request. Raises UsageError (French, with its remedy) on what cannot be planned."""
    try:
        return _planned(*_completed(request))
    except SurveyError as error:
        raise UsageError(str(error)) from error


def _planned(request: Request, notes: list[str]) -> Answer:
    given = _assumptions(request)
    cherche = "ecart" if request.ecart is None else "effectif" if request.n1 is None else "puissance"
    answer = _SOUGHT[cherche]
    plan = answer(request, given)
    steps = tuple(_step(label, request, one) for label, one in _cumulative(given))
    if given.clustered:
        notes.append(
            "Les grappes sont supposées propres à chaque groupe. Si les mêmes structures accueillent des jeunes des "
            "deux groupes, la précision sera en général meilleure qu'annoncé."
        )
    return Answer(cherche, request, given, plan, steps, tuple(fr_text(note) for note in [*notes, *_told(plan)]))


def answer_table(answer: Answer) -> Any:
    """The steps as a table for the terminal."""
    from rich.table import Table

    headings = {
        "effectif": ["Effet de plan", "Mentorés", "Non-mentorés", "Grappes par groupe"],
        "ecart": ["Effet de plan", "Écart à la hausse", "Écart à la baisse"],
        "puissance": ["Effet de plan", "Puissance"],
    }[answer.cherche]
    table = Table(title=fr_text("Ce que coûte chaque hypothèse"), title_justify="left")
    for rank, heading in enumerate(["Hypothèse", *headings]):
        table.add_column(heading, justify="right" if rank else "left")
    for step in answer.steps:
        cells = {
            "effectif": [fr_number(step.n1), fr_number(step.n2), fr_number(step.grappes) if step.grappes else "-"],
            "ecart": [_points(step.hausse_points), _points(step.baisse_points)],
            "puissance": [fr_percent(step.puissance, 0)],
        }[answer.cherche]
        table.add_row(fr_text(step.libelle), fr_number(step.effet_plan, 2), *cells)
    return table


def _points(value: float | None) -> str:
    return "aucun" if value is None else fr_points(value)


def _told(plan: Plan | None) -> tuple[str, ...]:
    return () if plan is None else plan.warnings


def _completed(request: Request) -> tuple[Request, list[str]]:
    """The request with what follows from it (sizes of clusters, the second group) and what was taken for granted."""
    _check(request)
    request = _with_cluster_sizes(request)
    notes: list[str] = []
    if request.taille_grappe is not None and request.icc is None:
        known = defaults()
        request = replace(request, icc=float(known["icc"]["valeur"]))
        notes.append(
            f"ICC de {fr_number(known['icc']['valeur'], 2)} par défaut (hypothèse du {known['date']:%d/%m/%Y}). "
            f"{known['icc']['raison']}"
        )
    if request.n1 is not None and request.n2 is None:
        request = replace(request, n2=ceil(request.n1 * request.rapport))
    return request, notes


def _check(request: Request) -> None:
    """Refuse what contradicts itself or is out of range."""
    for option, value in (("--part", request.part), ("--puissance", request.puissance), ("--risque", request.risque)):
        if not 1 <= value <= 99:
            raise UsageError(
                f"{option} se donne en pourcentage, de 1 à 99 : écrivez 33 pour 33 %, et non {fr_number(value, 2)}."
            )
    if request.echelle not in SCALES:
        raise UsageError(f"--echelle ne connaît pas « {request.echelle} » : {', '.join(SCALES)}.")
    if not 0 <= request.attrition < 100:
        raise UsageError("--attrition se donne en pourcentage, de 0 à 99 : écrivez 20 pour 20 %.")
    if request.n1 is None and request.n2 is not None:
        raise UsageError("--n2 va avec --n1 : donnez aussi le nombre de jeunes mentorés à interroger.")
    sized = request.grappes is not None or request.taille_grappe is not None
    if request.effet_plan is not None and (sized or request.icc is not None):
        raise UsageError("--effet-plan remplace --icc, --grappes et --taille-grappe : donnez l'un ou les autres.")
    if request.icc is not None and not sized:
        raise UsageError("--icc demande la taille des grappes : ajoutez --taille-grappe, ou --grappes avec --n1.")
    if request.ecart is not None:
        _possible(request.part, request.ecart)
    if request.ecart is None and request.n1 is None and request.grappes is None:
        raise UsageError(
            "Donnez --ecart (l'écart à détecter, en points) pour connaître l'effectif, --n1 (et --n2) pour connaître "
            "l'écart détectable, ou les deux pour connaître la puissance."
        )


def _with_cluster_sizes(request: Request) -> Request:
    """`n1` and `taille_grappe` from what was told of the clusters."""
    if request.grappes is None:
        return request
    if request.grappes < 2:
        raise UsageError("--grappes : il faut deux grappes au moins par groupe pour connaître l'incertitude.")
    if request.n1 is None:
        if request.taille_grappe is None:
            raise UsageError("--grappes demande --taille-grappe, ou --n1 : combien de jeunes interroger dans chacune ?")
        return replace(request, n1=ceil(request.grappes * request.taille_grappe))
    if request.taille_grappe is not None:
        raise UsageError("--n1, --grappes et --taille-grappe ensemble se contredisent : donnez-en deux.")
    mean = (request.n1 + (request.n2 or request.n1)) / 2
    return replace(request, taille_grappe=max(1.0, mean / request.grappes))


def _possible(part: float, ecart: float) -> None:
    if ecart == 0:
        raise UsageError("--ecart vaut 0 : aucun effectif ne détecte un écart nul. Donnez-le en points, par exemple 9.")
    if not 0 <= part + ecart <= 100:
        raise UsageError(
            f"Un écart de {fr_number(ecart, 1)} points à partir de {fr_number(part, 1)} % sort de 0 à 100 %. "
            "Donnez un écart plus petit, ou une autre --part."
        )


def _assumptions(request: Request) -> Assumptions:
    return Assumptions(
        level=request.risque / 100,
        outcomes=request.issues,
        attrition=request.attrition / 100,
        icc=request.icc or 0.0,
        cluster_size=request.taille_grappe or 1.0,
        cluster_cv=request.cv_grappe,
        design_effect=request.effet_plan,
        correlation=request.correlation,
    )


def _cumulative(given: Assumptions) -> list[tuple[str, Assumptions]]:
    """Assumptions added one at a time, independent answers first."""
    steps = [("Réponses indépendantes", Assumptions(level=given.level))]

    def add(label: str, **more: Any) -> None:
        steps.append((label, replace(steps[-1][1], **more)))

    if given.clustered:
        add("+ grappes", icc=given.icc, cluster_size=given.cluster_size, cluster_cv=given.cluster_cv)
    elif given.design_effect is not None:
        add("+ effet de plan", design_effect=given.design_effect)
    if given.attrition:
        add(f"+ attrition de {fr_percent(given.attrition, 0)}", attrition=given.attrition)
    if given.outcomes > 1:
        add(f"+ {given.outcomes} issues", outcomes=given.outcomes)
    if given.correlation:
        add("+ une première vague", correlation=given.correlation)
    return steps


def _sample(request: Request, given: Assumptions) -> Plan:
    return sample_for_shares(
        (request.part + (request.ecart or 0)) / 100,
        request.part / 100,
        power=request.puissance / 100,
        ratio=request.rapport,
        assumptions=given,
        scale=SCALES[request.echelle],
    )


def _detectable(request: Request, given: Assumptions, direction: Direction = "hausse") -> Plan | None:
    return detectable_share(
        request.part / 100,
        request.n1 or 0,
        request.n2 or 0,
        power=request.puissance / 100,
        direction=direction,
        assumptions=given,
        scale=SCALES[request.echelle],
    )


def _power(request: Request, given: Assumptions) -> Plan:
    return power_of_shares(
        (request.part + (request.ecart or 0)) / 100,
        request.part / 100,
        request.n1 or 0,
        request.n2 or 0,
        assumptions=given,
        scale=SCALES[request.echelle],
    )


_SOUGHT: Mapping[str, Callable[[Request, Assumptions], Plan | None]] = {
    "effectif": _sample,
    "ecart": _detectable,
    "puissance": _power,
}


def _step(label: str, request: Request, given: Assumptions) -> Step:
    effect = given.variance_inflation
    if request.ecart is None:
        up, down = (_detectable(request, given, direction) for direction in DIRECTIONS)
        gaps = [None if plan is None else 100 * plan.effect for plan in (up, down)]
        return Step(label, effect, request.n1, request.n2, None, request.puissance / 100, *gaps)
    plan = _sample(request, given) if request.n1 is None else _power(request, given)
    return Step(label, effect, plan.n1, plan.n2, plan.clusters1, plan.power, None, None)
