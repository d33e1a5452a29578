"""A small lake written by hand, built once by dbt: every figure of it can be counted on paper."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from mentorat.contracts.sources import arrow_schema, contracts, pilotage_schema
from mentorat.intake.reception import JOURNAL_SCHEMA as JOURNAL
from mentorat.lake import write_parquet

PROJECT = Path(__file__).parents[2] / "dbt_project"
CAMPAGNE = 2024
PROPRE = "référence-en-clair-"
"""Begins every reference of the pilotage store: it must be found nowhere else."""
IDENTITES = pa.schema([("id_jeune", pa.string()), ("id_personne", pa.string()), ("passe", pa.string())])


def short_identifier(pseudonym: str) -> str:
    """The first 72 bits of the MD5, in 12 characters: the macro `identifiant_court`, said apart."""
    return base64.b64encode(hashlib.md5(pseudonym.encode()).digest()[:9]).decode()


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


class Lake:
    """Rows by source, with the defaults that keep a test to what it is about."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.identites: dict[str, str] = {}

    def add(self, source: str, depose_par: str, campagne: int = CAMPAGNE, /, **columns: Any) -> None:
        self.rows[source].append({"depose_par": depose_par, "campagne": campagne, **columns})

    def event(
        self, numero: str, typev: str, debut: str | None, fin: str | None = None, *, dep: str = "01", **columns: Any
    ) -> None:
        """One S1 event: a placement by a judge in an établissement of a child of 2010 unless said otherwise."""
        values = {
            "NUMDEP": dep,
            "NUMANONYM": numero,
            "NUMANONYMANT": numero,
            "TYPEV": typev,
            "SEXE": "1",
            "ANAIS": 2010,
            "MNAIS": 5,
            "DECISION": "2",
            "NATDECASSED": "17",
            "LIEUPLAC": "2",
            "DATDECPE": day(debut),
            "DATDEB": day(debut),
            "DATFIN": day(fin),
        }
        sender = columns.pop("depose_par", f"departement-{dep}")
        campagne = columns.pop("campagne", CAMPAGNE)
        self.add("mesures_ase", sender, campagne, **{**values, **columns})

    def passage(self, numero: str, jeune: str, dep: str = "01") -> None:
        self.add("passage", f"departement-{dep}", departement=dep, numanonym=numero, id_jeune=jeune)

    def dossier(self, numero: str, jeune: str, statut: str, dep: str = "01", **columns: Any) -> None:
        dates = {name: day(value) if name.startswith("date_") else value for name, value in columns.items()}
        self.add(
            "dossiers_mentorat",
            f"departement-{dep}",
            **{"departement": dep, "id_dossier": numero, "id_jeune": jeune, "statut": statut, **dates},
        )

    def binome(
        self, numero: str, jeune: str, debut: str, fin: str | None = None, dep: str = "01", **columns: Any
    ) -> None:
        values = {
            "id_binome": numero,
            "association": "demo-01",
            "departement": dep,
            "id_jeune": jeune,
            "id_mentor": f"m-{numero}",
            "nature": "mentorat",
            "modalite": "presentiel",
            "date_debut": day(debut),
            "date_fin": day(fin),
        }
        self.add("binomes", "association-demo-01", **{**values, **columns})

    def perimetre(
        self, emetteur: str, source: str, etape: str, exhaustif: str = "oui", publics: str | None = None
    ) -> None:
        self.add(
            "perimetre",
            emetteur,
            emetteur=emetteur,
            source=source,
            premiere_etape_exhaustive=etape,
            exhaustif=exhaustif,
            publics_inclus=publics,
            date_extraction=date(2025, 2, 1),
        )

    def write(self, root: Path) -> None:
        for name in contracts():
            schema = arrow_schema(name)
            frame = pd.DataFrame(self.rows[name], columns=schema.names).astype(object)
            for campagne in {CAMPAGNE, *frame["campagne"].dropna()}:
                write_parquet(
                    frame[frame["campagne"] == campagne].where(frame.notna(), None),
                    root / "etude" / name / f"{campagne}.parquet",
                    schema,
                )
            if contracts()[name].pilotage:
                self._write_pilotage(root, name, frame)
        identites = pd.DataFrame(
            [(jeune, personne, "exact") for jeune, personne in self.identites.items()], columns=IDENTITES.names
        )
        write_parquet(identites, root / "etude" / "identites" / f"{CAMPAGNE}.parquet", IDENTITES)
        mentors = pd.DataFrame(columns=["id_mentor", *IDENTITES.names[1:]])
        chains = pa.schema([("id_mentor", pa.string()), *list(IDENTITES)[1:]])
        write_parquet(mentors, root / "etude" / "identites_mentors" / f"{CAMPAGNE}.parquet", chains)
        files = pd.DataFrame(
            [
                (row["depose_par"], name)
                for name, rows in self.rows.items()
                for row in rows
                if row["campagne"] == CAMPAGNE
            ],
            columns=["emetteur", "source"],
        )
        journal = files.value_counts().rename("lignes_recues").reset_index()
        journal["statut"] = "acceptee"
        journal["campagne"] = CAMPAGNE
        journal["lignes_acceptees"] = journal["lignes_recues"]
        journal["lignes_ecartees"] = journal["doublons_exacts"] = 0
        journal["recu_le"] = pd.Timestamp("2025-04-30", tz="UTC")
        journal["chemin"] = journal["emetteur"] + "/" + journal["source"] + ".csv"
        journal = journal.reindex(columns=JOURNAL.names).sort_values("chemin")
        write_parquet(journal, root / "journal" / f"{CAMPAGNE}.parquet", JOURNAL)
        for folder in ("marts", "pilotage/rendus"):
            (root / folder / str(CAMPAGNE)).mkdir(parents=True)

    def _write_pilotage(self, root: Path, name: str, frame: pd.DataFrame) -> None:
        """The same rows in the pilotage store, in the senders' own references."""
        schema = pilotage_schema(name)
        own = frame.assign(
            **{f"{column}_etude": frame[column] for column in ("id_jeune", "id_mentor") if column in frame}
        )
        for column in {"id_dossier", "id_binome"} & set(own):
            own[column] = PROPRE + own[column]
        now = own[own["campagne"] == CAMPAGNE].reindex(columns=schema.names)
        write_parquet(now.where(now.notna(), None), root / "pilotage" / name / f"{CAMPAGNE}.parquet", schema)


