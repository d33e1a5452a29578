"""The register of plans, and the plan a campagne follows.

`registre.yml`, beside the plans, holds one line a version: name, version, date, hash, day of registration. A registered
version never changes: a plan of the same name and version with another hash stops everything. Only a registered plan
gives confirmatory results, and for real data only when it was registered no later than the day its data first arrived.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from os.path import relpath
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from mentorat.causal.plan import Plan, PlanError, Source, load_plan
from mentorat.french import counted
from mentorat.settings import CHECKOUT, Settings
from mentorat.typography import fr_date, fr_text

PLANS = CHECKOUT / "notebooks" / "plans"
REGISTER = "registre.yml"
DEMONSTRATION = "demonstration.yml"
TEMPLATE = "modele.yml"
SCHEMA = "plan.schema.json"
SOURCES: tuple[Source, ...] = ("enquete", "administratif")
HEAD = """\
# Versions arrêtées des plans d'analyse, ajoutées par « mentorat plan enregistrer FICHIER », jamais modifiées ni
# retirées : un plan changé est une nouvelle version, avec sa date.
"""


class Entry(BaseModel):
    """One registered version of a plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nom: str
    version: str
    date: datetime.date
    empreinte: str = Field(pattern=r"^[0-9a-f]{64}$")
    enregistre_le: datetime.date


@dataclass(frozen=True)
class PlanInForce:
    """The plan a campagne follows, and what keeps each source from being confirmatory (French; none: nothing does)."""

    plan: Plan
    simule: bool
    reserves: Mapping[str, str] = field(default_factory=dict)
    entry: Entry | None = None

    def confirmatory(self, source: str) -> bool:
        """Whether a result of `source` may be confirmatory at all."""
        return self.entry is not None and source not in self.reserves


