"""The quality page: what was received, what the checks say, in French, with no outside host."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mentorat.disclosure.door import ReleasedTable
from mentorat.reference import load
from mentorat.typography import fr_number
from reports.departement import source_label
from reports.model import Column, KeyFigure, KeyFigures, Paragraph, Report, Section, Table
from reports.parts import HIDDEN_NOTE, mention
from reports.reading import HIDDEN, checked

LONG = 60
"""Rows above which a table is kept closed."""
COUNTS = {
    "fichiers": "Fichiers",
    "fichiers_refuses": "Fichiers refusés",
    "lignes_recues": "Lignes reçues",
    "lignes_acceptees": "Acceptées",
    "lignes_ecartees": "Écartées",
    "doublons_exacts": "Doublons",
    "lignes_remplacees": "Remplacées",
}


def quality_page(
    campagne: int,
    journal: ReleasedTable,
    controles: Sequence[Mapping[str, Any]],
    tests_dbt: Sequence[Mapping[str, Any]],
    simulation: Mapping[str, Any] | None,
) -> Report:
    """The quality page of `campagne`.

    `journal`: released counts by `source` (and `emetteur` where it is there), columns among COUNTS.
    `controles`: results of the border checks, each with source, regle, libelle, niveau (`bloquant` or
    `avertissement`), succes, detail.
    `tests_dbt`: results of the dbt tests, each with the same keys, source being the model.
    """
    banner, detail = mention(simulation)
    frame = checked(journal, "public")
    return Report(
        title="Qualité des données",
        subtitle=f"Campagne {campagne}",
        audience="public",
        mention=banner,
        mention_detail=detail,
        sections=(
            _summary(controles, tests_dbt),
            Section(
                "controles",
                "Contrôles aux frontières",
                _checks("Contrôles par source", "Source", controles, "Voir chaque règle"),
            ),
            Section("tests", "Tests des tables calculées", _checks("Tests par table", "Table", tests_dbt)),
            _received(frame),
        ),
        sources=("Journal des fichiers reçus et résultats des contrôles de la campagne.",),
    )


def _blocking(check: Mapping[str, Any]) -> bool:
    return str(check["niveau"]).startswith("bloqu") or str(check["niveau"]).startswith("block")


def _summary(controles: Sequence[Mapping[str, Any]], tests_dbt: Sequence[Mapping[str, Any]]) -> Section:
    every = [*controles, *tests_dbt]
    failed = [check for check in every if not check["succes"]]
    stopping = [check for check in failed if _blocking(check)]
    figures = KeyFigures(
        (
            KeyFigure("contrôles exécutés", fr_number(len(every))),
            KeyFigure("contrôles tenus", fr_number(len(every) - len(failed))),
            KeyFigure("avertissements", fr_number(len(failed) - len(stopping))),
            KeyFigure("contrôles bloquants non tenus", fr_number(len(stopping))),
        )
    )
    if stopping:
        text = Paragraph(
            "Un contrôle bloquant n'est pas tenu : ce qui en dépend n'est pas publié. "
            + " ; ".join(str(check["libelle"]) for check in stopping)
            + ".",
            "alerte",
        )
    elif failed:
        text = Paragraph("Tous les contrôles bloquants sont tenus ; les avertissements sont détaillés plus bas.")
    else:
        text = Paragraph("Tous les contrôles sont tenus.")
    return Section("essentiel", "L'essentiel", (figures, text))


def _checks(
    title: str, heading: str, checks: Sequence[Mapping[str, Any]], folded: str = ""
) -> tuple[Table | Paragraph, ...]:
    """One line a source or table, since nearly all rules hold; those that do not, in full; every rule, folded."""
    if not checks:
        return (Paragraph("Aucun contrôle n'a été exécuté."),)
    names = sorted({str(check["source"]) for check in checks}, key=source_label)
    kept = {name: [bool(check["succes"]) for check in checks if check["source"] == name] for name in names}
    summary = Table(
        title,
        (Column(heading), Column("Contrôles", True), Column("Tenus", True), Column("Non tenus", True)),
        tuple(
            (source_label(name), fr_number(len(held)), fr_number(sum(held)), fr_number(len(held) - sum(held)))
            for name, held in kept.items()
        ),
    )
    failed = [check for check in checks if not check["succes"]]
    return (
        summary,
        *((_in_full("Contrôles non tenus", heading, failed),) if failed else ()),
        *((_in_full("Toutes les règles", heading, checks, folded),) if folded else ()),
    )


def _in_full(title: str, heading: str, checks: Sequence[Mapping[str, Any]], folded: str = "") -> Table:
    ordered = sorted(
        checks,
        key=lambda check: (bool(check["succes"]), not _blocking(check), str(check["source"]), str(check["regle"])),
    )
    rows = tuple(
        (
            str(check["libelle"]),
            source_label(str(check["source"])),
            "bloquant" if _blocking(check) else "avertissement",
            "tenu" if check["succes"] else "non tenu",
            str(check.get("detail") or ""),
        )
        for check in ordered
    )
    columns = (Column("Règle"), Column(heading), Column("Portée"), Column("Résultat"), Column("Détail"))
    return Table(title, columns, rows, folded=folded)


def _received(journal: pd.DataFrame) -> Section:
    keys = [name for name in ("source", "emetteur") if name in journal.columns]
    counted = [name for name in COUNTS if name in journal.columns]
    if not keys or journal.empty:
        return Section("reception", "Ce qui a été reçu", (Paragraph("Aucun fichier n'a été reçu."),))
    senders = load("emetteurs").set_index("emetteur")["libelle"].to_dict()
    rows = tuple(
        (
            *(_name(row[name], senders) for name in keys),
            *(HIDDEN if pd.isna(row[name]) else fr_number(row[name]) for name in counted),
        )
        for row in journal.sort_values(keys, na_position="last").to_dict("records")
    )
    headings = {"source": "Source", "emetteur": "Émetteur"}
    table = Table(
        "Fichiers et lignes reçus",
        (*(Column(headings[name]) for name in keys), *(Column(COUNTS[name], True) for name in counted)),
        rows,
        note=HIDDEN_NOTE,
        folded="Voir le détail par source et par émetteur" if len(rows) > LONG else "",
    )
    return Section("reception", "Ce qui a été reçu", (table,))


def _name(value: Any, senders: Mapping[Any, Any]) -> str:
    if pd.isna(value) or value == "":
        return "ensemble"
    if value == "non_reconnue":
        return "source non reconnue"
    return str(senders.get(value, source_label(str(value))))
