"""The quality page: are the data good, whom to call, what was received; in French, with no outside host."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mentorat.contracts.sources import contracts
from mentorat.disclosure.door import ReleasedTable
from mentorat.reference import load
from mentorat.typography import fr_number, fr_percent
from reports.departement import source_label
from reports.model import Block, Column, KeyFigure, KeyFigures, Paragraph, Report, Section, Table
from reports.parts import HIDDEN_NOTE, mention
from reports.reading import HIDDEN, checked

LONG = 60
"""Rows above which a table is kept closed."""
CALLS = 12
"""Senders named at once; the others are folded."""
WHOLE = "ensemble"
TOLD_ELSEWHERE = {"fichier_refuse", "fichier_part_ecartee"}
"""Rules file by file, which a sender's own lines already tell."""
COUNTS = {
    "fichiers": "Fichiers",
    "fichiers_refuses": "Fichiers refusés",
    "lignes_recues": "Lignes reçues",
    "lignes_acceptees": "Acceptées",
    "lignes_ecartees": "Écartées",
    "doublons_exacts": "Doublons",
    "lignes_remplacees": "Remplacées",
}
RULES = {
    "cle_manquante": "Colonne de la clé vide",
    "cle_en_conflit": "Plusieurs lignes pour une même clé",
    "code_inconnu": "Code inconnu",
    "date_illisible": "Date illisible ou impossible",
    "mois_illisible": "Mois illisible ou impossible",
    "nombre_illisible": "Nombre illisible",
    "hors_bornes": "Nombre hors des bornes",
    "pseudonyme_malforme": "Pseudonyme mal formé",
    "territoire_ambigu": "Territoire ambigu (20 ou 69)",
    "hors_campagne": "Ligne d'une autre campagne",
    "fichier_refuse": "Lignes d'un fichier refusé",
}
"""Rules of every source that set a row aside, in words; a contract's own say themselves."""


def quality_page(
    campagne: int,
    journal: ReleasedTable,
    controles: Sequence[Mapping[str, Any]],
    tests_dbt: Sequence[Mapping[str, Any]],
    simulation: Mapping[str, Any] | None,
    *,
    tendance: Sequence[Mapping[str, Any]] = (),
) -> Report:
    """The quality page of `campagne`.

    `journal`: released counts by `source`, `emetteur` and `regle` where they are there (`ensemble` marks a sum; a row
    with a rule counts what that rule set aside), columns among COUNTS.
    `controles`: results of the border checks, each with source, regle, libelle, niveau (`bloquant` or
    `avertissement`), succes, detail, and where known verifie (False: nothing to check) and emetteurs (those that do
    not hold it: emetteur, detail).
    `tests_dbt`: results of the dbt tests, each with the same keys, source being the model.
    `tendance`: one entry a campagne: campagne, journal (released, as above), controles (as above).
    """
    banner, detail = mention(simulation)
    frame = checked(journal, "public")
    calls = _calls(frame, controles)
    return Report(
        title="Qualité des données",
        subtitle=f"Campagne {campagne}",
        audience="public",
        mention=banner,
        mention_detail=detail,
        sections=(
            _summary(frame, controles, tests_dbt, len(calls)),
            Section("emetteurs", "Qui rappeler", _called(calls)),
            Section(
                "controles",
                "Contrôles des données",
                _checks("Contrôles par source", "Source", controles, "Voir chaque règle"),
            ),
            Section("ecartees", "Lignes écartées, par motif", _set_aside(frame)),
            _received(frame),
            Section("tendance", "Campagne après campagne", _trend(tendance)),
            Section("tests", "Tests des tables calculées", _checks("Tests par table", "Table", tests_dbt)),
        ),
        sources=("Journal des fichiers reçus et résultats des contrôles de la campagne.",),
    )


def _blocking(check: Mapping[str, Any]) -> bool:
    return str(check["niveau"]).startswith("bloqu")


