"""From the dépôt to the publication, in one command; then again, interrupted, broken."""

import hashlib
import json
import re
import shutil
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd

from notebooks.pages import PAGES
from tests.pipeline.conftest import CAMPAGNE, Answer, bytes_of, mentorat, without_spaces

ITEMS = [
    "envie_reussir",
    "perseverance",
    "ose_interroger_prof",
    "confiance_en_soi",
    "projection_direction",
    "se_sent_seul",
    "personne_ressource_mentor",
    "arret_conduites",
    "absences_injustifiees",
]
COLUMNS = (
    "item;n_mentores;effectif_mentores;pct_mentores;n_non_mentores;effectif_non_mentores;pct_non_mentores;"
    "ecart_points;ic_bas;ic_haut;p_chi2;p_fisher;p_holm;risque_relatif;rr_bas;rr_haut;h_cohen;e_value;"
    "e_value_limite;note"
)


def test_a_run_ends_with_the_three_figures_and_where_to_read(first_run: Answer) -> None:
    said = without_spaces(first_run.out)
    assert "Données simulées" in said
    assert re.search(r"Jeunes éligibles au mentorat .*: \d", said)
    assert re.search(r"Binômes actifs au 31 décembre : \d", said)
    assert "Écart ajusté entre mentorés et non-mentorés" in said
    assert "rapport.html" in said


def test_a_run_shows_its_progress_and_no_framework_noise(first_run: Answer) -> None:
    assert "Recueil" in first_run.err
    assert "Rapport national" in first_run.err
    assert "Traceback" not in first_run.said
    assert "nanobind" not in first_run.said


def test_the_refused_file_is_named_and_the_run_goes_on(first_run: Answer) -> None:
    assert "Fichiers refusés (1)" in first_run.out


def test_every_territory_has_its_two_reports(publication: Path) -> None:
    folders = sorted(path.name for path in (publication / "departements").iterdir())
    assert len(folders) == 104
    assert {"01", "2A", "2B", "69D", "69M", "971", "976", "20R", "6AE"} <= set(folders)
    for folder in folders:
        assert (publication / "departements" / folder / "rapport.pdf").read_bytes().startswith(b"%PDF")
        assert "<html lang" in (publication / "departements" / folder / "rapport.html").read_text(encoding="utf-8")


def test_the_manifest_lists_every_file_with_its_hash_and_every_input(data: Path, publication: Path) -> None:
    content = json.loads((publication / "manifeste.json").read_text(encoding="utf-8"))
    files = {name: value for name, value in bytes_of(publication).items() if name != "manifeste.json"}
    listed = {entry["fichier"]: entry for entry in content["fichiers"]}
    assert set(listed) == set(files)
    for name, value in files.items():
        assert listed[name]["sha256"] == hashlib.sha256(value).hexdigest()
    deposited = [p for p in (data / "depot").rglob("*") if p.is_file() and p.name != "simulation.json"]
    hashes = {(p.parent.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in deposited}
    assert {(entry["emetteur"], entry["sha256"]) for entry in content["entrees"]} == hashes
    assert {listed[n]["audience"] for n in listed if n.startswith(("departements/", "evaluation/"))} == {"partenaire"}
    assert content["version"].startswith("0.")


def test_the_2022_study_is_published_with_its_intervals(publication: Path) -> None:
    path = publication / "evaluation" / "etude_2022.csv"
    assert path.read_text(encoding="utf-8").splitlines()[0] == COLUMNS
    study = pd.read_csv(path, sep=";").set_index("item")
    assert list(study.index) == ITEMS
    alone, leading = study.loc["se_sent_seul"], study.loc["projection_direction"]
    assert (alone.effectif_mentores, alone.effectif_non_mentores) == (39, 57)
    assert [round(alone[c], 1) for c in ("ecart_points", "ic_bas", "ic_haut")] == [-8.8, -18.2, 0.8]
    assert round(alone.p_chi2, 3) == 0.073
    assert (leading.effectif_mentores, leading.effectif_non_mentores) == (49, 30)
    assert [round(leading[c], 1) for c in ("ecart_points", "ic_bas", "ic_haut")] == [12.8, 3.8, 21.7]
    assert round(leading.p_chi2, 4) == 0.0055
    assert study.loc["arret_conduites"].drop(["pct_mentores", "note"]).isna().all()
    assert study.loc["absences_injustifiees"].drop(["risque_relatif", "note"]).isna().all()


def test_simulated_data_say_so_on_every_page(publication: Path) -> None:
    public = {f"{page.stem}.html" for page in PAGES if not page.campagne}  # studies published by others
    pages = [p for p in publication.rglob("*.html") if p.name not in public]
    assert len(pages) == 106 + len(PAGES) - len(public)
    for page in pages:
        assert "Données simulées" in without_spaces(page.read_text(encoding="utf-8")), page


def test_no_published_page_names_an_outside_host(publication: Path) -> None:
    for page in publication.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"""(?:src|href|action|data)\s*=\s*["']?(?:https?:)?//[^"'\s>]+""", text)
        loaded += re.findall(r"url\(\s*['\"]?(?:https?:)?//|@import|<script", text)
        assert loaded == [], page


def readable(path: Path) -> bytes:
    """What a file says to whoever opens it: bytes as they are, and what is compressed in them."""
    raw = path.read_bytes()
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv(index=False).encode()
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(path) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as database:
            tables = database.execute("select table_name from duckdb_tables()").fetchall()
            return b"".join(
                database.execute(f'select * from "{name}"').df().to_csv(index=False).encode() for (name,) in tables
            )
    if raw.startswith(b"%PDF"):
        return raw + b"".join(_inflated(stream) for stream in re.findall(rb"stream\r?\n(.*?)endstream", raw, re.DOTALL))
    return raw


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""


def test_nothing_that_identifies_is_written_outside_the_inbox(data: Path, first_run: Answer) -> None:
    depot = data / "depot" / str(CAMPAGNE)
    level_1 = {
        found
        for path in depot.rglob("*")
        if path.suffix in {".csv", ".xml"}
        for found in re.findall(rb"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b", path.read_bytes())
    }
    keys = [path.read_bytes().strip() for path in (data / "secrets").iterdir()]
    words = [b"CANARI", *keys, *(key.removeprefix(b"demonstration:") for key in keys)]
    assert len(level_1) > 1000
    seen = 0
    for path in data.rglob("*"):
        if not path.is_file() or path.is_relative_to(depot) or path.is_relative_to(data / "secrets"):
            continue
        content = readable(path)
        pseudonyms = set(re.findall(rb"(?<![0-9a-f])[0-9a-f]{40}(?:[0-9a-f]{24})?(?![0-9a-f])", content))
        seen += len(pseudonyms)
        assert pseudonyms.isdisjoint(level_1), (path, "a pseudonym as its sender wrote it")
        assert [word for word in words if word in content] == [], (path, "a key, or a value of the refused file")
    assert seen > 1000, "the search must read what Parquet and DuckDB compress"
    for word in words:
        assert word.decode() not in first_run.said


def test_the_etude_store_holds_no_reference_of_a_sender(data: Path, first_run: Answer) -> None:
    pairs = pd.read_parquet(data / "lake" / "etude" / "binomes" / f"{CAMPAGNE}.parquet")
    in_clear = pd.read_parquet(data / "lake" / "pilotage" / "binomes" / f"{CAMPAGNE}.parquet")
    assert pairs["id_binome"].str.fullmatch("[0-9a-f]{64}").all()
    assert not in_clear["id_binome"].str.fullmatch("[0-9a-f]{64}").any()
    assert set(pairs["id_jeune"]).isdisjoint(in_clear["id_jeune"])


def test_a_senders_reference_is_found_in_its_own_answers_and_in_the_pilotage_store_alone(
    data: Path, first_run: Answer
) -> None:
    owners: dict[str, set[str]] = {}
    for source, column in (("dossiers_mentorat", "id_dossier"), ("binomes", "id_binome")):
        rows = pd.read_parquet(data / "lake" / "pilotage" / source / f"{CAMPAGNE}.parquet")
        for reference, sender in zip(rows[column], rows["depose_par"], strict=True):
            owners.setdefault(reference, set()).add(sender)
    workbooks = sorted((data / "retours" / str(CAMPAGNE)).rglob("pilotage.xlsx"))
    told = {path.parent.name: set(_cells(path)) & set(owners) for path in workbooks}
    assert len(told) > 5 and sum(map(len, told.values())) > 100
    for sender, references in told.items():
        assert all(sender in owners[reference] for reference in references), sender
    open_to_them = [data / part for part in ("depot", "retours", "verite", "secrets", "lake/pilotage")]
    for path in data.rglob("*"):
        # a PDF is printed from the HTML beside it
        if not path.is_file() or path.suffix == ".pdf" or any(path.is_relative_to(folder) for folder in open_to_them):
            continue
        # a colour (#B00040) is written as a pair may be
        words = set(re.findall(r"(?<!#)\b[\w.-]+", readable(path).decode("utf-8", "ignore")))
        assert words.isdisjoint(owners), path


