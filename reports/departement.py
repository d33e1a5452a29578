"""The report of a territory: from eligibility to the pair, for those who steer mentoring there."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mentorat.contracts.catalogue import catalogue
from mentorat.contracts.sources import contract
from mentorat.disclosure.door import ReleasedTable
from mentorat.errors import UsageError
from mentorat.typography import fr_number
from reports.charts import Bar, bars_svg
from reports.model import Chart, Column, KeyFigure, KeyFigures, Paragraph, Report, Section, SmallTables, Table
from reports.parts import HIDDEN_NOTE, chain, mention, method_section
from reports.reading import (
    DIMENSIONS,
    WORDS,
    Indicators,
    Reading,
    Territory,
    checked,
    label,
    listed,
    territories,
)

TITLE = "Le mentorat des jeunes de l'aide sociale à l'enfance"
BASES = ("confies_11_17", "pris_en_charge_11_17")
LINES = {
    "lignes_recues": "Lignes reçues",
    "lignes_acceptees": "Lignes acceptées",
    "lignes_ecartees": "Lignes écartées",
}
TABLES = {
    "journal": "Journal des fichiers",
    "identites": "Identités",
    "population": "Population suivie",
    "eligibles": "Jeunes éligibles",
    "cohorte": "Groupes comparés",
    "flux_cohorte": "De la population aux groupes",
    "binomes_retenus": "Binômes retenus",
    "receptions": "Réceptions par territoire",
    "indicateurs": "Indicateurs",
}
"""Names a reader understands for the tables that are checked."""
SHARES = ("A2a", "A2b", "A3", "A3E")


def departement_report(
    code: str,
    campagne: int,
    indicateurs: ReleasedTable,
    receptions: ReleasedTable,
    simulation: Mapping[str, Any] | None,
) -> Report:
    """The report of territory or collectivité `code` for `campagne`.

    `indicateurs`: columns of the mart and `diffusion`. `receptions`: one row a territory and source.
    Both are released tables: TypeError otherwise. Raises UsageError when `code` has no report.
    """
    territory = territories().get(code)
    if territory is None:
        raise UsageError(
            f"« {code} » n'est pas un code de territoire. Donnez un code comme 01, 2A, 69M, 971, 20R ou 6AE."
        )
    frame = checked(indicateurs, "partenaire")
    kept = (frame["code"] == code) & (frame["niveau"] == territory.niveau) | (frame["niveau"] == "national")
    indicators = Indicators(frame[kept], campagne)
    banner, detail = mention(simulation)
    return Report(
        title=TITLE,
        subtitle=f"{territory.label} ({code}), campagne {campagne}",
        audience="partenaire",
        mention=banner,
        mention_detail=detail,
        sections=(
            _summary(indicators, territory),
            _steps(indicators, territory),
            _shares(indicators, territory),
            _breakdown(indicators, territory),
            Section(
                "chaine",
                "La chaîne de valeur de l'impact",
                (
                    chain(
                        indicators,
                        territory.niveau,
                        code,
                        results=("Mesurés par enquête, à l'échelle nationale : voir le rapport national.",),
                        impact=("Un effet ne s'estime pas à l'échelle d'un territoire : voir le rapport national.",),
                    ),
                ),
            ),
            _received(checked(receptions, "partenaire"), territory),
            method_section(("A1", "A1JM", *SHARES, "A3D", "O1", "O2", "O3"), simulation),
        ),
        sources=(
            "Fichiers transmis par les collectivités et les associations pour la campagne.",
            "Définitions : catalogue des indicateurs du projet ; articles L.221-2-6 et D.221-34 à "
            "D.221-40 du code de "
            "l'action sociale et des familles.",
        ),
    )


def _summary(indicators: Indicators, place: Territory) -> Section:
    eligible = indicators.read(place.niveau, place.code, "A1")
    proposed = indicators.read(place.niveau, place.code, "A3")
    proposed_share = indicators.read(place.niveau, place.code, "A3", "part")
    active = indicators.read(place.niveau, place.code, "O2")
    base, coverage = coverage_of(indicators, place.niveau, place.code)
    national = indicators.read("national", "FR", "O3", "part", ventilation=f"base={base}")
    figures = (
        KeyFigure("jeunes éligibles au 31 décembre", eligible.count()),
        KeyFigure(
            "jeunes concernés par une proposition",
            proposed.count(),
            f"soit {proposed_share.share()} des éligibles" if proposed_share.state == "chiffre" else "",
        ),
        KeyFigure("binômes actifs au 31 décembre", active.count()),
        KeyFigure(
            f"des {label('base', base)} ont un binôme actif",
            coverage.share(),
            f"France : {national.share()}" if national.state == "chiffre" else "",
        ),
    )
    return Section(
        "essentiel",
        "L'essentiel",
        (KeyFigures(figures), Paragraph(_sentence(indicators, place, eligible, active))),
    )


def coverage_of(indicators: Indicators, niveau: str, code: str) -> tuple[str, Reading]:
    """Coverage on the first base that gives a figure here (confiés, then all in care), else on the first."""
    cells = [(base, indicators.read(niveau, code, "O3", "part", ventilation=f"base={base}")) for base in BASES]
    return next(((base, cell) for base, cell in cells if cell.state == "chiffre"), cells[0])


def _sentence(indicators: Indicators, place: Territory, eligible: Reading, active: Reading) -> str:
    day = f"Au 31 décembre {indicators.campagne}"
    if eligible.state == "chiffre" and active.state == "chiffre":
        sentence = (
            f"{day}, {eligible.count()} jeunes remplissent les conditions pour qu'un mentorat leur soit proposé, et "
            f"{active.count()} binômes sont actifs."
        )
    elif active.state == "chiffre":
        sentence = f"{day}, {active.count()} binômes sont actifs ; nombre de jeunes éligibles : {eligible.count()}."
    elif eligible.state == "chiffre":
        sentence = (
            f"{day}, {eligible.count()} jeunes remplissent les conditions pour qu'un mentorat leur soit "
            "proposé ; "
            f"nombre de binômes actifs : {active.count()}."
        )
    else:
        sentence = f"{day}, jeunes éligibles : {eligible.count()} ; binômes actifs : {active.count()}."
    young_adults = indicators.read(place.niveau, place.code, "A1JM")
    if young_adults.state == "chiffre":
        sentence += (
            f" S'y ajoutent {young_adults.count()} jeunes majeurs accompagnés, à qui un mentorat peut "
            "être proposé "
            "sans que la loi le demande."
        )
    return sentence


def _steps(indicators: Indicators, place: Territory) -> Section:
    steps = (
        ("A1", "Jeunes éligibles au 31 décembre"),
        ("A2b", "Évalués dans les douze derniers mois"),
        ("A3", "Concernés par une proposition"),
        ("O2", "Binômes actifs au 31 décembre"),
    )
    cells = [(text, indicators.read(place.niveau, place.code, name)) for name, text in steps]
    chart = Chart(
        title="Jeunes et binômes, étape par étape",
        svg=bars_svg([Bar(text, cell.value, cell.count()) for text, cell in cells]),
        alt="Barres horizontales, de haut en bas : "
        + " ; ".join(f"{text} : {cell.count()}" for text, cell in cells)
        + ".",
        data=Table(
            "Les nombres du graphique",
            (Column("Étape"), Column("Nombre", True)),
            tuple((text, cell.count()) for text, cell in cells),
        ),
        note="Les binômes comptent aussi ceux des jeunes majeurs et ceux que les associations ont déclarés : "
        "la dernière barre n'est pas toujours contenue dans la précédente.",
    )
    differed = indicators.read(place.niveau, place.code, "A3D")
    remark = Paragraph(
        "Une évaluation peut conclure qu'un mentorat n'est pas, ou pas encore, dans l'intérêt de l'enfant. "
        f"Évaluations défavorables ou différées : {differed.count()}.",
        "note",
    )
    return Section("etapes", "De l'éligibilité au binôme", (chart, remark))


def _shares(indicators: Indicators, place: Territory) -> Section:
    cells = [(catalogue()[name].libelle, "part", name, "") for name in SHARES] + [
        (f"Couverture des {label('base', base)}", "part", "O3", f"base={base}") for base in BASES
    ]
    rows = []
    for text, mesure, name, ventilation in cells:
        here = indicators.read(place.niveau, place.code, name, mesure, ventilation=ventilation)
        france = indicators.read("national", "FR", name, mesure, ventilation=ventilation)
        rows.append(
            (
                text,
                here.part("numerator"),
                here.part("denominator"),
                here.share(),
                here.missing_words(),
                france.share(),
            )
        )
    launched = [
        f"{indicators.read(place.niveau, place.code, 'O1', periode=period).count()} ({words})"
        for period, words in (
            (str(indicators.campagne), f"année {indicators.campagne}"),
            (indicators.school_year, f"année scolaire {indicators.school_year}"),
        )
    ]
    table = Table(
        "Évaluation, proposition et couverture",
        (
            Column("Indicateur"),
            Column("Jeunes comptés", True),
            Column("Sur", True),
            Column("Part", True),
            Column("Manquants", True),
            Column("France", True),
        ),
        tuple(rows),
        note=HIDDEN_NOTE,
    )
    return Section(
        "indicateurs",
        "Évaluer, proposer, couvrir",
        (table, Paragraph(f"Binômes lancés : {listed(launched)}.")),
    )


def _breakdown(indicators: Indicators, place: Territory) -> Section:
    tables = []
    for dimension, name in DIMENSIONS.items():
        codes = sorted(
            set(indicators.ventilations(place.niveau, place.code, "A1", dimension))
            | set(indicators.ventilations(place.niveau, place.code, "O2", dimension)),
            key=lambda value: (value.startswith("autre"), value),
        )
        shown = {"modalite": ("O2",), "accueil": ("A1",)}.get(dimension, ("A1", "O2"))
        headings = {"A1": "Jeunes éligibles", "O2": "Binômes actifs"}
        if codes:
            tables.append(
                Table(
                    f"Selon {name}",
                    (Column("Catégorie"), *(Column(headings[item], True) for item in shown)),
                    tuple(
                        (
                            label(dimension, value),
                            *(
                                indicators.read(
                                    place.niveau, place.code, item, ventilation=f"{dimension}={value}"
                                ).count()
                                for item in shown
                            ),
                        )
                        for value in codes
                    ),
                )
            )
    if not tables:
        return Section(
            "jeunes", "Qui sont les jeunes", (Paragraph("Aucune répartition n'est publiée pour ce territoire."),)
        )
    note = Paragraph(
        "Un jeune ou un binôme dont la catégorie n'est pas connue est dans le total et dans aucune ligne.", "note"
    )
    return Section("jeunes", "Qui sont les jeunes", (SmallTables(tuple(tables)), note))


def _received(receptions: pd.DataFrame, place: Territory) -> Section:
    """What the sender in charge of this territory sent, source by source, and what it declared of it."""
    rows = receptions[receptions["territoire"].isin(place.parts)].sort_values(["territoire", "source"])
    several = len(place.parts) > 1
    names = {code: territory.label for code, territory in territories().items()}
    declared = contract("perimetre").colonne("exhaustif").codes
    table = Table(
        "Sources attendues et reçues",
        (
            Column("Source"),
            *((Column("Territoire"),) if several else ()),
            Column("Reçue"),
            Column("Déclarée exhaustive"),
            *(Column(heading, True) for heading in LINES.values()),
        ),
        tuple(
            (
                source_label(str(row["source"])),
                *((names[row["territoire"]],) if several else ()),
                "oui" if row["recu"] else "non",
                declared.get(str(row["exhaustif"]), "–").lower() if row["recu"] else "–",
                *(_lines(row, name) for name in LINES),
            )
            for row in rows.to_dict("records")
        ),
    )
    text = Paragraph(
        "Les lignes sont celles des fichiers de la collectivité. Le détail ligne à ligne, avec les "
        "anomalies à corriger, "
        "est remis à chaque émetteur dans ses retours."
    )
    return Section("reception", "Ce que nous avons reçu", (table, text))


def source_label(source: str) -> str:
    """Short French name of a source or of a table of the chain, else the name given."""
    return contract("perimetre").colonne("source").codes.get(source, TABLES.get(source, source))


def _lines(row: Mapping[Any, Any], name: str) -> str:
    if pd.isna(row[name]):
        return WORDS["secret"] if row.get("diffusion") == "secret" else "–"
    return fr_number(row[name])