def _verified(check: Mapping[str, Any]) -> bool:
    return bool(check.get("verifie", True))


def _sums(journal: pd.DataFrame) -> pd.DataFrame:
    """The rows of the journal that sum a source's senders; none where they are not there."""
    if not {"emetteur", "source", "regle"} <= set(journal.columns):
        return journal.iloc[:0]
    return journal[(journal["emetteur"] == WHOLE) & (journal["source"] != WHOLE) & (journal["regle"] == WHOLE)]


def _totals(journal: pd.DataFrame) -> Mapping[Any, Any]:
    """The sum of all sources, a count being missing where that of one source is; empty where there is nothing."""
    rows = _sums(journal)
    counted = [name for name in COUNTS if name in rows.columns]
    return rows[counted].sum(skipna=False).to_dict() if len(rows) else {}


def _share_set_aside(row: Mapping[Any, Any]) -> str:
    """Share of the rows received that were set aside, where both are told."""
    received, aside = row.get("lignes_recues"), row.get("lignes_ecartees")
    if received is None or aside is None or pd.isna(received) or pd.isna(aside):
        return HIDDEN
    return fr_percent(aside / received) if received else "sans objet"


def _summary(
    journal: pd.DataFrame,
    controles: Sequence[Mapping[str, Any]],
    tests_dbt: Sequence[Mapping[str, Any]],
    calls: int,
) -> Section:
    every = [check for check in (*controles, *tests_dbt) if _verified(check)]
    failed = [check for check in every if not check["succes"]]
    stopping = [check for check in failed if _blocking(check)]
    if stopping:
        verdict = Paragraph(
            "Un contrôle bloquant n'est pas tenu : ce qui en dépend n'est pas publié. "
            + _first_of([f"{source_label(str(check['source']))} : {check['libelle']}" for check in stopping]),
            "alerte",
        )
    elif failed:
        verdict = Paragraph(
            "Les données peuvent être utilisées : tous les contrôles bloquants sont tenus. Les avertissements disent "
            "où une lecture prudente s'impose, et quels émetteurs rappeler."
        )
    else:
        verdict = Paragraph("Tous les contrôles sont tenus.")
    figures = KeyFigures(
        (
            KeyFigure(
                "contrôles bloquants non tenus", fr_number(len(stopping)), f"sur {fr_number(len(every))} contrôles"
            ),
            KeyFigure("avertissements", fr_number(len(failed) - len(stopping))),
            KeyFigure("émetteurs à rappeler", fr_number(calls)),
        )
    )
    blocks: list[Block] = [verdict, figures]
    if total := _totals(journal):
        received = [
            KeyFigure("fichiers reçus", fr_number(total["fichiers"])),
            KeyFigure("fichiers refusés", fr_number(total["fichiers_refuses"])),
        ]
        if not pd.isna(total["lignes_acceptees"]):
            received.append(KeyFigure("lignes acceptées", fr_number(total["lignes_acceptees"])))
        if not pd.isna(total["lignes_ecartees"]):
            received.append(KeyFigure("lignes écartées", fr_number(total["lignes_ecartees"]), _share_set_aside(total)))
        blocks.append(KeyFigures(tuple(received)))
    return Section("essentiel", "L'essentiel", tuple(blocks))


def _first_of(told: Sequence[str], most: int = 4) -> str:
    """The first of some sentences, and how many more there are."""
    more = len(told) - most
    return " ; ".join(told[:most]) + (f" ; et {fr_number(more)} autre{'s' if more > 1 else ''}." if more > 0 else ".")


def _count(row: Mapping[Any, Any], name: str) -> str:
    return HIDDEN if pd.isna(row[name]) else fr_number(row[name])


# --- whom to call --------------------------------------------------------------------------------------------------


