"""The command `mentorat`: thin, French, and light to start (each command imports what it needs)."""

import importlib
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from mentorat.errors import MentoratError, UsageError
from mentorat.french import counted
from mentorat.settings import CAMPAGNES, CHECKOUT, Settings

HELP = "Afficher cette aide."
BLAS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""How many threads linear algebra takes, read when numpy is first imported."""


class InFrench:
    """What a command and the list of commands have in common: their own help speaks French."""

    def get_help_option(self, ctx: Any) -> Any:
        if option := super().get_help_option(ctx):  # type: ignore[misc]
            option.help = HELP
        return option

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), "Usage : ")


class Command(InFrench, TyperCommand):
    """A command."""


class Group(InFrench, TyperGroup):
    """The list of commands."""


app = typer.Typer(
    name="mentorat",
    cls=Group,
    help="Mesurer l'impact du mentorat des jeunes confiés à l'aide sociale à l'enfance.",
    add_completion=False,
    pretty_exceptions_enable=False,
    options_metavar="[OPTIONS]",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
)

Campagne = Annotated[int, typer.Option(help="Année civile des données.", metavar="ANNÉE")]


def _told_in_french(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a fault the user can mend into its sentence and exit code."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except MentoratError as error:
            typer.echo(f"Erreur : {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except BrokenPipeError:  # whoever read our lines has gone; see main
            raise
        except IsADirectoryError as error:
            typer.echo(f"Erreur : {error.filename} est un dossier. Donnez le chemin d'un fichier.", err=True)
            raise typer.Exit(UsageError.exit_code) from None
        except OSError as error:
            typer.echo(f"Erreur : {_unusable(Path(error.filename or Settings().data))}", err=True)
            raise typer.Exit(UsageError.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("\nInterrompu ; rien de ce qui était publié n'a changé.", err=True)
            raise typer.Exit(1) from None

    return wrapper


def _unusable(path: Path) -> str:
    data = Settings().data
    whose = " (dossier de données : MENTORAT_DATA)" if path.absolute().is_relative_to(data.absolute()) else ""
    return (
        f"{path} n'est pas utilisable{whose}. Vérifiez que ce chemin existe, que vous y avez droit en lecture et en "
        "écriture, et qu'il reste de la place."
    )


def _from_checkout(module: str) -> ModuleType:
    """Import a room that does not ship with the wheel; the only arrow out of the library.

    Raises UsageError when the command runs from an installed wheel without the checkout.
    """
    if not (CHECKOUT / "orchestration").is_dir():
        raise UsageError(
            "Cette commande fonctionne depuis une copie complète du projet (git clone), "
            "pas depuis l'outil des émetteurs seul."
        )
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    return importlib.import_module(module)


@app.command(cls=Command)
@_told_in_french
def demo(
    campagne: Campagne = 2024,
    jeunes: Annotated[
        int, typer.Option(help="Nombre de jeunes simulés, 1000 au moins.", min=1000, metavar="NOMBRE")
    ] = 87_500,
    graine: Annotated[
        int, typer.Option(help="Graine : le même nombre redonne le même dépôt.", min=0, metavar="NOMBRE")
    ] = 2024,
    historique: Annotated[
        int,
        typer.Option(
            help="Nombre de campagnes écrites, la dernière étant --campagne, la première "
            f"{CAMPAGNES.start} au plus tôt : les mêmes jeunes d'année en année.",
            min=1,
            metavar="NOMBRE",
        ),
    ] = 1,
) -> None:
    """Écrire un dépôt de démonstration (données simulées)."""
    from mentorat.simulation import write_demo

    settings = Settings()
    written = f"campagne {campagne}" if historique == 1 else f"campagnes {campagne - historique + 1} à {campagne}"
    typer.echo(f"Écriture d'un dépôt simulé de {jeunes} jeunes ({written}, graine {graine})…", err=True)
    write_demo(settings, campagne=campagne, jeunes=jeunes, graine=graine, historique=historique)
    for year in range(campagne - historique + 1, campagne + 1):
        typer.echo(f"Données simulées : {settings.depot(year)}")


@app.command(cls=Command)
@_told_in_french
def run(campagne: Campagne) -> None:
    """Traiter une campagne, du dépôt à la publication."""
    settings = Settings()
    # thousands of small problems: threads would wait for each other, and add in another order from run to run
    os.environ |= {name: os.environ.get(name, "1") for name in BLAS}
    typer.echo(f"Campagne {campagne} : du dépôt à la publication", err=True)
    summary = _from_checkout("orchestration.run").run_campagne(settings, campagne)
    for line in summary.lines:
        typer.echo(line)


@app.command(cls=Command)
@_told_in_french
def etat(
    campagne: Annotated[
        int | None, typer.Option(help="Campagne à détailler ; par défaut la dernière reçue.", metavar="ANNÉE")
    ] = None,
    en_json: Annotated[bool, typer.Option("--json", help="Tout écrire en JSON, pour un programme.")] = False,
) -> None:
    """Dire où en est chaque émetteur : attendu, reçu, accepté, refusé, validé ; et ce qui est publié."""
    from mentorat.etat import state, state_lines, state_table

    told = state(Settings())
    if en_json:
        _echo_json(told)
        return
    for line in state_lines(told):
        typer.echo(line)
    received = [one for one in told["campagnes"] if one["traitee"] and campagne in (None, one["campagne"])]
    if campagne is not None and not received:
        raise UsageError(f"La campagne {campagne} n'a pas encore été reçue : mentorat run --campagne {campagne}")
    if received:
        from rich.console import Console

        console = Console()
        # in a file or a pipe there is no edge to fold at
        console.width = console.width if console.is_terminal else 160
        console.print(state_table(received[-1]))


@app.command(cls=Command)
@_told_in_french
def verifier(
    fichiers: Annotated[list[Path], typer.Argument(help="Fichiers à vérifier.", metavar="FICHIER", show_default=False)],
    campagne: Annotated[
        int | None,
        typer.Option(help="Année civile des données ; sinon lue dans le chemin du fichier.", metavar="ANNÉE"),
    ] = None,
    emetteur: Annotated[
        str | None,
        typer.Option(
            help="Nom de votre dossier de dépôt, par exemple departement-59 ; sinon lu dans le chemin du fichier.",
            metavar="ÉMETTEUR",
        ),
    ] = None,
    sortie: Annotated[
        Path | None,
        typer.Option(help="Dossier où écrire le classeur des lignes à corriger de chaque fichier.", metavar="DOSSIER"),
    ] = None,
    en_json: Annotated[bool, typer.Option("--json", help="Répondre en JSON, pour un programme.")] = False,
) -> None:
    """Vérifier des fichiers avant de les envoyer, sans réseau ni clé : la réponse qu'ils auraient, fichier par fichier.

    Code de sortie : 0 si rien n'est refusé ni écarté, 1 sinon, 2 si un fichier manque.

    Mot de passe d'un fichier protégé : dans la variable MENTORAT_MDP.
    """
    from mentorat.intake.checking import check_files

    told = check_files(fichiers, Settings(), campagne, emetteur, sortie)
    if en_json:
        _echo_json([one.json() for one in told])
    else:
        typer.echo("\n\n".join("\n".join(one.lines()) for one in told))
    if not all(one.verdict.propre for one in told):
        raise typer.Exit(1)


@app.command(cls=Command)
@_told_in_french
def planifier(  # noqa: PLR0917  (options: none is given by its place)
    part: Annotated[
        float | None,
        typer.Option(help="Part attendue chez les non-mentorés, en % ; par défaut 50.", metavar="POURCENT"),
    ] = None,
    ecart: Annotated[
        float | None,
        typer.Option(help="Écart à détecter, en points (mentorés moins non-mentorés).", metavar="POINTS"),
    ] = None,
    puissance: Annotated[
        float, typer.Option(help="Chances de détecter l'écart s'il est réel, en %.", metavar="POURCENT")
    ] = 80,
    n1: Annotated[int | None, typer.Option(help="Jeunes mentorés à interroger.", metavar="NOMBRE")] = None,
    n2: Annotated[
        int | None, typer.Option(help="Jeunes non mentorés à interroger ; par défaut autant.", metavar="NOMBRE")
    ] = None,
    rapport: Annotated[
        float, typer.Option(help="Non-mentorés pour un mentoré, quand l'effectif est cherché.", metavar="NOMBRE")
    ] = 1,
    icc: Annotated[
        float | None,
        typer.Option(help="Corrélation des réponses d'une même grappe, de 0 à 1.", metavar="NOMBRE"),
    ] = None,
    grappes: Annotated[
        int | None, typer.Option(help="Grappes (structures) dans chaque groupe.", metavar="NOMBRE")
    ] = None,
    taille_grappe: Annotated[
        float | None, typer.Option(help="Jeunes interrogés par grappe, dans un groupe.", metavar="NOMBRE")
    ] = None,
    cv_grappe: Annotated[
        float,
        typer.Option(help="Inégalité des grappes : écart-type des tailles sur leur moyenne.", metavar="NOMBRE"),
    ] = 0,
    effet_plan: Annotated[
        float | None,
        typer.Option(help="Effet de plan donné tel quel, à la place de l'ICC et des grappes.", metavar="NOMBRE"),
    ] = None,
    attrition: Annotated[
        float, typer.Option(help="Jeunes interrogés qui ne répondront pas, en %.", metavar="POURCENT")
    ] = 0,
    issues: Annotated[int, typer.Option(help="Nombre de questions comparées.", metavar="NOMBRE")] = 1,
    correlation: Annotated[
        float,
        typer.Option(
            help="Corrélation avec la même question posée à une première vague ; 0 : une seule vague.",
            metavar="NOMBRE",
        ),
    ] = 0,
    risque: Annotated[float, typer.Option(help="Risque de conclure à tort, en %.", metavar="POURCENT")] = 5,
    echelle: Annotated[str, typer.Option(help="Test : khi2, h (Cohen) ou wald.", metavar="TEST")] = "khi2",
    campagne: Annotated[
        int | None,
        typer.Option(help="Campagne publiée dont l'enquête donne la part et l'ICC de --question.", metavar="ANNÉE"),
    ] = None,
    question: Annotated[
        str | None, typer.Option(help="Question de cette enquête, par exemple se_sent_seul.", metavar="ITEM")
    ] = None,
    sortie: Annotated[
        Path | None, typer.Option(help="Dossier où écrire la courbe (CSV et SVG).", metavar="DOSSIER")
    ] = None,
    en_json: Annotated[bool, typer.Option("--json", help="Répondre en JSON, pour un programme.")] = False,
) -> None:
    """Prévoir la prochaine enquête : effectif à interroger, écart détectable ou puissance.

    Donnez --ecart pour connaître l'effectif, --n1 et --n2 pour l'écart détectable, les deux pour la puissance.
    """
    try:
        from mentorat.survey import planner
    except ModuleNotFoundError as error:
        raise UsageError(
            f"Cette commande a besoin de {str(error.name).split('.')[0]}, "
            "que l'outil des émetteurs n'installe pas : "
            "pip install 'mentorat-impact[plateforme]'"
        ) from None

    if (campagne is None) != (question is None):
        raise UsageError("--campagne et --question vont ensemble : l'année, et la question à reprendre de son enquête.")
    if campagne is not None and question is not None:
        seen = planner.observed(Settings().publication(campagne) / "evaluation" / "calendrier.csv", question)
        part = seen.part if part is None else part
        sized = taille_grappe is not None or grappes is not None
        icc = seen.icc if icc is None and sized else icc
    answer = planner.plan_request(
        planner.Request(
            part=50 if part is None else part,
            ecart=ecart,
            puissance=puissance,
            n1=n1,
            n2=n2,
            rapport=rapport,
            grappes=grappes,
            taille_grappe=taille_grappe,
            cv_grappe=cv_grappe,
            icc=icc,
            effet_plan=effet_plan,
            attrition=attrition,
            issues=issues,
            correlation=correlation,
            risque=risque,
            echelle=echelle,
        )
    )
    written = []
    if sortie is not None:
        drawn = _from_checkout("reports.charts").planning_svg(answer.curve(), answer.direction)
        written = [answer.write(sortie), sortie / "planification.svg"]
        written[-1].write_text(drawn, encoding="utf-8", newline="\n")
    if en_json:
        _echo_json(answer.json())
        return
    from rich.console import Console

    typer.echo(answer.sentence)
    Console(width=None if sys.stdout.isatty() else 100).print(planner.answer_table(answer))
    for note in answer.notes:
        typer.echo(f"- {note}")
    for path in written:
        typer.echo(f"Courbe : {path}")


plan_app = typer.Typer(
    name="plan",
    cls=Group,
    help="Écrire, vérifier ou enregistrer un plan d'analyse : ce qui est comparé, dit avant de voir les résultats.",
    no_args_is_help=True,
    options_metavar="[OPTIONS]",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
)
app.add_typer(plan_app)

PlanFile = Annotated[Path, typer.Argument(help="Plan d'analyse (YAML).", metavar="FICHIER", show_default=False)]


@plan_app.command("nouveau", cls=Command)
@_told_in_french
def plan_nouveau(fichier: PlanFile) -> None:
    """Écrire le modèle commenté d'un plan d'analyse."""
    from mentorat.causal.plan_register import write_template

    write_template(fichier)
    typer.echo(f"Modèle écrit : {fichier}. Remplissez-le, puis : mentorat plan verifier {fichier}")


@plan_app.command("verifier", cls=Command)
@_told_in_french
def plan_verifier(fichier: PlanFile) -> None:
    """Relire un plan : ce qui ne va pas, ce qui sera confirmatoire, la taille des familles, l'empreinte.

    Code de sortie : 0 si le plan peut être suivi, 2 sinon.
    """
    from mentorat.causal.plan import load_plan
    from mentorat.causal.plan_register import REGISTER, described, registered

    plan = load_plan(fichier)
    for line in described(plan, registered(plan, fichier.with_name(REGISTER))):
        typer.echo(line)


@plan_app.command("enregistrer", cls=Command)
@_told_in_french
def plan_enregistrer(fichier: PlanFile) -> None:
    """Arrêter une version d'un plan : une ligne du registre, à côté de lui ; elle ne changera plus."""
    from datetime import date

    from mentorat.causal.plan_register import register_plan
    from mentorat.typography import fr_date

    entry = register_plan(fichier, date.today())
    typer.echo(f"Plan « {entry.nom} », version {entry.version}, enregistré le {fr_date(entry.enregistre_le)}.")
    typer.echo(f"Empreinte : {entry.empreinte}")
    typer.echo("Conservez le registre avec le plan (git, ou un dépôt daté par un tiers) : c'est lui qui fait foi.")


