"""The command `mentorat`: thin, French, and light to start (each command imports what it needs)."""

import importlib
import sys
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Annotated, Any

import typer

from mentorat.errors import MentoratError, UsageError
from mentorat.settings import CHECKOUT, Settings

app = typer.Typer(
    name="mentorat",
    help="Mesurer l'impact du mentorat des jeunes confiés à l'aide sociale à l'enfance.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

Campagne = Annotated[int, typer.Option(help="Année civile des données.")]


def _told_in_french(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a fault the user can mend into its sentence and exit code."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except MentoratError as error:
            typer.echo(f"Erreur : {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except OSError as error:
            typer.echo(
                f"Erreur : {error.filename or Settings().data} n'est pas utilisable. Vérifiez le "
                "dossier de données (MENTORAT_DATA), ses droits et la place qui reste.",
                err=True,
            )
            raise typer.Exit(UsageError.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("\nInterrompu ; rien de ce qui était publié n'a changé.", err=True)
            raise typer.Exit(1) from None

    return wrapper


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


@app.command()
@_told_in_french
def demo(
    campagne: Campagne = 2024,
    jeunes: Annotated[int, typer.Option(help="Nombre de jeunes simulés.", min=1000)] = 87_500,
    graine: Annotated[int, typer.Option(help="Graine : la même graine redonne le même dépôt.", min=0)] = 2024,
) -> None:
    """Écrire un dépôt de démonstration (données simulées)."""
    from mentorat.simulation import write_demo

    settings = Settings()
    typer.echo(f"Écriture d'un dépôt simulé de {jeunes} jeunes (campagne {campagne}, graine {graine})…", err=True)
    write_demo(settings, campagne=campagne, jeunes=jeunes, graine=graine)
    typer.echo(f"Données simulées : {settings.depot(campagne)}")


@app.command()
@_told_in_french
def run(campagne: Campagne) -> None:
    """Traiter une campagne, du dépôt à la publication."""
    settings = Settings()
    typer.echo(f"Campagne {campagne} : du dépôt à la publication", err=True)
    summary = _from_checkout("orchestration.run").run_campagne(settings, campagne)
    for line in summary.lines:
        typer.echo(line)


@app.command()
@_told_in_french
def etat() -> None:
    """Dire ce que contient le dossier de données : dépôts, réponses, publications."""
    from mentorat.etat import state_lines

    for line in state_lines(Settings()):
        typer.echo(line)


ParserError: type[Exception] = typer.BadParameter.__mro__[1]
"""Root of what the option parser refuses: Typer carries its own parser, whose errors it exports only in part."""


def _in_french(error: Exception) -> str:
    """What the option parser refused, in words."""
    parameter = getattr(error, "param", None)
    option = max(parameter.opts, key=len) if parameter else getattr(error, "option_name", "")
    words = {
        "MissingParameter": f"il manque {option}",
        "BadParameter": f"la valeur donnée à {option} ne convient pas",
        "NoSuchOption": f"l'option {option} n'existe pas",
    }
    return words.get(type(error).__name__, "cette commande n'existe pas, ou est mal écrite")


def main() -> None:
    """The command, with the parser's own errors told in French."""
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        sys.exit(app(standalone_mode=False))
    except ParserError as error:
        typer.echo(f"Erreur : {_in_french(error)}. Aide : mentorat --help", err=True)
        sys.exit(UsageError.exit_code)


if __name__ == "__main__":
    main()
