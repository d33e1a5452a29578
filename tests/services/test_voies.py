"""Ways in: a folder, a real SFTP server, a real PostgreSQL. The same contract behind all: screened, then deposited."""

import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from mentorat.intake.voies.collecte import collect
from mentorat.settings import Settings
from tests.services.conftest import PostgresServer, SshServer

CAMPAGNE = 2024
EMETTEUR = "departement-59"
CANARY = "canari.prenom.nom@exemple.fr"
ROWS = [
    ("departement-59", "binomes", "2025-03-01", "oui"),
    ("departement-59", "conventions", "2025-03-02", "partiel"),
]
HEADER = "emetteur;source;date_extraction;exhaustif"
GOOD = "\n".join([HEADER, *(";".join(row) for row in ROWS)]) + "\n"
CORRECTED = GOOD.replace("partiel", "oui")
IDENTIFYING = "\n".join([f"{HEADER};Courriel", *(f"{';'.join(row)};{CANARY}" for row in ROWS)]) + "\n"


@dataclass(frozen=True)
class Ways:
    """One way of each kind, to be filled by the test: a shared folder, a folder of the SFTP server, the base."""

    folder: Path
    served: Path
    ssh: SshServer
    base: PostgresServer

    def all(self) -> list[dict[str, object]]:
        return [folder_way(self.folder), sftp_way(self.ssh, self.served), postgresql_way(self.base)]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    private = tmp_path / "temporaire"
    private.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    return Settings(data=tmp_path / "donnees")


def configure(settings: Settings, *ways: dict[str, object]) -> None:
    settings.data.mkdir(parents=True, exist_ok=True)
    (settings.data / "voies.yml").write_text(yaml.safe_dump({"voies": list(ways)}), encoding="utf-8")


def put(folder: Path, name: str, content: str, age: int = 3600) -> Path:
    """A file at the sender's, last changed `age` seconds ago."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def deposited(settings: Settings) -> dict[str, str]:
    folder = settings.depot(CAMPAGNE) / EMETTEUR
    return {p.name: p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*")) if p.is_file()}


def everything_written(root: Path) -> bytes:
    return b"\n".join(p.read_bytes() + str(p).encode() for p in sorted(root.rglob("*")) if p.is_file())


def folder_way(folder: Path, **more: object) -> dict[str, object]:
    return {"emetteur": EMETTEUR, "type": "dossier", "chemin": str(folder), **more}


def sftp_way(server: SshServer, folder: Path, **more: object) -> dict[str, object]:
    return {
        "emetteur": EMETTEUR,
        "type": "sftp",
        "hote": "127.0.0.1",
        "port": server.port,
        "utilisateur": server.user,
        "cle_hote": server.host_key,
        "cle_privee": str(server.user_key),
        "dossier": str(folder),
    } | more


def postgresql_way(server: PostgresServer, **more: object) -> dict[str, object]:
    return {
        "emetteur": EMETTEUR,
        "type": "postgresql",
        "hote": "127.0.0.1",
        "port": server.port,
        "base": server.base,
        "utilisateur": server.user,
        "sslmode": "disable",
        "requetes": {"perimetre": "select * from suivi order by source"},
    } | more


def fill(server: PostgresServer, *columns: str) -> None:
    """The table `suivi` of the sender's base: the rows above, with one more column for each of `columns`."""
    more = "".join(f", '{CANARY}'::text as {column}" for column in columns)
    values = ", ".join(str(row) for row in ROWS)
    server.execute(
        "drop table if exists suivi",
        f"create table suivi as select *{more} from (values {values}) t (emetteur, source, date_extraction, exhaustif)",
        "grant select on suivi to lecture",
    )


# --- a folder -------------------------------------------------------------------------------------


