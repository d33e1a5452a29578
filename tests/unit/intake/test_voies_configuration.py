"""`voies.yml`: what is wrong is named by its place; names of files are made safe."""

from pathlib import Path

import pytest

from mentorat.errors import UsageError
from mentorat.intake.voies.configuration import FolderWay, PostgresqlWay, SftpWay, load_ways
from mentorat.intake.voies.transfer import safe_name
from mentorat.settings import Settings

GOOD = """
voies:
  - {emetteur: departement-59, type: dossier, chemin: /partage}
  - emetteur: departement-62
    type: sftp
    hote: sftp.exemple.fr
    utilisateur: depot
    cle_hote: ssh-ed25519 AAAA
  - emetteur: departement-93
    type: postgresql
    hote: base.exemple.fr
    base: ase
    utilisateur: lecture
    requetes: {binomes: select 1}
"""


def load(tmp_path: Path, text: str) -> list[FolderWay | SftpWay | PostgresqlWay]:
    (tmp_path / "voies.yml").write_text(text, encoding="utf-8")
    return load_ways(Settings(data=tmp_path))


def test_each_way_is_read_with_careful_defaults(tmp_path: Path) -> None:
    folder, sftp, base = load(tmp_path, GOOD)
    assert isinstance(folder, FolderWay) and folder.attente_secondes == 60
    assert isinstance(sftp, SftpWay) and sftp.port == 22
    assert isinstance(base, PostgresqlWay) and base.sslmode == "verify-full"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("type: dossier", "type: ftp", "voie 1, type (type inconnu)"),
        ("chemin: /partage", "chemim: /partage", "voie 1, chemin (manque) ; voie 1, chemim (n'est pas connu)"),
        ("utilisateur: depot", "port: beaucoup", "voie 2, port (valeur inattendue) ; voie 2, utilisateur (manque)"),
        ("{binomes: select 1}", "{}", "voie 3, requetes (valeur inattendue)"),
        ("{binomes: select 1}", "{binome: select 1}", "voie 3, binome n'est pas le nom d'une source"),
        ("departement-62", "departement-620", "voie 2, l'émetteur n'est pas dans la liste"),
        ("voies:", "voix:", "une liste « voies »"),
        ("voies:", "voies: [", "illisible"),
        ("{binomes: select 1}", "{binomes: select 1, binomes: select 2}", "la clé « binomes » est donnée deux fois"),
        ("{binomes: select 1}", "{binomes: 2024-02-30}", "cette valeur n'existe pas"),
        ("{binomes: select 1}", "&a {binomes: *a}", "un renvoi (« * ») à une autre ligne n'est pas accepté"),
        ("{binomes: select 1}", "[" * 5_000, "illisible"),
    ],
)
def test_a_wrong_configuration_is_told_by_its_place(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in GOOD
    with pytest.raises(UsageError, match=r"voies\.yml") as error:
        load(tmp_path, GOOD.replace(before, after, 1))
    assert said in str(error.value)


def test_a_value_of_the_configuration_is_never_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        load(tmp_path, GOOD.replace("port: 22", "").replace("utilisateur: depot", "mot_de_passe: secret-en-clair"))
    assert "secret-en-clair" not in str(error.value)


def test_without_configuration_the_user_is_told_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"docs/voies\.md"):
        load_ways(Settings(data=tmp_path))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("binômes 2024 (2).csv", "binômes 2024 (2).csv"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\windows\\x.csv", "_.._windows_x.csv"),
        ("/absolu.csv", "_absolu.csv"),
        ("a\nb\x00c.csv", "a_b_c.csv"),
        ("=cmd|x.csv", "_cmd_x.csv"),
        ("...", "fichier"),
        ("x" * 400 + ".csv", "x" * 120 + ".csv"),
    ],
)
def test_a_senders_file_name_can_lead_nowhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe
