"""Direct identifiers of every kind, in every kind of file: none of their bytes is ever written or said.

Canaries are searched in every byte of what a reception writes (Parquet and workbooks decoded), in their own encodings,
in what it prints and logs, and in the names of files and folders.
"""

import io
import logging
import os
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from openpyxl.comments import Comment

from mentorat.identity.keys import Key, Keys
from mentorat.intake.checking import check_files
from mentorat.intake.reception import identities, receive, store, store_identities
from mentorat.settings import Settings

NORD = "departement-59"
J1 = "a" * 64
HEAD = "departement;id_dossier;statut;id_jeune;naissance"
ROW = f"59;REFCANARI;lance;{J1};2010-01"

NIR = "2 05 08 59 350 123 86"
EMAIL = "zephirine.canarival@exemple.fr"
PHONE = "06 98 76 54 31"
ADDRESS = "14 bis rue du Canarival"
CANARIES = ["canari", "98 76 54 31", "98765431", "350 123", "350123"]


def csv(header: str, value: str) -> bytes:
    return f"{HEAD};{header}\n{ROW};{value}\n".encode()


def xlsx(sheets: dict[str, list[list[object]]], comment: str = "") -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if comment:
            sheet["A1"].comment = Comment(comment, "canari")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def parquet(header: str, value: str) -> bytes:
    stream = io.BytesIO()
    names = [*HEAD.split(";"), header]
    pd.DataFrame([[*ROW.split(";"), value]], columns=names).to_parquet(stream)
    return stream.getvalue()


