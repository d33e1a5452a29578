"""What a sender is told before sending: the file-level part of the answer the platform would give."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mentorat import contracts as contracts_package
from mentorat.errors import UsageError
from mentorat.intake.checking import check_files
from mentorat.intake.reception import Reception, store
from mentorat.intake.verification import Verdict, place_of, verdict_lines, verify
from mentorat.settings import Settings

HEAD = "id_dossier;departement;id_jeune;naissance;statut;date_lancement;date_fin\n"
J1, J2 = "a" * 64, "b" * 64
GOOD = f"D1;59;{J1};2010-01;lance;2024-03-05;\n"
NORD = "departement-59"

FAULTS = {
    "cle_manquante": (HEAD + GOOD + f";59;{J1};2010-01;lance;2024-03-05;\n", 3, "id_dossier"),
    "code_inconnu": (HEAD + GOOD + f"D2;59;{J1};2010-01;zut;2024-03-05;\n", 3, "statut"),
    "date_illisible": (HEAD + GOOD + f"D2;59;{J1};2010-01;lance;31/02/2024;\n", 3, "date_lancement"),
    "mois_illisible": (HEAD + GOOD + f"D2;59;{J1};13/2010;lance;2024-03-05;\n", 3, "naissance"),
    "pseudonyme_malforme": (HEAD + GOOD + "D2;59;court;2010-01;lance;2024-03-05;\n", 3, "id_jeune"),
    "cle_en_conflit": (HEAD + GOOD + GOOD.replace("lance", "en_cours"), 2, "departement, id_dossier"),
    "hors_campagne": (HEAD + GOOD + f"D2;59;{J1};2010-01;termine;2021-03-05;2022-01-05\n", 3, None),
}


def saved(folder: Path, content: str | bytes, name: str = "dossiers.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_clean_file_is_accepted_and_what_only_the_platform_knows_is_named(tmp_path: Path) -> None:
    verdict = verify(saved(tmp_path, HEAD + GOOD), NORD, 2024)
    assert verdict.propre and verdict.anomalies.empty and verdict.lignes is None
    assert verdict.entry["source"] == "dossiers_mentorat" and verdict.entry["lignes_acceptees"] == 1
    assert any("déjà été reçu" in rule for rule in verdict.non_verifies)
    assert not any("campagne (elle" in rule for rule in verdict.non_verifies)


def test_exact_duplicates_alone_are_clean(tmp_path: Path) -> None:
    verdict = verify(saved(tmp_path, HEAD + GOOD + GOOD), NORD, 2024)
    assert verdict.propre and verdict.entry["doublons_exacts"] == 1


@pytest.mark.parametrize("rule", FAULTS)
def test_each_fault_is_named_with_its_line_its_column_and_its_remedy(rule: str, tmp_path: Path) -> None:
    content, line, column = FAULTS[rule]
    verdict = verify(saved(tmp_path, content), NORD, 2024)
    assert not verdict.propre and not verdict.refuse
    fault = verdict.anomalies.iloc[0]
    assert (fault["regle"], fault["ligne"]) == (rule, line)
    assert column is None or fault["colonne"] == column
    told = "\n".join(verdict_lines(verdict))
    assert f"ligne{'s' if rule == 'cle_en_conflit' else ''} {line}" in told
    assert fault["motif"] in told and f"Remède : {fault['remede']}" in told
    assert column is None or f"colonne{'s' if ',' in column else ''} {column}" in told


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Nom;id_dossier;departement;statut\nX;D1;59;lance\n", "colonne A"),
        (HEAD.strip() + ";remarque\n" + GOOD.strip() + ";voir x@exemple.fr\n", "adresse électronique"),
        ("avis;note\nbon;1\n", "Aucune source"),
        ("departement;statut\n59;lance\n", "id_dossier"),
        (b"", "vide"),
        (b"PK\x03\x04abime", "ouvert"),
    ],
)
def test_a_refusal_says_why_and_checks_nothing_more(content: str | bytes, said: str, tmp_path: Path) -> None:
    verdict = verify(saved(tmp_path, content), NORD, 2024)
    assert verdict.refuse and verdict.non_verifies == [] and verdict.fautes
    assert said in "\n".join(verdict_lines(verdict))


@pytest.mark.parametrize("name", ["dossiers.csv", "canari.durand@exemple.fr.csv"])
def test_what_was_not_sent_yet_is_mended_at_home(name: str, tmp_path: Path) -> None:
    head, row = HEAD.strip(), GOOD.strip()
    verdict = verify(saved(tmp_path, f"{head};Nom;tel\n{row};CANARI;0612345678\n", name), NORD, 2024)
    told = "\n".join(verdict_lines(verdict))
    assert "exploitant" not in told and "CANARI" not in told
    assert told.count("Remède : ") == 1, told
    assert name != "dossiers.csv" or "« mentorat pseudonymiser »" in told


def test_a_password_is_asked_where_its_sender_can_give_it(tmp_path: Path) -> None:
    import pyzipper

    with pyzipper.AESZipFile(tmp_path / "dossiers.zip", "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"sesame")
        archive.writestr("dossiers.csv", HEAD + GOOD)
    for password in (None, "autre"):
        (fault,) = verify(tmp_path / "dossiers.zip", NORD, 2024, password).fautes
        assert "MENTORAT_MDP" in fault.remede and "<EMETTEUR>" not in fault.remede
    assert verify(tmp_path / "dossiers.zip", NORD, 2024, "sesame").propre


def test_nothing_more_is_asked_of_a_mapping_than_to_be_read(tmp_path: Path) -> None:
    worked = Path(contracts_package.__file__).parent / "questionnaires" / "limesurvey.correspondance.yml"
    verdict = verify(saved(tmp_path, worked.read_bytes(), worked.name), "enquete", 2024)
    assert verdict.propre and verdict.non_verifies == []


def test_headers_alone_are_said_to_hold_no_row(tmp_path: Path) -> None:
    assert "Aucune ligne de données" in "\n".join(verdict_lines(verify(saved(tmp_path, HEAD), NORD, 2024)))


def test_counts_agree_and_leave_out_what_did_not_happen(tmp_path: Path) -> None:
    content = HEAD + GOOD + GOOD + GOOD.replace("D1", "D2") + "Total;;;;;;\n"
    told = list(verdict_lines(verify(saved(tmp_path, content), NORD, 2024)))
    assert "  3 lignes reçues : 2 acceptées, 1 doublon exact ; 1 ligne ignorée (titre, vide, total)" in told


def test_a_name_that_holds_an_identifier_is_refused_and_not_repeated(tmp_path: Path) -> None:
    verdict = verify(saved(tmp_path, HEAD + GOOD, "canari.durand@exemple.fr.csv"), NORD, 2024)
    assert verdict.refuse and "canari" not in repr(verdict)


def test_without_campagne_the_attachment_is_not_judged_and_it_says_so(tmp_path: Path) -> None:
    content, _, _ = FAULTS["hors_campagne"]
    verdict = verify(saved(tmp_path, content), NORD)
    assert verdict.propre
    assert any("--campagne" in rule for rule in verdict.non_verifies)


def test_the_path_tells_the_campagne_and_the_sender(tmp_path: Path) -> None:
    path = saved(tmp_path, HEAD + GOOD, f"depot/2024/{NORD}/sous/dossiers.csv")
    assert place_of(path) == (2024, NORD, "sous/dossiers.csv")
    verdict = verify(path)
    assert verdict.entry["fichier"] == "sous/dossiers.csv"
    assert not any("--" in rule for rule in verdict.non_verifies)
    assert place_of(tmp_path / "1999" / "a" / "b.csv")[0] is None


@pytest.mark.parametrize("rule", [*FAULTS, None])
def test_the_platform_gives_the_same_entry(
    rule: str | None, deposit: Callable[..., Path], settings: Settings, reception: Callable[[], Reception]
) -> None:
    content = HEAD + GOOD + GOOD if rule is None else FAULTS[rule][0]
    path = deposit(f"{NORD}/dossiers.csv", content)
    store(reception(), settings, 2024)
    accuse = json.loads((settings.retours(2024) / NORD / "accuse.json").read_text())
    assert accuse["fichiers"] == [verify(path).entry]


def test_nothing_is_written_and_no_key_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, FAULTS["code_inconnu"][0])
    before = sorted(tmp_path.rglob("*"))

    def forbidden(*_: object) -> None:
        raise AssertionError("a key was asked for")

    monkeypatch.setattr("mentorat.identity.keys.load_key", forbidden)
    assert isinstance(verify(path, NORD, 2024), Verdict)
    assert sorted(tmp_path.rglob("*")) == before


# --- several files at once ------------------------------------------------------------------------


def test_only_the_first_lines_of_a_fault_are_named(tmp_path: Path) -> None:
    rows = "".join(f"D{i};59;{J1};2010-01;zut;2024-03-05;\n" for i in range(30))
    told = "\n".join(verdict_lines(verify(saved(tmp_path, HEAD + rows), NORD, 2024)))
    assert "20, 21 et 10 autres" in told


def test_the_workbooks_go_where_they_are_asked(tmp_path: Path) -> None:
    one = saved(tmp_path / "a", FAULTS["code_inconnu"][0])
    two = saved(tmp_path / "b", FAULTS["cle_manquante"][0])
    told = check_files([one, two], Settings(data=tmp_path / "data"), 2024, NORD, tmp_path / "sortie")
    names = [path.name for checked in told for path in checked.classeurs]
    assert names == ["anomalies_dossiers.xlsx", "anomalies_dossiers_2.xlsx"]
    assert sorted(path.name for path in (tmp_path / "sortie").iterdir()) == sorted(names)
    assert json.loads(json.dumps(told[0].json()))["anomalies"][0]["ligne"] == 3


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_is_not_there_is_misuse(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        check_files([tmp_path / name], Settings(data=tmp_path), None, None, None)


def test_what_a_file_says_less_is_told_by_column_or_place(tmp_path: Path) -> None:
    path = tmp_path / "dossiers.csv"
    path.write_text(
        "id_dossier;departement;id_jeune;naissance;statut;Couleur\nD1;59;;2010-05;propose;bleu\nD2;59;;2010-05;propose;\n",
        encoding="utf-8",
    )
    motifs = verify(path, "departement-59", 2024).entry["motifs"]
    assert "2 lignes acceptées sans « id_jeune »." in motifs
    assert "Lu mais non conservé : colonne F." in motifs