def test_a_steering_workbook_holds_neither_a_pseudonym_nor_a_formula(data: Path, first_run: Answer) -> None:
    for path in (data / "retours" / str(CAMPAGNE)).rglob("pilotage.xlsx"):
        content = readable(path)
        assert not re.search(rb"[0-9a-f]{40}", content), path
        assert b"<f>" not in content and b"<hyperlink" not in content, path
    for path in (data / "lake" / "pilotage" / "rendus").rglob("*.parquet"):
        assert not re.search(rb"[0-9a-f]{40}", readable(path)), path


def _cells(path: Path) -> list[str]:
    return [
        str(cell)
        for sheet in openpyxl.load_workbook(path).worksheets
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if cell is not None
    ]


def test_each_sender_has_an_answer(data: Path, first_run: Answer) -> None:
    senders = {p.name for p in (data / "depot" / str(CAMPAGNE)).iterdir() if p.is_dir()}
    answered = {p.parent.name for p in (data / "retours" / str(CAMPAGNE)).rglob("*.xlsx")}
    assert answered == senders


TRUTH_BESIDE = {
    "evaluation/02_enquete.html",
    "evaluation/03_redressement.html",
    "evaluation/redressement.csv",
    "manifeste.json",
}
"""Files of the evaluation folder that put the simulated truth beside what was estimated, and the sums of all."""


def test_a_second_run_publishes_the_same_bytes_and_no_figure_hangs_on_the_truth(data: Path, publication: Path) -> None:
    """Without the truth, only what shows it beside the estimates changes."""
    before = bytes_of(publication)
    truth = data / "verite" / f"{CAMPAGNE}.json"
    aside = truth.with_suffix(".ailleurs")
    truth.rename(aside)
    try:
        answer = mentorat(data, "run", "--campagne", str(CAMPAGNE))
    finally:
        aside.rename(truth)
    assert answer.code == 0, answer.said
    after = bytes_of(publication)
    assert sorted(after) == sorted(before)
    assert {name for name in before if before[name] != after[name]} <= TRUTH_BESIDE
    with_truth, without = (
        pd.read_csv(BytesIO(found["evaluation/redressement.csv"]), sep=";").drop(columns="verite_simulee")
        for found in (before, after)
    )
    pd.testing.assert_frame_equal(with_truth, without)


def test_a_blocked_check_stops_publication_and_leaves_the_last_one(data: Path, publication: Path) -> None:
    before = bytes_of(publication)
    depot = data / "depot" / str(CAMPAGNE)
    aside = data / "ailleurs"
    shutil.move(depot, aside)
    try:
        depot.mkdir()
        shutil.copy(aside / "simulation.json", depot)
        (depot / "departement-59").mkdir()
        (depot / "departement-59" / "notes.csv").write_text("avis;commentaire\nbon;rien\n", encoding="utf-8")
        answer = mentorat(data, "run", "--campagne", str(CAMPAGNE))
    finally:
        shutil.rmtree(depot)
        shutil.move(aside, depot)
    assert answer.code == 1
    assert "Au moins un fichier du dépôt est accepté" in answer.err
    assert "dernière publication" in answer.err
    assert "Traceback" not in answer.said
    assert bytes_of(publication) == before


def test_demonstration_keys_are_refused_for_a_depot_that_is_not_simulated(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data / "secrets", tmp_path / "secrets")
    folder = tmp_path / "depot" / str(CAMPAGNE) / "departement-59"
    folder.mkdir(parents=True)
    (folder / "perimetre.csv").write_text("emetteur;source\ndepartement-59;binomes\n", encoding="utf-8")
    answer = mentorat(tmp_path, "run", "--campagne", str(CAMPAGNE))
    assert answer.code == 2
    assert "démonstration" in answer.err
    assert not (tmp_path / "lake").exists()


def test_etat_tells_what_the_data_folder_holds(data: Path, publication: Path) -> None:
    answer = mentorat(data, "etat")
    assert answer.code == 0
    assert "Campagne 2024 (données simulées)" in answer.out
    assert "publication :" in answer.out