def archive(content: bytes, name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as out:
        out.writestr(name, content)
    return stream.getvalue()


CELLS: list[list[object]] = [list(HEAD.split(";")), list(ROW.split(";"))]
DONNEE = "<NUMDEP>59</NUMDEP><NUMANONYM>" + "c" * 40 + "</NUMANONYM><TYPEV>1</TYPEV><DECISION>2</DECISION>"
XML = f"<DECRET><INTRO><CONTACT>{EMAIL}</CONTACT></INTRO><DONNEE>{DONNEE}</DONNEE></DECRET>".encode()
XML_FREE = f"<DECRET><DONNEE>{DONNEE}<AUTREDA>voir {EMAIL}</AUTREDA></DONNEE></DECRET>".encode()

REFUSED = {
    "nom.csv": csv("Nom du jeune", "CANARIVAL"),
    "nir.csv": csv("remarque", f"dossier {NIR}"),
    "courriel.csv": csv("remarque", EMAIL),
    "telephone.csv": csv("remarque", f"appeler le {PHONE}"),
    "adresse.csv": csv("remarque", ADDRESS),
    "personne.csv": csv("remarque", "vu avec Mme Canarival"),
    "utf16.csv": csv("remarque", EMAIL).decode().encode("utf-16"),
    "titre.csv": f"Fichier de {EMAIL}\n".encode() + csv("remarque", "rien"),
    "courriel.parquet": parquet("remarque", EMAIL),
    "courriel.xlsx": xlsx({"f": [[*CELLS[0], "remarque"], [*CELLS[1], EMAIL]]}),
    "autre feuille.xlsx": xlsx({"Données": CELLS, "Contacts": [["qui", "où"], ["référent", EMAIL]]}),
    "total.xlsx": xlsx({"f": [*CELLS, ["Total", EMAIL]]}),
    "intro.xml": XML,
    "autreda.xml": XML_FREE,
    "large.csv": csv("remarque", PHONE.translate(str.maketrans("0123456789", "０１２３４５６７８９"))),
    "invisible.csv": csv("remarque", "\u200b".join(EMAIL)),
    "nom en code.csv": csv("remarque", "rien").replace(b";lance;", ";Léa CANARIVAL;".encode()),
    "nom en reference.csv": csv("remarque", "rien").replace(b"REFCANARI", b"CANARIVAL-LEA"),
    "tel en date.csv": csv("remarque", "rien").replace(b"2010-01", b"0698765431"),
    "recopie.csv": csv("remarque", "rien").replace(b"REFCANARI", J1.encode()),
    "persones.xlsx": xlsx({"f": CELLS, "g": [["Nom", "Prénom"], ["CANARIVAL", "Léa"]]}),
    "cellule.csv": csv("remarque", "canari " * 20_000),
    "enquete_correspondance.yml": f"# {EMAIL}\nquestionnaire: q\nsource: enquete_mentores\n".encode(),
    "noms_correspondance.yml": b"questionnaire: q\nsource: enquete_mentores\ncolonnes: {Karim CANARIVAL: 1}\n",
    "archive.zip": archive(csv("remarque", EMAIL), "dossiers.csv"),
    f"{EMAIL}.csv": csv("remarque", "rien"),
    "sante.csv": csv("Traitement médical", "canari"),
    "sans source.csv": b"avis;note\ncanari;canari\n",
    "tronque.xlsx": xlsx({"f": [[*CELLS[0], "Nom"], [*CELLS[1], "CANARIVAL"]]})[:-300],
    "tronque.parquet": parquet("Nom", "CANARIVAL")[:-20],
    "page.xlsx": f"<html><body>{EMAIL}</body></html>".encode(),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture
def keys() -> Keys:
    return Keys(Key("MENTORAT_CLE_PILOTAGE", b"p" * 32), Key("MENTORAT_CLE_ETUDE", b"e" * 32))


def decoded(path: Path) -> str:
    """All that a file says: its bytes in two encodings, and its cells where it is a workbook or Parquet."""
    content = path.read_bytes()
    told = [path.as_posix(), content.decode("utf-8", "replace"), content.decode("utf-16-le", "replace")]
    if path.suffix == ".parquet":
        told.append(repr(pq.read_table(path).to_pylist()))
        told.append(repr(pq.read_metadata(path).metadata))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archived:
            told += [archived.read(name).decode("utf-8", "replace") for name in archived.namelist()]
    return "\n".join(told).casefold()


def received(settings: Settings, keys: Keys, said: list[str]) -> list[str]:
    """Receive and store everything; all that was written outside the inbox, decoded."""
    store(receive(settings, 2024, keys, progress=said.append), settings, 2024)
    store_identities(identities(settings, 2024), settings, 2024)
    inbox = settings.depot(2024)
    return [decoded(path) for path in settings.data.rglob("*") if path.is_file() and inbox not in path.parents]


def test_no_byte_of_a_refused_file_is_written_or_said(
    settings: Settings, keys: Keys, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = settings.depot(2024) / NORD
    folder.mkdir(parents=True)
    for name, content in REFUSED.items():
        (folder / name).write_bytes(content)
    said: list[str] = []
    written = received(settings, keys, said)
    told = check_files(sorted(folder.iterdir()), settings, None, None, settings.data / "sortie")
    said += [text for one in told for text in (*one.lines(), repr(one.json()))]
    written += [decoded(file) for file in (settings.data / "sortie").rglob("*")]
    out = capfd.readouterr()
    journal = pd.read_parquet(settings.lake / "journal" / "2024.parquet")
    assert len(journal) == len(REFUSED) and set(journal["statut"]) == {"refusee"}
    assert [one.verdict.refuse for one in told] == [True] * len(REFUSED)
    assert len(written) > 40 + 2 * len(REFUSED)  # empty tables, and a workbook a file in each answer
    everything = [*written, out.out, out.err, caplog.text, *said]
    for canary in CANARIES:
        assert not [text[:200] for text in everything if canary in text.casefold()], canary


def test_the_search_finds_a_canary_where_there_is_one(settings: Settings, keys: Keys) -> None:
    # an accepted file's own reference goes back to its sender and to the pilotage store: the net must see it there
    path = settings.depot(2024) / NORD / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(f"{HEAD}\n{ROW}\n{ROW.replace('lance', 'zut').replace('REFCANARI', 'AUTRECANARI')}\n".encode())
    written = received(settings, keys, [])
    assert sum("refcanari" in told for told in written) == 2  # its rows and linkage's records, both pilotage
    assert sum("autrecanari" in told for told in written) == 1  # the sender's workbook


def test_a_comment_and_a_propertys_text_never_leave_an_accepted_workbook(settings: Settings, keys: Keys) -> None:
    path = settings.depot(2024) / NORD / "a.xlsx"
    path.parent.mkdir(parents=True)
    rows: list[list[object]] = [CELLS[0], ["59", "D1", "zut", J1, "2010-01"]]
    path.write_bytes(xlsx({"f": rows}, comment=EMAIL))
    written = received(settings, keys, [])
    assert not any("canari" in told for told in written)


def test_no_level_1_pseudonym_is_written_even_out_of_its_column(settings: Settings, keys: Keys) -> None:
    path = settings.depot(2024) / NORD / "a.csv"
    path.parent.mkdir(parents=True)
    slipped, short = "b2" * 32, "c3" * 30
    rows = [f"59;D1;zut;{'a1' * 32};2010-01", f"59;D2;{slipped};;2010-01", f"59;D3;lance;{short};2010-01"]
    path.write_text("\n".join([HEAD, *rows, f"59;D4;lance;{'d4' * 32};2010-01", ""]))
    written = received(settings, keys, [])
    assert len(pd.read_parquet(settings.lake / "etude" / "dossiers_mentorat" / "2024.parquet")) == 1
    for pseudonym in ("a1" * 32, slipped, short, "d4" * 32):
        assert not any(pseudonym in told for told in written)


def test_no_key_is_written(settings: Settings, keys: Keys) -> None:
    path = settings.depot(2024) / NORD / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_text(f"{HEAD}\n{ROW}\n")
    written = received(settings, keys, [])
    assert any(keys.etude.identifiant in told for told in written)
    assert not any(secret in told for told in written for secret in ("p" * 32, "e" * 32))


def test_the_two_stores_share_no_pseudonym_but_those_said_to_be_of_the_other(settings: Settings, keys: Keys) -> None:
    path = settings.depot(2024) / NORD / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_text(f"{HEAD}\n{ROW}\n")
    received(settings, keys, [])
    etude = pd.read_parquet(settings.lake / "etude" / "dossiers_mentorat" / "2024.parquet")
    pilotage = pd.read_parquet(settings.lake / "pilotage" / "dossiers_mentorat" / "2024.parquet")
    assert "REFCANARI" not in etude.to_string() and pilotage["id_dossier"].tolist() == ["REFCANARI"]
    names = ["id_dossier", "id_jeune"]
    assert not {*etude[names].to_numpy().ravel()} & {*pilotage[names].to_numpy().ravel()}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_what_is_no_file_of_the_senders_is_left_alone(settings: Settings, keys: Keys, tmp_path: Path) -> None:
    folder = settings.depot(2024) / NORD
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(f"{HEAD}\n{ROW}\n")
    outside = tmp_path / "ailleurs"
    outside.mkdir()
    (outside / "b.csv").write_text(f"{HEAD}\n{ROW.replace('REFCANARI', 'HORS')}\n")
    os.mkfifo(folder / "tube.csv")
    (folder / "lien.csv").symlink_to(outside / "b.csv")
    (folder / "dossier").symlink_to(outside)
    (folder / "casse.csv").symlink_to(outside / "rien")
    received(settings, keys, [])
    journal = pd.read_parquet(settings.lake / "journal" / "2024.parquet")
    assert journal["chemin"].tolist() == [f"{NORD}/a.csv"]


def test_a_folder_whose_name_holds_an_identifier_is_masked(settings: Settings, keys: Keys) -> None:
    for folder in (f"{NORD}/{EMAIL}", EMAIL):
        path = settings.depot(2024) / folder / "a.csv"
        path.parent.mkdir(parents=True)
        path.write_bytes(f"{HEAD}\n{ROW.replace('REFCANARI', folder[:4])}\n".encode())
    said: list[str] = []
    written = received(settings, keys, said)
    assert not any("canari" in told for told in [*written, *(line.casefold() for line in said)])