@app.command(cls=Command)
@_told_in_french
def modeles(
    dossier: Annotated[Path, typer.Argument(help="Dossier où écrire les modèles.", metavar="DOSSIER")],
) -> None:
    """Écrire le modèle de chaque source (classeur, schéma, dictionnaire) et les questionnaires en XLSForm."""
    from mentorat.contracts.templates import write_templates
    from mentorat.survey.xlsform import write_xlsforms

    written = [*write_templates(dossier), *write_xlsforms(dossier)]
    typer.echo(f"{len(written)} fichiers écrits dans {dossier}. Chaque classeur a sa feuille « Lisez-moi ».")


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@_told_in_french
def pseudonymiser(context: typer.Context) -> None:
    """Remplacer les identités d'un fichier par des pseudonymes, sur votre ordinateur (--aide : toutes les options)."""
    from mentorat.identity.sender import run as pseudonymise

    # the same options as the tool that goes without installation, told by it
    raise typer.Exit(pseudonymise(context.args))


@app.command(cls=Command)
@_told_in_french
def collecter(campagne: Campagne) -> None:
    """Aller chercher les fichiers des voies d'entrée (dossier, SFTP, base de données) ; déposer ceux qui sont sains."""
    from mentorat.intake.identifiers import in_file_name
    from mentorat.intake.voies.collecte import collect

    ways = collect(Settings(), campagne, lambda line: typer.echo(line, err=True))
    for way in ways:
        told = [counted(len(way.deposes), "déposé"), f"{way.deja_la} déjà là", counted(len(way.refuses), "refusé")]
        typer.echo(f"{way.emetteur} : {', '.join([*told, counted(len(way.laisses), 'laissé')])}")
        for refused in way.refuses:
            typer.echo(f"  refusé : {refused['fichier']} : {' '.join(refused['motifs'])}")
        for left in way.laisses:
            typer.echo(f"  laissé : {'un fichier au nom masqué' if in_file_name(left.name) else left.name} {left.why}")
        if way.defaut:
            typer.echo(f"  arrêtée : {way.defaut}", err=True)
    if any(way.defaut for way in ways):
        raise typer.Exit(1)


