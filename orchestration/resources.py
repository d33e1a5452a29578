"""What assets need from outside: the settings, and dbt as it stands beside this interpreter."""

import fcntl
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from dagster import ConfigurableResource, MetadataValue
from dagster_dbt import DbtCliResource

from mentorat.disclosure.rules import rules
from mentorat.errors import UsageError
from mentorat.settings import CHECKOUT, Settings
from orchestration.engine import DBT, DBT_PROJECT

MANIFEST = DBT_PROJECT / "target" / "manifest.json"


class Maison(ConfigurableResource):
    """The house's settings, read when a run starts (definitions load without any environment)."""

    @property
    def settings(self) -> Settings:
        return Settings()


def _sources_of_manifest() -> list[Path]:
    files = [DBT_PROJECT / "dbt_project.yml", DBT_PROJECT / "profiles.yml"]
    for folder in ("models", "macros", "materializations", "tests"):
        files += [path for path in (DBT_PROJECT / folder).rglob("*") if path.suffix in {".sql", ".yml", ".md"}]
    files += sorted((CHECKOUT / "mentorat" / "reference").glob("*.csv"))
    return files


def ensure_manifest() -> Path:
    """Path of dbt's manifest, parsed again when a model, test, macro or seed is newer.

    Raises UsageError when dbt cannot parse the project.
    """
    MANIFEST.parent.mkdir(exist_ok=True)
    with (MANIFEST.parent / ".manifest.lock").open("w") as lock:
        # of two runs begun together on a new checkout, one would read what the other is writing
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(path.stat().st_mtime for path in _sources_of_manifest())
        if not MANIFEST.exists() or MANIFEST.stat().st_mtime < newest:
            _parse()
    return MANIFEST


def _parse() -> None:
    command = [
        str(DBT),
        "--quiet",
        "parse",
        "--project-dir",
        str(DBT_PROJECT),
        "--profiles-dir",
        str(DBT_PROJECT),
    ]
    environment = os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise UsageError(f"Le projet dbt ne se lit pas :\n{result.stdout}{result.stderr}")
    # dbt leaves the file alone when nothing changed in content
    os.utime(MANIFEST)


def dbt_resource() -> DbtCliResource:
    """DbtCliResource with the dbt executable that stands beside the interpreter (PATH may hold another, or none)."""
    return DbtCliResource(
        project_dir=str(DBT_PROJECT),
        profiles_dir=str(DBT_PROJECT),
        dbt_executable=str(DBT),
        global_config_flags=["--no-use-colors"],
    )


def link(path: Path) -> MetadataValue:
    """Metadata that links to an output in the UI."""
    return MetadataValue.path(path)


def dbt_results(settings: Settings, campagne: int) -> list[dict[str, Any]]:
    """Results of the last build's data tests: source (the table), regle, libelle, niveau, succes, detail."""
    target = settings.lake / "dbt" / str(campagne)
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    found = []
    for result in results:
        node = nodes.get(result["unique_id"])
        if node is None or node["resource_type"] != "test":
            continue
        metadata = node.get("test_metadata") or {}
        column = node.get("column_name")
        name = metadata.get("name", node["name"])
        failures = result["failures"] or 0
        found.append(
            {
                # a test of a model names it; one of a source depends on it first
                "source": (node.get("attached_node") or node["depends_on"]["nodes"][0]).rsplit(".", 1)[-1],
                "regle": name,
                "libelle": f"{DBT_TESTS.get(name, name)}{f' : {column}' if column else ''}",
                "niveau": "bloquant" if node["config"]["severity"].lower() == "error" else "avertissement",
                "succes": result["status"] == "pass",
                "detail": "" if result["status"] == "pass" else _few(failures),
            }
        )
    return sorted(found, key=lambda r: (r["source"], r["regle"], r["libelle"]))


def _few(failures: int) -> str:
    """How many rows fail, without a count under the public threshold."""
    least = rules().threshold("public")
    return f"{failures} lignes en défaut" if failures >= least else f"moins de {least} lignes en défaut"


DBT_TESTS = {
    "not_null": "Toujours rempli",
    "unique": "Sans doublon",
    "accepted_values": "Codes attendus",
    "relationships": "Renvoie à une ligne existante",
    "cle_unique": "Une ligne par clé",
    "codes_connus": "Seulement des codes du contrat",
    "lignes_conservees": "Aucune ligne ne se perd d'une étape à l'autre",
    "fin_apres_debut": "Aucune fin avant le début",
    "niveau_complet": "Tous les territoires sont présents",
    "somme_nationale": "La France est la somme des territoires",
    "ventilations_contenues": "Une ventilation ne dépasse pas son total",
    "valeurs_coherentes": "Valeur, numérateur et dénominateur s'accordent",
    "flux_conserve": "Le flux conserve les effectifs",
    "lieu_reconnu": "Tout lieu d'accueil a un code connu",
    "mois_sans_trou": "Les mois d'un jeune se suivent sans trou",
    "population_conservee": "La population est celle des mesures",
    "flux_reperes_conserve": "Chaque flux conserve les effectifs",
    "identifiants_distincts": "Un identifiant court ne désigne qu'une personne",
    "avant_le_premier_jour": "Aucune covariable n'est lue après la date d'index",
    "lu_avant": "Rien n'est lu du premier jour à risque, ni après",
}
"""French words for the generic tests, dbt's own and ours."""