def hand_made_lake() -> Lake:
    """Ain (01) sends everything; each other territory lacks one thing."""
    lake = Lake()
    # 01: full, exhaustive from evaluation on. Six young people in care at 31 December.
    for source in ("mesures_ase", "dossiers_mentorat"):
        lake.perimetre("departement-01", source, "evaluation")
    lake.event("n1", "1", "2022-03-01", SEXE="2", NIVSCO="420")  # 14, running pair (S3)
    lake.event("n2", "1", "2023-06-01", NIVSCO="430", ANAIS=2009)  # 15, waits for a mentor
    lake.event("n3", "1", "2024-02-01", ANAIS=2013, NIVSCO="340")  # 11 in the year, known CM1: not an entrant
    lake.event("n4", "1", "2023-01-15", ANAIS=2014, NIVSCO="350")  # 10, then in 6e: eligible by NIVSCO, entrant
    lake.event("n4", "3", "2023-01-15", "2024-10-01", ANAIS=2014, NIVSCO="410")
    lake.event("n4", "2", "2024-10-01", ANAIS=2014, NIVSCO="410")
    lake.event("n5", "1", "2021-01-01", ANAIS=9999, MNAIS=99)  # age unknown
    lake.event("n6", "1", "2020-01-01", ANAIS=2015)  # 9, not eligible
    lake.event("n7", "1", "2020-01-01", ANAIS=2006, MNAIS=4)  # 18 in April: presumed end, leaves within the year
    lake.event(
        "n8", "1", "2024-04-20", ANAIS=2006, DECISION="1", NATDECASSED=None, LIEUPLAC=None, NATPDECADM="21", LIEUACC="6"
    )
    lake.event("n9", "1", "2024-05-01", NATDECASSED="14", LIEUPLAC=None)  # investigation: not care
    lake.event("n10", "1", "2024-05-01", LIEUPLAC="20")  # decided, not carried out
    lake.event("n11", "1", "2022-09-01", NATDECASSED="15", LIEUPLAC=None, ANAIS=2011)  # AEMO, 13, refused
    for n in (1, 2, 3, 4, 5, 6, 7, 8, 11):
        lake.passage(f"n{n}", f"j{n}")
    lake.identites = {f"j{n}": f"p{n}" for n in range(1, 12)} | {"j1bis": "p1"}
    lake.dossier(
        "d1", "j1", "en_cours", date_evaluation="2023-05-01", date_derniere_evaluation="2024-05-01",
        date_proposition="2024-05-10", reponse_jeune="accepte", decision_accord="accord", date_lancement="2024-09-20",
    )  # fmt: skip
    lake.dossier(
        "d2", "j2", "attente_mentor", date_evaluation="2024-02-01", date_proposition="2023-11-01",
        reponse_jeune="accepte", decision_accord="accord",
    )  # fmt: skip
    lake.dossier("d4", "j4", "evalue", date_evaluation="2024-06-15", conclusion_evaluation="differe")
    lake.dossier("d11", "j11", "refus_jeune", date_evaluation="2022-01-01", date_proposition="2024-03-01")
    lake.binome("b1", "j1bis", "2024-10-01", id_dossier="d1")  # S3's start counts, not 20 September
    lake.binome("b7", "j7", "2023-10-01", "2024-03-31")
    lake.add(
        "controles_honorabilite", "departement-01", departement="01", id_mentor="m-b1", type="b2_fijais",
        date_controle=date(2024, 1, 20),
    )  # fmt: skip
    for binome, seance in (("b1", "2024-12-10"), ("b70", "2024-02-14")):
        lake.add(
            "seances", "association-demo-01", id_binome=binome, association="demo-01", date_seance=day(seance),
            duree_minutes=60, presence="present",
        )  # fmt: skip
    # 02: a tracking table alone, without perimeter.
    lake.dossier(
        "d20",
        "j20",
        "en_cours",
        dep="02",
        date_lancement="2024-01-10",
        naissance="2010-02",
        date_proposition="2024-01-02",
    )
    lake.dossier("d21", "j21", "en_cours", dep="02", naissance="2010-02")  # running, no date of launch
    # 04: a flow without its stock.
    for n in range(12):
        lake.event(f"n4{n}", "1", "2024-03-01", dep="04")
    lake.passage("n40", "j40", dep="04")
    lake.dossier("d40", "j40", "evalue", dep="04", date_evaluation="2024-04-01")
    # 05: no correspondence table; exhaustive from the proposal on.
    lake.perimetre("departement-05", "dossiers_mentorat", "proposition")
    lake.event("n50", "1", "2022-01-01", dep="05")
    lake.event("n51", "1", "2022-01-01", dep="05", ANAIS=2008, LIEUPLAC="1")
    lake.dossier("d50", "j50", "propose", dep="05", naissance="2010-05", date_proposition="2024-05-05")
    # 06: an aggregate alone. 07: a pair told by an association alone.
    returned = {"binomes_lances": 9, "binomes_31_12": 8, "dont_parrainage": 1, "dont_jeunes_majeurs": 2}
    lake.add("remontee_agregee", "departement-06", departement="06", annee=CAMPAGNE, confies_11_17=20, **returned)
    lake.add("remontee_agregee", "departement-01", departement="01", annee=CAMPAGNE, binomes_lances=3)
    lake.binome("b70", "j70", "2024-02-01", dep="07", naissance="2012-01", sexe="F", modalite="distanciel")
    lake.binome("b71", "j71", "2024-02-01", dep="07", nature="parrainage")
    # Corse sends both of its territories, Alsace one of two.
    lake.event("n2a", "1", "2022-01-01", dep="2A", depose_par="collectivite-corse")
    lake.event("n2b", "1", "2022-01-01", dep="2B", depose_par="collectivite-corse")
    lake.event("n67", "1", "2022-01-01", dep="67", depose_par="collectivite-alsace")
    return lake