def test_a_folder_is_copied_into_the_depot_and_left_as_it_was(settings: Settings, tmp_path: Path) -> None:
    sent = tmp_path / "partage"
    put(sent, "périmètre 2024.csv", GOOD)
    put(sent, ".~lock.csv#", "verrou")
    put(sent, "en cours.csv.part", "début")
    before = {p: p.stat().st_mtime for p in sent.iterdir()}
    configure(settings, folder_way(sent))
    (way,) = collect(settings, CAMPAGNE)
    assert way.deposes == [f"{EMETTEUR}/périmètre 2024.csv"]
    assert deposited(settings) == {"périmètre 2024.csv": GOOD}
    assert {p: p.stat().st_mtime for p in sent.iterdir()} == before


def test_collecting_twice_deposits_once(settings: Settings, tmp_path: Path) -> None:
    put(tmp_path / "partage", "p.csv", GOOD)
    configure(settings, folder_way(tmp_path / "partage"))
    collect(settings, CAMPAGNE)
    (way,) = collect(settings, CAMPAGNE)
    assert (way.deposes, way.deja_la) == ([], 1)


def test_a_corrected_file_of_the_same_name_is_kept_beside_the_first_and_dated_after_it(
    settings: Settings, tmp_path: Path
) -> None:
    configure(settings, folder_way(tmp_path / "partage"))
    put(tmp_path / "partage", "p.csv", GOOD, age=7200)
    collect(settings, CAMPAGNE)
    put(tmp_path / "partage", "p.csv", CORRECTED, age=3600)
    collect(settings, CAMPAGNE)
    assert deposited(settings) == {"p.csv": GOOD, "p_2.csv": CORRECTED}
    folder = settings.depot(CAMPAGNE) / EMETTEUR
    assert (folder / "p.csv").stat().st_mtime < (folder / "p_2.csv").stat().st_mtime


def test_a_file_still_being_written_waits_for_the_next_collection(settings: Settings, tmp_path: Path) -> None:
    put(tmp_path / "partage", "p.csv", GOOD, age=1)
    configure(settings, folder_way(tmp_path / "partage"))
    (way,) = collect(settings, CAMPAGNE)
    assert deposited(settings) == {}
    assert [(s.name, "modifié" in s.why) for s in way.laisses] == [("p.csv", True)]


def test_a_link_out_of_the_folder_is_not_followed(settings: Settings, tmp_path: Path) -> None:
    outside = put(tmp_path, "ailleurs.csv", GOOD)
    (tmp_path / "partage").mkdir()
    (tmp_path / "partage" / "lien.csv").symlink_to(outside)
    configure(settings, folder_way(tmp_path / "partage"))
    (way,) = collect(settings, CAMPAGNE)
    assert (way.deposes, way.laisses) == ([], [])


def test_a_file_beyond_the_size_limit_is_left_and_said(settings: Settings, tmp_path: Path) -> None:
    put(tmp_path / "partage", "p.csv", GOOD)
    configure(settings, folder_way(tmp_path / "partage", taille_maximale=10))
    (way,) = collect(settings, CAMPAGNE)
    assert way.deposes == []
    assert "taille_maximale" in way.laisses[0].why


def test_a_way_that_fails_does_not_stop_the_others(settings: Settings, tmp_path: Path) -> None:
    put(tmp_path / "partage", "p.csv", GOOD)
    configure(settings, folder_way(tmp_path / "absent"), folder_way(tmp_path / "partage"))
    first, second = collect(settings, CAMPAGNE)
    assert first.defaut is not None and "n'existe pas" in first.defaut
    assert second.deposes == [f"{EMETTEUR}/p.csv"]


# --- SFTP -----------------------------------------------------------------------------------------


@pytest.fixture
def served(ssh_server: SshServer, request: pytest.FixtureRequest) -> Path:
    """A folder of the SFTP server, this test's own."""
    folder = ssh_server.folder / request.node.name
    folder.mkdir()
    return folder