@app.command(cls=Command)
@_told_in_french
def cles(
    rotation: Annotated[
        bool, typer.Option("--rotation", help="Déclarer que les clés en usage remplacent les précédentes.")
    ] = False,
) -> None:
    """Dire sous quelle clé chaque campagne est gardée (identifiants seuls), ou déclarer une rotation."""
    from mentorat.identity.keys import declare_rotation, load_keys, recorded
    from mentorat.settings import CAMPAGNES

    settings = Settings()
    if rotation:
        simulated = any(settings.simulation(campagne) is not None for campagne in CAMPAGNES)
        keys = load_keys(settings, simulated)
        with _from_checkout("orchestration.run").only_one_run(settings):
            stale = declare_rotation(settings, keys.identifiants)
        if not stale:
            typer.echo("Les clés en usage sont celles du registre : rien n'est à changer.")
        for store, years in stale.items():
            again = ", ".join(map(str, years)) or "aucune campagne gardée"
            typer.echo(f"Entrepôt « {store} » : rotation déclarée. À relancer, dans cet ordre : {again}")
    for store, told in recorded(settings).items():
        typer.echo(f"Entrepôt « {store} » : clé {told['cle'] or 'pas encore utilisée'}")
        for year, identifier in told["campagnes"].items():
            again = "" if identifier == told["cle"] else ", à relancer"
            typer.echo(f"  campagne {year} : clé {identifier}{again}")


