"""What the data folder holds: by campagne, by sender and by source, for a person and for a program."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mentorat.french import counted
from mentorat.settings import CAMPAGNES, Settings

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table


def state(settings: Settings) -> dict[str, Any]:
    """The state of every campagne that has a dépôt or a journal.

    {"dossier", "campagnes": [{"campagne", "simulee", "emetteurs_deposes", "fichiers_deposes", "traitee",
    "publication", "emetteurs"}]}; `publication` is null, or {"dossier", "fichiers", "version"} (both null where its
    manifest is damaged). `emetteurs`: every sender of the reference list, then the unknown ones, each with
    "emetteur", "libelle", "type", "collectivite" and "sources": [{"source", "attendue", "fichiers_recus",
    "fichiers_acceptes", "fichiers_refuses", "lignes_acceptees", "lignes_ecartees", "derniere_reception",
    "validation", "date_validation"}]. No value of a sender's row but the validation it declares.
    """
    campagnes = [
        campagne
        for campagne in CAMPAGNES
        if settings.depot(campagne).is_dir() or (settings.lake / "journal" / f"{campagne}.parquet").exists()
    ]
    return {"dossier": str(settings.data), "campagnes": [_campagne(settings, campagne) for campagne in campagnes]}


def _campagne(settings: Settings, campagne: int) -> dict[str, Any]:
    from mentorat.intake.journal import is_noise, read_journal

    depot = settings.depot(campagne)
    folders = [path for path in depot.iterdir() if path.is_dir() and not is_noise(path.name)] if depot.is_dir() else []
    files = [sum(path.is_file() and not is_noise(path.name) for path in folder.rglob("*")) for folder in folders]
    journal = read_journal(settings, campagne)
    return {
        "campagne": campagne,
        "simulee": depot.is_dir() and settings.simulation(campagne) is not None,
        "emetteurs_deposes": sum(number > 0 for number in files),
        "fichiers_deposes": sum(files),
        "traitee": journal is not None,
        "publication": _publication(settings, campagne),
        "emetteurs": _senders(settings, campagne, journal),
    }


def _publication(settings: Settings, campagne: int) -> dict[str, Any] | None:
    manifest = settings.publication(campagne) / "manifeste.json"
    if not manifest.exists():
        return None
    told: dict[str, Any] = {"dossier": str(manifest.parent), "fichiers": None, "version": None}
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        return told | {"fichiers": len(content["fichiers"]), "version": content["version"]}
    except (ValueError, KeyError, TypeError):
        return told


def _senders(settings: Settings, campagne: int, journal: "pd.DataFrame | None") -> list[dict[str, Any]]:
    import pandas as pd

    from mentorat import reference

    known = reference.load("emetteurs")
    present = pd.DataFrame({"emetteur": []}) if journal is None else journal.loc[journal["statut"] != "retiree"]
    files = {str(emetteur): mine for emetteur, mine in present.groupby("emetteur")}
    validations = _validations(settings, campagne, set(known["emetteur"]))
    found = []
    columns = ["emetteur", "libelle", "type", "code", "sources_attendues"]
    for emetteur, libelle, kind, code, expected in known[columns].fillna("").astype(str).itertuples(index=False):
        attended = expected.split("|") if expected else []
        sources = _sources(attended, files.pop(emetteur, None), validations.get(emetteur, {}))
        found.append(_sender(emetteur, libelle, kind, code if kind == "collectivite" else None, sources))
    for emetteur, mine in sorted(files.items()):
        sources = _sources([], mine, validations.get(emetteur, {}))
        found.append(_sender(emetteur or "_sans_emetteur", "Absent de la liste de référence", "inconnu", None, sources))
    return found


def _sender(
    emetteur: str, libelle: str, kind: str, collectivite: str | None, sources: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "emetteur": emetteur,
        "libelle": libelle,
        "type": kind,
        "collectivite": collectivite,
        "sources": sources,
    }


def _sources(
    expected: list[str], files: "pd.DataFrame | None", validations: dict[str, tuple[str | None, str | None]]
) -> list[dict[str, Any]]:
    """One entry a source, expected or received, in that order; a file of no known source has a null `source`."""
    by_source: dict[str, pd.DataFrame] = {}
    if files is not None:
        by_source = {str(source): mine for source, mine in files.fillna({"source": ""}).groupby("source")}
    found = []
    for source in [*expected, *sorted(set(by_source) - set(expected))]:
        mine = by_source.get(source)
        validation, validated = validations.get(source, (None, None))
        found.append(
            {
                "source": source or None,
                "attendue": source in expected,
                "fichiers_recus": 0 if mine is None else len(mine),
                "fichiers_acceptes": 0 if mine is None else int((mine["statut"] == "acceptee").sum()),
                "fichiers_refuses": 0 if mine is None else int((mine["statut"] == "refusee").sum()),
                "lignes_acceptees": 0 if mine is None else int(mine["lignes_acceptees"].fillna(0).sum()),
                "lignes_ecartees": 0 if mine is None else int(mine["lignes_ecartees"].fillna(0).sum()),
                "derniere_reception": None if mine is None else mine["recu_le"].max().date().isoformat(),
                "validation": validation,
                "date_validation": validated,
            }
        )
    return found


def _validations(
    settings: Settings, campagne: int, known: set[str]
) -> dict[str, dict[str, tuple[str | None, str | None]]]:
    """Sender → source → (statut_validation, date_validation), from the perimeters received (P)."""
    from mentorat.lake import read_parquet

    path = settings.lake / "etude" / "perimetre" / f"{campagne}.parquet"
    if not path.exists():
        return {}
    found: dict[str, dict[str, tuple[str | None, str | None]]] = {}
    rows = read_parquet(path)
    told = rows[["statut_validation", "date_validation"]].astype("str").astype("object")
    told = told.where(rows[told.columns].notna(), None)
    for emetteur, sender, source, statut, day in zip(
        rows["emetteur"],
        rows["depose_par"],
        rows["source"],
        told["statut_validation"],
        told["date_validation"],
        strict=True,
    ):
        # a sender may write its own name in words; it may also speak for another, by its slug
        name = str(emetteur) if str(emetteur) in known else str(sender)
        found.setdefault(name, {})[str(source)] = (statut, day)
    return found


# --- for a person ---------------------------------------------------------------------------------


def state_lines(told: dict[str, Any]) -> Iterator[str]:
    """A few French lines: senders and files in each dépôt, publication."""
    yield f"Dossier de données : {told['dossier']}"
    if not told["campagnes"]:
        yield "Aucun dépôt. Pour essayer : mentorat demo --campagne 2024"
    for one in told["campagnes"]:
        campagne, published = one["campagne"], one["publication"]
        simulated = " (données simulées)" if one["simulee"] else ""
        yield (
            f"Campagne {campagne}{simulated} : {counted(one['emetteurs_deposes'], 'émetteur')}, "
            f"{counted(one['fichiers_deposes'], 'fichier déposé')}"
        )
        if published is None:
            yield f"  pas encore de publication : mentorat run --campagne {campagne}"
        elif published["fichiers"] is None:
            yield f"  publication au manifeste abîmé : mentorat run --campagne {campagne} la refait"
        else:
            yield (
                f"  publication : {published['fichiers']} fichiers, version {published['version']}, "
                f"{published['dossier']}"
            )


VALIDATIONS = {"transmis": "transmis", "valide": "validé", "conteste": "contesté"}


def state_table(told: dict[str, Any]) -> "Table":
    """One campagne of `state`: a row a sender, those who sent nothing included."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=f"Réceptions de la campagne {told['campagne']}",
        title_justify="left",
        caption="Sources : reçues / attendues. Fichiers acceptés, refusés. Lignes écartées. Les sources sont nommées "
        "par leur numéro (S2 : dossiers de mentorat).",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("Émetteur", no_wrap=True)
    table.add_column("Nom", no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("Sources", "Acceptés", "Refusés", "Écartées"):
        table.add_column(name, justify="right")
    table.add_column("Reçu le", no_wrap=True)
    table.add_column("Manque, refus, validation", min_width=26)
    for sender in told["emetteurs"]:
        sources = sender["sources"]
        expected = [one for one in sources if one["attendue"]]
        received = [one for one in expected if one["fichiers_acceptes"]]
        dates = [one["derniere_reception"] for one in sources if one["derniere_reception"]]
        table.add_row(
            sender["emetteur"],
            sender["libelle"],
            f"{len(received)}/{len(expected)}",
            str(sum(one["fichiers_acceptes"] for one in sources)),
            str(sum(one["fichiers_refuses"] for one in sources)),
            str(sum(one["lignes_ecartees"] for one in sources)),
            max(dates, default="rien reçu"),
            _outstanding(sender) if dates else "",
        )
    return table


def _outstanding(sender: dict[str, Any]) -> str:
    """What is missing, refused, and the validation each source has, by the numbers of sources."""
    from mentorat.contracts.sources import contracts

    numbers = {name: spoken.numero for name, spoken in contracts().items()}
    told: dict[str, list[str]] = {}
    for one in sender["sources"]:
        number = numbers.get(one["source"] or "", "source inconnue")
        if one["attendue"] and not one["fichiers_recus"]:
            told.setdefault("manque", []).append(number)
        if one["fichiers_refuses"]:
            told.setdefault("refusé", []).append(number)
        if one["validation"]:
            told.setdefault(VALIDATIONS.get(one["validation"], one["validation"]), []).append(number)
    return " ; ".join(f"{what} : {', '.join(numbers)}" for what, numbers in told.items())