def test_files_come_by_sftp_subfolders_included_and_links_left(
    settings: Settings, ssh_server: SshServer, served: Path, tmp_path: Path
) -> None:
    put(served, "sous dossier/périmètre.csv", GOOD)
    put(served, "en cours.csv.filepart", GOOD)
    (served / "lien.csv").symlink_to(put(tmp_path, "ailleurs.csv", CORRECTED))
    configure(settings, sftp_way(ssh_server, served))
    (way,) = collect(settings, CAMPAGNE)
    assert way.defaut is None
    assert deposited(settings) == {"sous dossier_périmètre.csv": GOOD}


def test_an_unknown_server_key_is_refused_never_learnt(settings: Settings, ssh_server: SshServer, served: Path) -> None:
    put(served, "p.csv", GOOD)
    wrong = ssh_server.other_key.with_suffix(".pub").read_text().strip()
    configure(settings, sftp_way(ssh_server, served, cle_hote=wrong))
    (way,) = collect(settings, CAMPAGNE)
    assert way.defaut is not None and "n'est pas celle de « cle_hote »" in way.defaut
    assert deposited(settings) == {}


def test_a_refused_account_an_absent_folder_and_a_silent_port_are_told_in_french(
    settings: Settings, ssh_server: SshServer, served: Path
) -> None:
    configure(
        settings,
        sftp_way(ssh_server, served, cle_privee=str(ssh_server.other_key)),
        sftp_way(ssh_server, served / "absent"),
        sftp_way(ssh_server, served, port=1),
        sftp_way(ssh_server, served, cle_privee=None) | {"emetteur": "departement-62"},
    )
    refused, absent, silent, no_password = (way.defaut or "" for way in collect(settings, CAMPAGNE))
    assert "refuse le compte" in refused
    assert "vérifiez « dossier »" in absent
    assert "ne répond pas" in silent
    assert "MENTORAT_VOIE_DEPARTEMENT_62" in no_password


# --- PostgreSQL -----------------------------------------------------------------------------------