def _echo_json(told: Any) -> None:
    import json

    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))


ParserError: type[Exception] = typer.BadParameter.__mro__[1]
"""Root of what the option parser refuses: Typer carries its own parser, whose errors it exports only in part."""


def _in_french(error: Exception) -> str:
    """What the option parser refused, in words."""
    parameter = getattr(error, "param", None)
    option = getattr(error, "option_name", "")
    if parameter:
        option = max(parameter.opts, key=len) if parameter.param_type_name == "option" else parameter.metavar
    words = {
        "MissingParameter": f"il manque {option}",
        "BadParameter": f"la valeur donnée à {option} ne convient pas",
        "NoSuchOption": f"l'option {option} n'existe pas",
    }
    return words.get(type(error).__name__, "cette commande n'existe pas, ou est mal écrite")


def _help_in_french() -> None:
    """The words of Typer's own help pages; its module is heavy, and only needed there."""
    from typer import core, rich_utils

    rich_utils.COMMANDS_PANEL_TITLE = "Commandes"
    rich_utils.DEFAULT_STRING = "[par défaut : {}]"
    rich_utils.REQUIRED_LONG_STRING = "[obligatoire]"
    rich_utils.RANGE_STRING = ""  # our sentences tell it
    # types of Python (« <bool> », « <list[Path]> ») say nothing to our readers: our own word, or none
    core.TyperOption.display_type_rich = lambda option, ctx: option.metavar  # type: ignore[method-assign,assignment]
    core.TyperArgument.display_type_rich = lambda argument, ctx: None  # type: ignore[method-assign,assignment]