def _calls(journal: pd.DataFrame, controles: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """One row a sender with something to mend, blocking first: sender, files refused, rules broken, what to look at."""
    refused: dict[str, int] = {}
    if {"emetteur", "fichiers_refuses"} <= set(journal.columns):
        files = journal[(journal["emetteur"] != WHOLE) & (journal["fichiers_refuses"].fillna(0) > 0)]
        refused = files.groupby("emetteur")["fichiers_refuses"].sum().astype(int).to_dict()
    broken: dict[str, list[Mapping[str, Any]]] = {}
    for check in controles:
        if not check["succes"] and check["regle"] not in TOLD_ELSEWHERE:
            for sender in check.get("emetteurs", ()):
                broken.setdefault(str(sender["emetteur"]), []).append({**check, "mesure": sender["detail"]})
    names = load("emetteurs").set_index("emetteur")["libelle"].to_dict()

    def rank(sender: str) -> tuple[int, int, int, str]:
        rules = broken.get(sender, [])
        return -sum(_blocking(r) for r in rules), -refused.get(sender, 0), -len(rules), sender

    return [
        (
            str(names.get(sender, sender)),
            fr_number(refused.get(sender, 0)),
            fr_number(len(broken.get(sender, []))),
            _to_look_at(broken.get(sender, [])),
        )
        for sender in sorted({*refused, *broken}, key=rank)
    ]


def _to_look_at(rules: Sequence[Mapping[str, Any]]) -> str:
    if not rules:
        return "Fichier refusé : voir la réponse qui lui a été faite."
    first = sorted(rules, key=lambda r: (not _blocking(r), str(r["source"]), str(r["libelle"])))[:3]
    measured = [f" ({rule['mesure']})" if rule["mesure"] else "" for rule in first]
    told = [
        f"{source_label(str(rule['source']))} : {rule['libelle']}{words}"
        for rule, words in zip(first, measured, strict=True)
    ]
    more = len(rules) - len(first)
    return ". ".join(told) + (f". Et {fr_number(more)} autre{'s' if more > 1 else ''}." if more else ".")


def _called(calls: Sequence[tuple[str, ...]]) -> tuple[Block, ...]:
    if not calls:
        return (Paragraph("Aucun émetteur n'a de fichier refusé ni de contrôle non tenu."),)
    columns = (Column("Émetteur"), Column("Fichiers refusés", True), Column("Contrôles non tenus", True))
    columns = (*columns, Column("Ce qui devrait être vrai et ne l'est pas"))
    first = Table("Émetteurs à rappeler, les plus urgents d'abord", columns, tuple(calls[:CALLS]))
    if len(calls) <= CALLS:
        return (first,)
    words = f"Voir les {fr_number(len(calls) - CALLS)} autres émetteurs"
    return first, Table("Autres émetteurs à rappeler", columns, tuple(calls[CALLS:]), folded=words)


# --- checks --------------------------------------------------------------------------------------------------------


def _checks(
    title: str, heading: str, checks: Sequence[Mapping[str, Any]], folded: str = ""
) -> tuple[Table | Paragraph, ...]:
    """One line a source or table, since nearly all rules hold; those that do not, in full; every rule, folded."""
    if not checks:
        return (Paragraph("Aucun contrôle n'a été exécuté."),)
    names = sorted({str(check["source"]) for check in checks}, key=source_label)
    of = {name: [check for check in checks if check["source"] == name] for name in names}
    partly = any(not _verified(check) for check in checks)
    rows = []
    for name in names:
        held = sum(bool(c["succes"]) and _verified(c) for c in of[name])
        idle = sum(not _verified(c) for c in of[name])
        counts = [len(of[name]), held, len(of[name]) - held - idle, *([idle] if partly else [])]
        rows.append((source_label(name), *(fr_number(count) for count in counts)))
    columns = [Column(heading), *(Column(label, True) for label in ("Contrôles", "Tenus", "Non tenus"))]
    note = "« Sans objet » : rien n'a été reçu qui permette de vérifier la règle. Ce n'est ni un succès ni un défaut."
    summary = Table(
        title,
        (*columns, *((Column("Sans objet", True),) if partly else ())),
        tuple(rows),
        note=note if partly else "",
    )
    failed = [check for check in checks if not check["succes"]]
    return (
        *((_in_full("Contrôles non tenus", heading, failed),) if failed else ()),
        summary,
        *((_in_full("Toutes les règles", heading, checks, folded),) if folded else ()),
    )


def _in_full(title: str, heading: str, checks: Sequence[Mapping[str, Any]], folded: str = "") -> Table:
    ordered = sorted(
        checks,
        key=lambda check: (
            bool(check["succes"]),
            not _verified(check),
            not _blocking(check),
            str(check["source"]),
            str(check["regle"]),
        ),
    )
    rows = tuple(
        (
            str(check["libelle"]),
            source_label(str(check["source"])),
            "oui" if _blocking(check) else "non",
            _said(check),
            str(check.get("detail") or ""),
        )
        for check in ordered
    )
    columns = (Column("Règle"), Column(heading), Column("Bloque la publication"), Column("Résultat"), Column("Détail"))
    return Table(title, columns, rows, folded=folded)


def _said(check: Mapping[str, Any]) -> str:
    if not check["succes"]:
        return "non tenu"
    return "tenu" if _verified(check) else "sans objet"


# --- what was received ---------------------------------------------------------------------------------------------


def _set_aside(journal: pd.DataFrame) -> tuple[Block, ...]:
    if "regle" not in journal.columns:
        return (Paragraph("Aucune ligne n'a été écartée."),)
    rows = journal[(journal["regle"] != WHOLE) & (journal["emetteur"] == WHOLE)]
    if rows.empty:
        return (Paragraph("Aucune ligne n'a été écartée."),)
    ordered = rows.sort_values(["source", "lignes_ecartees", "regle"], ascending=[True, False, True])
    cells = tuple(
        (
            _rule_label(str(row["source"]), str(row["regle"])),
            _name(row["source"], {}),
            _count(row, "lignes_ecartees"),
        )
        for row in ordered.to_dict("records")
    )
    table = Table(
        "Lignes écartées, par motif et par source",
        (Column("Motif"), Column("Source"), Column("Lignes écartées", True)),
        cells,
        note="Une ligne écartée pour plusieurs motifs est comptée une fois, au premier. " + HIDDEN_NOTE,
        folded="Voir les motifs" if len(cells) > LONG else "",
    )
    return (table,)


def _rule_label(source: str, regle: str) -> str:
    if regle in RULES:
        return RULES[regle]
    own = {rule.id: rule.motif.rstrip(".") for rule in contracts()[source].regles} if source in contracts() else {}
    return own.get(regle, regle)


def _received(journal: pd.DataFrame) -> Section:
    keys = [name for name in ("source", "emetteur") if name in journal.columns]
    counted = [name for name in COUNTS if name in journal.columns]
    if not keys or journal.empty:
        return Section("reception", "Ce qui a été reçu", (Paragraph("Aucun fichier n'a été reçu."),))
    files = journal[journal["regle"] == WHOLE] if "regle" in journal.columns else journal
    senders = load("emetteurs").set_index("emetteur")["libelle"].to_dict()

    def table(title: str, named: Sequence[str], rows: pd.DataFrame, folded: str) -> Table:
        cells = tuple(
            (
                *(_name(row[name], senders) for name in named),
                *(HIDDEN if pd.isna(row[name]) else fr_number(row[name]) for name in counted),
            )
            for row in rows.sort_values(list(named), na_position="last").to_dict("records")
        )
        headings = {"source": "Source", "emetteur": "Émetteur"}
        columns = (*(Column(headings[name]) for name in named), *(Column(COUNTS[name], True) for name in counted))
        return Table(title, columns, cells, note=HIDDEN_NOTE, folded=folded)

    if len(keys) < 2:
        return Section("reception", "Ce qui a été reçu", (table("Fichiers et lignes reçus", keys, files, ""),))
    sums = _sums(journal)
    detail = files[(files["emetteur"] != WHOLE) & (files["source"] != WHOLE)]
    words = "Voir le détail par source et par émetteur" if len(detail) > LONG or len(sums) else ""
    blocks: list[Block] = []
    if len(sums):
        blocks.append(table("Fichiers et lignes reçus, par source", ["source"], sums, ""))
    blocks.append(table("Fichiers et lignes reçus", keys, detail, words))
    if len(absent := _absent(detail)):
        blocks += absent
    return Section("reception", "Ce qui a été reçu", tuple(blocks))


def _absent(files: pd.DataFrame) -> list[Block]:
    """Sources expected of a sender that it did not send: an information, never a fault."""
    known = load("emetteurs")
    known = known[known["type"] == "collectivite"]
    sent = set(zip(files["emetteur"], files["source"], strict=True))
    waited: dict[str, list[str]] = {}
    expected: dict[str, int] = {}
    for sender in known.itertuples():
        for source in str(sender.sources_attendues).split("|"):
            expected[source] = expected.get(source, 0) + 1
            if (sender.emetteur, source) not in sent:
                waited.setdefault(source, []).append(str(sender.libelle))
    rows = tuple(
        (
            source_label(source),
            f"{fr_number(expected[source] - len(names))} sur {fr_number(expected[source])}",
            ", ".join(names) or "–",
        )
        for source in sorted(expected, key=source_label)
        for names in [sorted(waited.get(source, []))]
    )
    return [
        Paragraph(
            "Une collectivité qui n'a pas transmis une source n'est pas en défaut : ses indicateurs sont dits « non "
            "reçus », jamais nuls.",
            "note",
        ),
        Table(
            "Sources attendues des collectivités",
            (Column("Source"), Column("Reçue de", True), Column("Pas encore reçue de")),
            rows,
            folded="Voir ce qui n'a pas encore été reçu",
        ),
    ]


def _trend(campagnes: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    rows, by_source = [], []
    for one in sorted(campagnes, key=lambda entry: int(entry["campagne"])):
        journal = checked(one["journal"], "public")
        total = _totals(journal)
        if not total:
            continue
        verified = [check for check in one["controles"] if _verified(check)]
        held = f"{fr_number(sum(bool(c['succes']) for c in verified))} sur {fr_number(len(verified))}"
        year, files, refused = str(one["campagne"]), fr_number(total["fichiers"]), fr_number(total["fichiers_refuses"])
        rows.append((year, files, refused, held if verified else "non contrôlée"))
        by_source += [
            (_name(row["source"], {}), year, _count(row, "lignes_acceptees"), _share_set_aside(row))
            for row in _sums(journal).to_dict("records")
        ]
    if not rows:
        return (Paragraph("Aucune campagne n'a encore été contrôlée."),)
    labels = ("Fichiers", "Fichiers refusés", "Contrôles tenus")
    first = Table(
        "Fichiers et contrôles, par campagne",
        (Column("Campagne"), *(Column(label, True) for label in labels)),
        tuple(rows),
    )
    second = Table(
        "Lignes acceptées et part écartée, par source et par campagne",
        (Column("Source"), Column("Campagne"), Column("Lignes acceptées", True), Column("Part écartée", True)),
        tuple(sorted(by_source)),
        note=HIDDEN_NOTE,
        folded="Voir l'évolution par source" if len(by_source) > CALLS else "",
    )
    if len(rows) > 1:
        return first, second
    return first, second, Paragraph("C'est la première campagne contrôlée : l'évolution se lira à la suivante.", "note")


def _name(value: Any, senders: Mapping[Any, Any]) -> str:
    if pd.isna(value) or value == "":
        return "ensemble"
    if value == "non_reconnue":
        return "source non reconnue"
    return str(senders.get(value, source_label(str(value))))