@dataclass(frozen=True)
class Build:
    lake: Path
    target: Path
    environment: dict[str, str]

    def mart(self, name: str) -> pd.DataFrame:
        """A mart, persons named as the lake names them: the warehouse carries a short form of their pseudonym."""
        frame = pd.read_parquet(self.lake / "marts" / str(CAMPAGNE) / f"{name}.parquet")
        people = pd.read_parquet(self.lake / "etude" / "identites" / f"{CAMPAGNE}.parquet")["id_personne"]
        names = {short_identifier(person): person for person in people.dropna()}
        return frame.assign(
            **{
                column: frame[column].map(lambda told: names.get(told, told))
                for column in ("id_population", "id_personne")
                if column in frame
            }
        )

    def indicateur(
        self, code: str, indicateur: str, mesure: str = "nombre", ventilation: str = "", periode: str = "2024"
    ) -> pd.Series:
        frame = self.mart("indicateurs")
        found = frame[
            (frame["code"] == code)
            & (frame["indicateur"] == indicateur)
            & (frame["mesure"] == mesure)
            & (frame["ventilation"] == ventilation)
            & (frame["periode"] == periode)
        ]
        assert len(found) == 1, found
        return found.iloc[0]

    @property
    def marts(self) -> list[str]:
        nodes = self.manifest["nodes"].values()
        return sorted(n["name"] for n in nodes if n["resource_type"] == "model" and n["fqn"][1] == "marts")

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # dbt keeps global state in a process: a subprocess keeps the tests apart.
        return subprocess.run(
            [str(Path(sys.executable).with_name("dbt")), *arguments, "--target-path", str(self.target)],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self) -> subprocess.CompletedProcess[str]:
        """As `run` does it, for a dépôt of a hundredth of the country."""
        return self.dbt(
            "build", "--exclude-resource-type", "unit_test", "--vars", json.dumps({"facteur_echelle": 0.01})
        )

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    root = tmp_path_factory.mktemp("dbt")
    hand_made_lake().write(root / "lake")
    environment = {
        **os.environ,
        "MENTORAT_LAKE": str(root / "lake"),
        "MENTORAT_ENTREPOT": str(root / "warehouse.duckdb"),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_LOG_PATH": str(root / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    built = Build(root / "lake", root / "target", environment)
    result = built.build()
    assert result.returncode == 0, result.stdout[-6000:]
    yield built