def _unforeseen(error: Exception) -> str:
    """A fault of ours, by its kind and place: its own message might repeat a cell of a sender's file."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(CHECKOUT / "mentorat")]
    last = (ours or frames)[-1]
    return (
        f"la commande s'est arrêtée sur un défaut du programme ({type(error).__name__}, {Path(last.filename).name}, "
        f"ligne {last.lineno}). Rien de ce qui était publié n'a changé. Signalez-le au responsable du programme avec "
        "ce message, sans joindre de fichier ; MENTORAT_TRACE=1 montre le détail à qui le corrige."
    )


def main() -> None:
    """The command, with the parser's own words told in French."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # a Windows console lacks some of our signs: a « ? » there is better than no answer
            stream.reconfigure(errors="replace")
    if sys.argv[1:] in ([], [plan_app.info.name]):
        sys.argv.append("--help")
    if "--help" in sys.argv:
        _help_in_french()
    try:
        sys.exit(app(standalone_mode=False))
    except ParserError as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "mentorat"
        typer.echo(f"Erreur : {_in_french(error)}. Aide : {command} --help", err=True)
        sys.exit(UsageError.exit_code)
    except BrokenPipeError:
        # « mentorat etat | head »: nobody is left to tell; what is still buffered must not complain at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("MENTORAT_TRACE"):
            raise
        typer.echo(f"Erreur : {_unforeseen(error)}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
