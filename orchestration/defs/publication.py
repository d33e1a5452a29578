"""From released tables to what is read: reports, the evaluation folder, the quality page, the manifest.

Every asset writes into the draft of the campagne; the last one swaps it for the publication, whole.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dagster import AssetExecutionContext, AssetKey, MaterializeResult, MetadataValue, asset

from mentorat.causal.effect_tables import SCHEMAS
from mentorat.disclosure.door import ReleasedTable
from mentorat.lake import write_parquet
from mentorat.settings import CAMPAGNES, CHECKOUT, Settings
from notebooks.pages import PAGES, Page
from orchestration.defs.diffusion import diffusion_key, is_released, load, released_document
from orchestration.defs.durees import DIPLOMAS, DURATION_TABLES, STUDIES
from orchestration.defs.entrepot import MART_TABLES
from orchestration.defs.recueil import BORDER_TABLES
from orchestration.partitions import campagnes
from orchestration.progress import tell
from orchestration.resources import Maison, dbt_results, link

NOTEBOOKS = CHECKOUT / "notebooks"
EVALUATION = {
    "etude_2022": "etude_2022",
    "differences": "enquete_differences",
    **{table: table for table in SCHEMAS},
    "calendrier": "calendrier",
    "redressement": "redressement",
    "redressement_strates": "redressement_strates",
    "redressement_manquants": "redressement_manquants",
    "redressement_residus": "redressement_residus",
    "enquete_resultats": "enquete_resultats",
    "enquete_taux_reponse": "enquete_taux_reponse",
    "enquete_ponderation": "enquete_ponderation",
    "enquete_fiabilite": "enquete_fiabilite",
    "enquete_indices": "enquete_indices",
    "enquete_ordinal": "enquete_ordinal",
    "enquete_manquants": "enquete_manquants",
    "enquete_sensibilite": "enquete_sensibilite",
    **{table: table for table in (*DURATION_TABLES, DIPLOMAS, STUDIES)},
    "dose": "durees_dose",
}
"""Released tables that evaluators and notebooks read → name of the CSV."""


def publication_key(part: str) -> AssetKey:
    """Asset key of one part of the publication."""
    return AssetKey(["publication", part])


def _fresh(settings: Settings, campagne: int, part: str) -> Path:
    """An empty folder of the draft: nothing of an earlier run stays in it."""
    folder = settings.brouillon(campagne) / part
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@asset(
    key=publication_key("departements"),
    deps=[diffusion_key("indicateurs"), diffusion_key("receptions")],
    partitions_def=campagnes,
    group_name="publication",
    kinds={"html", "pdf"},
)
def departements(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """One report a territory, and one more for each collectivité of several départements."""
    from reports.departement import departement_report
    from reports.reading import territories
    from reports.write import write_report

    settings, campagne = maison.settings, int(context.partition_key)
    folder = _fresh(settings, campagne, "departements")
    indicateurs = load(settings, campagne, "indicateurs", "partenaire")
    receptions = load(settings, campagne, "receptions", "partenaire")
    codes = sorted(territories())
    tell(context, f"Rapports des territoires : {len(codes)} rapports HTML et PDF")
    for code in codes:
        report = departement_report(code, campagne, indicateurs, receptions, settings.simulation(campagne))
        write_report(report, folder / code)
    return MaterializeResult(metadata={"rapports": len(codes), "dossier": link(folder)})


@asset(
    key=publication_key("national"),
    deps=[
        diffusion_key(t)
        for t in (
            "indicateurs",
            "flux_cohorte",
            "etude_2022",
            "differences",
            "effets",
            "redressement",
            "enquete_resultats",
        )
    ],
    partitions_def=campagnes,
    group_name="publication",
    kinds={"html", "pdf"},
)
def national(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """The national report, for the public."""
    from reports.national import national_report
    from reports.write import write_report

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Rapport national")
    tables = [load(settings, campagne, t, "public") for t in ("indicateurs", "flux_cohorte", "etude_2022")]
    survey = [load(settings, campagne, t, "public") for t in ("differences", "effets")]
    differences, effets = (None if table.frame.empty else table for table in survey)
    report = national_report(
        campagne,
        *tables,
        differences,
        effets,
        settings.simulation(campagne),
        redressement=load(settings, campagne, "redressement", "public"),
        resultats=load(settings, campagne, "enquete_resultats", "public"),
    )
    paths = write_report(report, _fresh(settings, campagne, "national"))
    return MaterializeResult(metadata={path.name: link(path) for path in paths})


@asset(
    key=publication_key("evaluation"),
    deps=[diffusion_key(t) for t in dict.fromkeys((*EVALUATION, *(table for page in PAGES for table in page.tables)))],
    partitions_def=campagnes,
    group_name="publication",
    kinds={"csv", "jupyter"},
)
def evaluation(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """What evaluators take away: tables as CSV, and the notebooks as pages."""
    settings, campagne = maison.settings, int(context.partition_key)
    folder = _fresh(settings, campagne, "evaluation")
    for table, name in EVALUATION.items():
        frame = load(settings, campagne, table, "partenaire").frame
        frame.to_csv(folder / f"{name}.csv", sep=";", index=False, encoding="utf-8", lineterminator="\n")
    released = [[load(settings, campagne, table, "partenaire") for table in page.tables] for page in PAGES]
    tell(context, f"Carnets : exécution et page HTML de {', '.join(page.stem for page in PAGES)}")
    # each notebook is a process of its own: two at a time
    with ThreadPoolExecutor(max_workers=2) as pool:
        pages = pool.map(lambda page, tables: _notebook_page(settings, campagne, page, tables), PAGES, released)
        for page, tables, html in zip(PAGES, released, pages, strict=True):
            document = released_document(settings, campagne, html, tables, page.stem)
            (folder / f"{page.stem}.html").write_text(document.html, encoding="utf-8", newline="\n")
    return MaterializeResult(
        metadata={
            "fichiers": len(list(folder.iterdir())),
            **{page.stem: link(folder / f"{page.stem}.html") for page in PAGES},
        }
    )


def _notebook_page(settings: Settings, campagne: int, page: Page, released: Sequence[ReleasedTable]) -> str:
    """The page of a notebook executed where nothing but the released tables it names can be read."""
    from notebooks.runner import execute_notebook, notebook_html
    from reports.parts import mention

    with tempfile.TemporaryDirectory(prefix="diffusion-") as place:
        for table in released:
            write_parquet(table.frame, Path(place) / f"{table.name}.parquet")
        parameters = {"estimations": place, "campagne": campagne}
        notebook = execute_notebook(NOTEBOOKS / f"{page.stem}.py", parameters, NOTEBOOKS)
    banner = mention(settings.simulation(campagne))[0] if page.campagne else ""
    return notebook_html(notebook, page.title, banner)


@asset(
    key=publication_key("qualite"),
    deps=[diffusion_key("journal"), *BORDER_TABLES.values(), *MART_TABLES.values()],
    partitions_def=campagnes,
    group_name="publication",
    kinds={"html"},
)
def qualite(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """The quality page: what was received, what each check said."""
    from reports.quality import quality_page
    from reports.write import write_page

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Page de qualité")
    controles = [check for stage in ("bordure", "marts") for check in _checks(settings, campagne, stage)]
    report = quality_page(
        campagne,
        load(settings, campagne, "journal", "public"),
        controles,
        dbt_results(settings, campagne),
        settings.simulation(campagne),
        tendance=_trend(settings, campagne),
    )
    path = write_page(report, _fresh(settings, campagne, "qualite") / "index.html")
    return MaterializeResult(metadata={"page": link(path), "controles": len(controles)})


def _checks(settings: Settings, campagne: int, stage: str) -> list[Mapping[str, Any]]:
    """Results of the border checks as the runner of `expectations/` kept them."""
    found = []
    for path in sorted((settings.lake / "qualite" / str(campagne) / stage).glob("*.json")):
        outcome = json.loads(path.read_text(encoding="utf-8"))
        found += [
            {
                "source": outcome["table"],
                "regle": rule.get("regle", stage),
                "libelle": rule["libelle"],
                "niveau": "bloquant" if rule["bloquant"] else "avertissement",
                "succes": rule["succes"],
                "verifie": rule.get("verifiee", True),
                "detail": rule["detail"],
                "emetteurs": rule.get("emetteurs", []),
            }
            for rule in outcome["rules"]
        ]
    return found


def _trend(settings: Settings, campagne: int) -> list[Mapping[str, Any]]:
    """What each campagne published of its own quality, this one last: released counts, and rules held."""
    found = []
    for year in CAMPAGNES:
        if year > campagne or not is_released(settings, year, "journal", "public"):
            continue
        counts = load(settings, year, "journal", "public")
        checks = _checks(settings, year, "bordure")
        found.append({"campagne": year, "journal": counts, "controles": checks})
    return found


@asset(
    key=publication_key("manifeste"),
    deps=[publication_key(part) for part in ("departements", "national", "evaluation", "qualite")],
    partitions_def=campagnes,
    group_name="publication",
    kinds={"json"},
)
def manifeste(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """Every published file with its sha256, the inputs' hashes, the code's version; then the draft is published."""
    from orchestration.manifest import publish

    settings, campagne = maison.settings, int(context.partition_key)
    content = publish(settings, campagne)
    tell(context, f"Publication : {len(content['fichiers'])} fichiers dans {settings.publication(campagne)}")
    return MaterializeResult(
        metadata={
            "fichiers": len(content["fichiers"]),
            "publication": link(settings.publication(campagne)),
            "version": MetadataValue.text(content["version"]),
        }
    )
