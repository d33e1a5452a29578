"""A whole dépôt as senders really make it: every file ends with exactly the right counts and the right rows."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from mentorat.identity.keys import Key, Keys
from mentorat.intake.reception import Reception, receive, store
from mentorat.settings import Settings

NORD, CALAIS, LYON = "departement-59", "departement-62", "departement-69m"
PROXITE = "association-proxite"


def j(number: int) -> str:
    """A level-1 pseudonym."""
    return f"{number:064x}"


def workbook(sheets: dict[str, list[list[object]]], merged: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in merged if name == list(sheets)[-1] else ():
            sheet.merge_cells(cells)
    book.remove(book.worksheets[0])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# a tableau de pilotage: title lines, aliases, codes in words, mixed dates, blank rows, sub-total and total
PILOTAGE = workbook(
    {
        "Consignes": [["Remplir une ligne par jeune"]],
        "Suivi 2024": [
            ["Suivi du mentorat", None, None, None, None, None, None],
            ["Mis à jour en janvier"],
            ["N° dossier", "Dpt", "id_jeune", "naissance", "Type d'accueil", "statut", "date_lancement"],
            ["D1", "Nord", j(1), "2010-01", "Famille d'accueil", "Lancé", "05/03/2024"],
            ["D2", "Nord (59)", j(2), "02/2011", "Établissement", "en cours", "5/3/24"],
            ["D2", "59", j(2), "2011-02", "etablissement", "en_cours", "2024-03-05"],  # D2 again, once normalised
            [None, None, None, None, None, None, None],
            ["D3", 59, j(3), "2012-06", "NC", "rupture", 45356],
            ["D4", "59", j(4), "2012-07", None, "on verra", "06/03/2024"],  # unknown code
            ["D5", "59", j(5), "2012-08", None, "lance", "31/02/2024"],  # impossible date
            [None, "59", j(6), "2012-09", None, "lance", "06/03/2024"],  # no key
            ["D7", "59", j(7), "2012-10", None, "lance", "06/03/2024"],
            ["D7", "59", j(7), "2012-10", None, "termine", "06/03/2024"],  # same key, other content
            ["D8", "59", "pas un pseudonyme", "2012-11", "", "zut", "32/13/2024"],  # three faults, once
            ["Total", 12, None, None, None, None, None],
        ],
    }
)
BINOMES = (
    "Association ;ID Binôme;Dépt;id_jeune;id_mentor;Nature;Modalité;Date début;Date fin\r\n"
    f"Proxité;B1;Nord;{j(1)};{j(101)};Mentorat;Présentiel;05/03/2024;\r\n"
    f"Proxité;B2;nord;{j(2)};{j(102)};mentorat;Distanciel;05/03/2024;01/02/2024\r\n"  # ends before it begins
    f"Proxité;B3;62;{j(9)};{j(103)};Mentorat;Mixte;01/09/2021;30/06/2022\r\n"  # ended before the campagne
    f"Proxité;B4;62;{j(10)};{j(104)};Parrainage;Mixte;01/09/2021;\r\n"
)
SEANCES = "id_binome\tassociation\tdate_seance\tduree_minutes\tpresence\n" + "".join(
    f"B1\tproxite\t{day}\t{minutes}\t{presence}\n"
    for day, minutes, presence in [
        ("2024-03-12", "60", "présent"),
        ("19/03/2024", "1 440", "Présent"),
        ("2024-03-26", "60", "absent excusé"),
        ("2024-03-26", "60", "absent_excuse"),  # the same session twice
        ("2023-12-12", "60", "présent"),  # last year's
    ]
)
EXPECTED = {
    # (received, accepted, set aside, exact duplicates, ignored, replaced): statut
    f"{NORD}/suivi.xlsx": ("accepté avec anomalies", 10, 3, 6, 1, 4, 0),
    f"{NORD}/suivi corrigé.csv": ("accepté", 2, 2, 0, 0, 0, 1),
    f"{NORD}/copie de suivi.xlsx": ("accepté", 0, 0, 0, 0, 0, 0),
    f"{NORD}/note.csv": ("refusé", 2, 0, 2, 0, 0, None),
    f"{NORD}/liste noms.csv": ("refusé", 1, 0, 1, 0, 0, None),
    f"{CALAIS}/dossiers.csv": ("accepté", 2, 2, 0, 0, 0, 0),
    f"{LYON}/dossiers.csv": ("accepté avec anomalies", 2, 1, 1, 0, 0, 0),
    f"{PROXITE}/binomes.csv": ("accepté avec anomalies", 4, 2, 2, 0, 0, 0),
    f"{PROXITE}/seances.txt": ("accepté avec anomalies", 5, 3, 1, 1, 0, 0),
    f"{PROXITE}/vide.csv": ("refusé", None, None, None, None, None, None),
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data=tmp_path_factory.mktemp("depot"))


@pytest.fixture(scope="module")
def got(settings: Settings) -> Reception:
    """The messy dépôt, received twice: the second time must say the same."""
    clock = iter(range(1_700_000_000, 1_800_000_000, 60))

    def put(chemin: str, content: bytes) -> None:
        path = settings.depot(2024) / chemin
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        now = next(clock)
        os.utime(path, (now, now))

    put(f"{NORD}/suivi.xlsx", PILOTAGE)
    put(f"{NORD}/copie de suivi.xlsx", PILOTAGE)
    corrected = (
        f"dept;num dossier;id_jeune;naissance;statut\n59;D2;{j(2)};2011-02;termine\n59;D4;{j(4)};2012-07;lance\n"
    )
    put(f"{NORD}/suivi corrigé.csv", corrected.encode("cp1252"))
    put(f"{NORD}/note.csv", b"avis;note\nbon;1\nmoyen;2\n")
    put(f"{NORD}/liste noms.csv", "departement;id_dossier;statut;Prénom\n59;D1;lance;Aïssatou\n".encode("utf-16"))
    other = (
        f"id_dossier,departement,statut,id_jeune,naissance\nD1,1,lance,{j(20)},2010-01\nD2,62,lance,{j(21)},2010-01\n"
    )
    put(f"{CALAIS}/dossiers.csv", b"\xef\xbb\xbf" + other.encode())
    rhone = (
        f"id_dossier;departement;statut;id_jeune;naissance\nD1;69;lance;{j(30)};2010-01\nD2;20;lance;{j(31)};2010-01\n"
    )
    put(f"{LYON}/dossiers.csv", rhone.encode())
    put(f"{PROXITE}/binomes.csv", BINOMES.encode("cp1252"))
    put(f"{PROXITE}/seances.txt", SEANCES.encode("utf-16"))
    put(f"{PROXITE}/vide.csv", b"")
    keys = Keys(Key("MENTORAT_CLE_PILOTAGE", b"p" * 32), Key("MENTORAT_CLE_ETUDE", b"e" * 32))
    store(receive(settings, 2024, keys), settings, 2024)
    received = receive(settings, 2024, keys)
    store(received, settings, 2024)
    return received


@pytest.mark.parametrize("chemin", EXPECTED)
def test_each_file_ends_with_the_right_counts(chemin: str, got: Reception, settings: Settings) -> None:
    emetteur, _, fichier = chemin.partition("/")
    accuse = json.loads((settings.retours(2024) / emetteur / "accuse.json").read_text(encoding="utf-8"))
    (entry,) = [one for one in accuse["fichiers"] if one["fichier"] == fichier]
    counts = [entry[f"lignes_{name}"] for name in ("recues", "acceptees", "ecartees")]
    replaced = got.journal.set_index("chemin").loc[chemin, "lignes_remplacees"]
    statut, *expected = EXPECTED[chemin]
    assert [entry["statut"], *counts, entry["doublons_exacts"], entry["lignes_ignorees"]] == [statut, *expected[:-1]]
    assert expected[-1] is None or replaced == expected[-1]
    if counts[0] is not None:
        assert counts[0] == counts[1] + counts[2] + entry["doublons_exacts"]


def test_every_file_is_answered_and_no_other(got: Reception) -> None:
    assert sorted(got.journal["chemin"]) == sorted(EXPECTED)


def test_the_stores_hold_the_rows_that_stay(got: Reception) -> None:
    dossiers = got.pilotage["dossiers_mentorat"]
    mine = dossiers.loc[dossiers["depose_par"] == NORD].set_index("id_dossier")["statut"].to_dict()
    # D2 was replaced by the corrected file, which also mended D4
    assert mine == {"D1": "lance", "D2": "termine", "D3": "arret_anticipe", "D4": "lance"}
    assert got.lignes["binomes"] == 2 and got.lignes["seances"] == 3


def test_dates_and_codes_are_read_whatever_their_spelling(got: Reception) -> None:
    dossiers = got.pilotage["dossiers_mentorat"].set_index(["depose_par", "id_dossier"])
    assert str(dossiers.loc[(NORD, "D3"), "date_lancement"])[:10] == "2024-03-05"
    assert dossiers.loc[(NORD, "D1"), "type_accueil"] == "assistant_familial"
    assert dossiers.loc[(LYON, "D1"), "departement"] == "69M"
    assert dossiers.loc[(CALAIS, "D1"), "departement"] == "01"
    minutes = got.etude["seances"]["duree_minutes"].tolist()
    assert sorted(minutes) == [60, 60, 1440]


def test_the_anomalies_name_the_senders_own_lines(got: Reception) -> None:
    mine = got.anomalies.loc[got.anomalies["chemin"] == f"{NORD}/suivi.xlsx"]
    told = {int(line): set(rows["regle"]) for line, rows in mine.groupby("ligne")}
    assert told == {
        9: {"code_inconnu"},
        10: {"date_illisible"},
        11: {"cle_manquante"},
        12: {"cle_en_conflit"},
        13: {"cle_en_conflit"},
        14: {"code_inconnu", "date_illisible", "pseudonyme_malforme"},
    }


def test_a_second_reception_changes_no_answer(
    got: Reception, settings: Settings, reception_again: Callable[[], dict[str, bytes]]
) -> None:
    before = {str(p): p.read_bytes() for p in sorted(settings.retours(2024).rglob("*")) if p.is_file()}
    assert reception_again() == before


@pytest.fixture
def reception_again(settings: Settings) -> Callable[[], dict[str, bytes]]:
    def again() -> dict[str, bytes]:
        keys = Keys(Key("MENTORAT_CLE_PILOTAGE", b"p" * 32), Key("MENTORAT_CLE_ETUDE", b"e" * 32))
        store(receive(settings, 2024, keys), settings, 2024)
        return {str(p): p.read_bytes() for p in sorted(settings.retours(2024).rglob("*")) if p.is_file()}

    return again


def test_the_workbook_of_the_pilotage_shows_each_row_once(got: Reception, settings: Settings) -> None:
    path: Path = settings.retours(2024) / NORD / "anomalies_suivi.xlsx"
    rows = list(openpyxl.load_workbook(path)["Lignes à corriger"].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [9, 10, 11, 12, 13, 14]
    assert rows[-1][1].count("\n") == 2  # three motifs