def read_register(path: Path) -> tuple[Entry, ...]:
    """Versions of the register at `path`, in order; none when there is no file.

    Raises PlanError when it cannot be read, or holds a name and version twice.
    """
    if not path.exists():
        return ()
    try:
        entries = tuple(Entry.model_validate(one) for one in yaml.safe_load(path.read_text(encoding="utf-8")) or ())
    except (OSError, TypeError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise PlanError(
            f"Le registre des plans {path} n'est pas lisible. Il n'est écrit que par « mentorat plan enregistrer » : "
            "reprenez-le tel qu'il était avant d'être modifié."
        ) from error
    names = [(one.nom, one.version) for one in entries]
    if twice := [name for name in names if names.count(name) > 1]:
        raise PlanError(
            f"Le registre des plans {path} contient deux fois le plan « {twice[0][0]} », version {twice[0][1]}. "
            "Reprenez-le tel qu'il était avant d'être modifié."
        )
    return entries


def registered(plan: Plan, register: Path) -> Entry | None:
    """The line of the register that holds `plan`; None when its name and version are not there.

    Raises PlanError when they are, with another hash: the plan was changed after it was settled.
    """
    for entry in read_register(register):
        if (entry.nom, entry.version) == (plan.nom, plan.version):
            if entry.empreinte == plan.empreinte:
                return entry
            raise PlanError(
                f"Le plan « {plan.nom} », version {plan.version}, n'est plus celui qui a été enregistré le "
                f"{fr_date(entry.enregistre_le)} (empreinte {plan.empreinte[:12]} au lieu de {entry.empreinte[:12]}). "
                "Un plan enregistré ne se modifie pas : reprenez le texte d'origine, ou donnez au plan une nouvelle "
                "version et sa date, puis enregistrez-la."
            )
    return None


def register_plan(path: Path, today: datetime.date) -> Entry:
    """Settle the plan of a file: append it to the register beside it, and return its line (as it was, if it was).

    Raises PlanError when the plan cannot be followed, is the template unnamed, is dated in the future or before the
    version it replaces, or was changed after it was registered.
    """
    from mentorat.lake import written_aside

    plan, register = load_plan(path), path.with_name(REGISTER)
    if plan.nom == "modele":
        raise PlanError(f"{path} : nom : donnez un nom au plan ; « modele » est celui du modèle.")
    if entry := registered(plan, register):
        return entry
    if plan.date > today:
        raise PlanError(
            f"{path} : date : {fr_date(plan.date)} est à venir. Donnez le jour où cette version est arrêtée."
        )
    before = [one for one in read_register(register) if one.nom == plan.nom]
    if before and plan.date < before[-1].date:
        raise PlanError(
            f"{path} : date : {fr_date(plan.date)} précède la version {before[-1].version} du même plan "
            f"({fr_date(before[-1].date)}). Donnez à la nouvelle version le jour où elle est arrêtée."
        )
    entry = Entry(nom=plan.nom, version=plan.version, date=plan.date, empreinte=plan.empreinte, enregistre_le=today)
    told = yaml.safe_dump([entry.model_dump()], allow_unicode=True, sort_keys=False)
    earlier = register.read_text(encoding="utf-8") if register.exists() else HEAD
    with written_aside(register) as aside:  # a register half written would lose what was announced
        aside.write_text(earlier.rstrip("\n") + "\n" + told, encoding="utf-8", newline="\n")
    return entry


def plan_of(settings: Settings, campagne: int, folder: Path = PLANS) -> PlanInForce:
    """The plan `campagne` follows: MENTORAT_PLAN; else the demonstration's on simulated data, `<campagne>.yml` on real.

    Without any, the template's analysis is run and nothing of it is confirmatory. Raises PlanError when the plan cannot
    be followed, was changed after it was registered, or is made for simulated data and these are real.
    """
    simulated = settings.simulation(campagne) is not None
    path = settings.plan or folder / (DEMONSTRATION if simulated else f"{campagne}.yml")
    if settings.plan is None and not path.exists():
        return PlanInForce(
            load_plan(folder / TEMPLATE),
            simulated,
            _everywhere(
                f"Aucun plan d'analyse n'a été déclaré pour la campagne {campagne} : tous les résultats sont "
                "exploratoires."
            ),
        )
    plan = load_plan(path)
    if plan.donnees == "simulees" and not simulated:
        raise PlanError(
            f"Le plan {path} est fait pour des données simulées, et celles de la campagne {campagne} sont réelles. "
            "Donnez un plan écrit pour elles (MENTORAT_PLAN, ou notebooks/plans/"
            f"{campagne}.yml) : « mentorat plan nouveau FICHIER » en écrit le modèle."
        )
    entry = registered(plan, path.with_name(REGISTER))
    if plan.donnees == "reelles" and simulated:
        reserves = _everywhere("Ce plan est essayé ici sur des données simulées : tout y est exploratoire.")
    elif entry is None:
        reserves = _everywhere(unregistered(plan))
    else:
        reserves = {} if simulated else _arrived_before(settings, campagne, entry)
    return PlanInForce(plan, simulated, reserves, entry)


def in_force(plan: Plan, folder: Path = PLANS) -> PlanInForce:
    """`plan` as the register of `folder` knows it, on the data it is made for, whenever they arrived."""
    entry = registered(plan, folder / REGISTER)
    reserves = _everywhere(unregistered(plan)) if entry is None else {}
    return PlanInForce(plan, plan.donnees == "simulees", reserves, entry)


def unregistered(plan: Plan) -> str:
    """Why a plan that is not in the register gives exploratory results only."""
    return fr_text(
        f"Le plan « {plan.nom} », version {plan.version}, n'est pas enregistré : tous les résultats sont exploratoires."
    )


def _everywhere(reserve: str) -> dict[str, str]:
    return dict.fromkeys(SOURCES, fr_text(reserve))


def _arrived_before(settings: Settings, campagne: int, entry: Entry) -> dict[str, str]:
    """Sources whose first file of the campagne arrived before the plan was registered.

    A plan written once the answers could be read is not one that was written without them, whoever read them. The
    journal knows the day a file was first seen here: one that was read elsewhere before is not seen.
    """
    from mentorat.intake.journal import read_journal

    journal = read_journal(settings, campagne)
    if journal is None or journal.empty:
        return {}
    kept = journal[journal["source"].notna()]
    surveyed = kept["source"].str.startswith("enquete_")
    found = {}
    for source, rows in (("enquete", kept[surveyed]), ("administratif", kept[~surveyed])):
        if rows.empty or rows["recu_le"].min().date() >= entry.enregistre_le:
            continue
        found[source] = fr_text(
            f"Le plan a été enregistré le {fr_date(entry.enregistre_le)}, après l'arrivée des premières données "
            f"({fr_date(rows['recu_le'].min().date())}) : ces résultats sont exploratoires."
        )
    return found


# --- what the command says ----------------------------------------------------------------------------


def described(plan: Plan, entry: Entry | None) -> list[str]:
    """French lines: the plan, its hash, whether it is registered, what is confirmatory and how large families are."""
    survey, cohort = plan.enquete, plan.administratif
    outcomes: dict[str, list[str]] = {"principale": [], "secondaire": [], "temoin": []}
    for name, outcome in cohort.issues.items():
        outcomes[outcome.famille].append(name)
    lines = [
        f"Plan « {plan.nom} », version {plan.version}, du {fr_date(plan.date)}",
        f"Empreinte : {plan.empreinte}",
        f"Enregistré le {fr_date(entry.enregistre_le)} : ce qui suit est confirmatoire là où c'est dit."
        if entry
        else "Pas enregistré : tout ce qu'il donne est exploratoire. « mentorat plan enregistrer » l'enregistre.",
        "Enquête",
        *(f"  confirmatoire, famille « {name} » : {_told(items)}" for name, items in survey.familles.items()),
        f"  estimateur principal : {survey.estimateur}, variance {survey.variance}, grappe {survey.grappe}",
        "  exploratoires : les autres questions posées aux deux groupes"
        if survey.secondaires == "toutes"
        else "  exploratoires : aucune autre question",
        f"  issues témoins : {_told(survey.temoins)}",
        f"  courbe : {counted(survey.grille.specifications, 'spécification')} par question",
        "Cohorte administrative",
        f"  confirmatoire, face à « {cohort.comparateurs[0]} » : {_told(outcomes['principale'])}",
        f"  exploratoires : {_told(outcomes['secondaire'])}",
        f"  issues témoins : {_told(outcomes['temoin'])}",
    ]
    if others := cohort.comparateurs[1:]:
        lines.append(f"  autres comparateurs, exploratoires : {', '.join(others)}")
    return [fr_text(line) for line in lines]


def _told(names: tuple[str, ...] | list[str]) -> str:
    return f"{counted(len(names), 'issue')} ({', '.join(names)})" if names else "aucune"


def write_template(path: Path, folder: Path = PLANS) -> None:
    """Write the commented template at `path`, its editor's schema found from there.

    Raises PlanError when something is there already, or the command runs without the checkout.
    """
    if path.exists():
        raise PlanError(f"{path} existe déjà. Donnez un autre nom : rien n'est remplacé.")
    try:
        text = (folder / TEMPLATE).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PlanError(
            "Le modèle de plan est dans une copie complète du projet (git clone), pas dans l'outil des émetteurs seul."
        ) from None
    where = Path(relpath(folder / SCHEMA, path.absolute().parent)).as_posix()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(f"$schema={SCHEMA}", f"$schema={where}"), encoding="utf-8", newline="\n")