@pytest.fixture
def password(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MENTORAT_VOIE_DEPARTEMENT_59", postgres_server.password)
    return postgres_server.password


def test_a_query_becomes_the_file_of_its_source(
    settings: Settings, postgres_server: PostgresServer, password: str
) -> None:
    fill(postgres_server)
    configure(settings, postgresql_way(postgres_server))
    (way,) = collect(settings, CAMPAGNE)
    assert way.defaut is None
    assert deposited(settings) == {"perimetre.csv": GOOD}


def test_values_that_hold_the_delimiter_a_quote_or_a_line_break_arrive_whole(
    settings: Settings, postgres_server: PostgresServer, password: str
) -> None:
    from mentorat.intake.reading import RawTable, read_table

    postgres_server.execute(
        "drop table if exists suivi",
        "create table suivi as select 'departement-59'::text as emetteur, 'binomes'::text as source, "
        "'2025-03-01'::date as date_extraction, 'oui'::text as exhaustif, E'a;b \"c\"\\nd'::text as remarque",
        "grant select on suivi to lecture",
    )
    configure(settings, postgresql_way(postgres_server))
    collect(settings, CAMPAGNE)
    raw = read_table(settings.depot(CAMPAGNE) / EMETTEUR / "perimetre.csv")
    assert isinstance(raw, RawTable)
    assert [column.to_pylist() for column in raw.columns][-1] == ['a;b "c"\nd']


def test_a_query_can_only_read(settings: Settings, postgres_server: PostgresServer, password: str) -> None:
    fill(postgres_server)
    postgres_server.execute("grant all on suivi to lecture")
    for query in ("delete from suivi returning *", "with d as (delete from suivi returning *) select * from d"):
        configure(settings, postgresql_way(postgres_server, requetes={"perimetre": query}))
        (way,) = collect(settings, CAMPAGNE)
        assert way.defaut is not None
    configure(settings, postgresql_way(postgres_server))
    (way,) = collect(settings, CAMPAGNE)
    assert deposited(settings) == {"perimetre.csv": GOOD}


def test_wrong_password_wrong_table_and_slow_query_are_told_without_what_the_server_says(
    settings: Settings, postgres_server: PostgresServer, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(postgres_server, "courriel")
    slow = {"perimetre": "select pg_sleep(30)"}
    leaking = {"perimetre": "select courriel::int from suivi"}
    configure(
        settings,
        postgresql_way(postgres_server, requetes={"perimetre": "select * from absente"}),
        postgresql_way(postgres_server, requetes=slow, delai_secondes=1),
        postgresql_way(postgres_server, requetes=leaking),
    )
    missing, late, leak = (way.defaut or "" for way in collect(settings, CAMPAGNE))
    assert "42P01" in missing and "vérifiez le nom des tables" in missing
    assert "1 secondes" in late
    assert "refusée" in leak and CANARY not in leak
    monkeypatch.setenv("MENTORAT_VOIE_DEPARTEMENT_59", "autre")
    (way,) = collect(settings, CAMPAGNE)[:1]
    assert way.defaut is not None and "MENTORAT_VOIE_DEPARTEMENT_59" in way.defaut and "autre" not in way.defaut


# --- one contract behind all ----------------------------------------------------------------------


@pytest.fixture
def ways(ssh_server: SshServer, served: Path, postgres_server: PostgresServer, password: str, tmp_path: Path) -> Ways:
    return Ways(tmp_path.parent / f"{tmp_path.name}-partage", served, ssh_server, postgres_server)


def test_the_same_rows_are_deposited_by_the_three_ways(ways: Ways, tmp_path: Path) -> None:
    fill(ways.base)
    put(ways.folder, "perimetre.csv", GOOD)
    put(ways.served, "perimetre.csv", GOOD)
    seen = []
    for number, way in enumerate(ways.all()):
        apart = Settings(data=tmp_path / f"donnees_{number}")
        configure(apart, way)
        collect(apart, CAMPAGNE)
        seen.append(deposited(apart))
    assert seen == [{"perimetre.csv": GOOD}] * 3


def test_a_file_that_names_people_leaves_nothing_but_its_answer_whatever_the_way(
    settings: Settings, ways: Ways, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put(ways.folder, "p.csv", IDENTIFYING)
    put(ways.served, "p.csv", IDENTIFYING)
    fill(ways.base, "courriel")
    configure(settings, *ways.all())
    told: list[str] = []
    found = collect(settings, CAMPAGNE, told.append)
    assert [way.deposes for way in found] == [[], [], []]
    assert [len(way.refuses) for way in found] == [1, 1, 1]
    assert deposited(settings) == {}
    answers = json.loads((settings.lake / "voies" / f"{CAMPAGNE}.json").read_text(encoding="utf-8"))
    # the folder and the server hold the same bytes: one answer
    assert [(a["emetteur"], a["fichier"], a["statut"], a["lignes_recues"]) for a in answers] == [
        (EMETTEUR, "p.csv", "refusé", 2),
        (EMETTEUR, "perimetre.csv", "refusé", 2),
    ]
    assert list((tmp_path / "temporaire").iterdir()) == []
    written = everything_written(tmp_path) + "".join(told).encode() + "".join(capfd.readouterr()).encode()
    assert CANARY.encode() not in written


def test_the_answer_to_a_refusal_keeps_its_first_date_and_goes_once_the_sender_removed_the_file(
    settings: Settings, tmp_path: Path
) -> None:
    path = put(tmp_path / "partage", "p.csv", IDENTIFYING)
    configure(settings, folder_way(tmp_path / "partage"))
    answers = settings.lake / "voies" / f"{CAMPAGNE}.json"
    collect(settings, CAMPAGNE)
    first = json.loads(answers.read_text(encoding="utf-8"))
    first[0]["recu_le"] = "2025-01-01T00:00:00+00:00"
    answers.write_text(json.dumps(first), encoding="utf-8")
    collect(settings, CAMPAGNE)
    assert [a["recu_le"] for a in json.loads(answers.read_text(encoding="utf-8"))] == ["2025-01-01T00:00:00+00:00"]
    path.unlink()
    collect(settings, CAMPAGNE)
    assert json.loads(answers.read_text(encoding="utf-8")) == []
