"""`mentorat plan`: what it writes and says, and the codes it ends with."""

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Mentorat


def test_a_plan_from_its_template_to_the_register(mentorat: Mentorat, tmp_path: Path) -> None:
    path = tmp_path / "2025.yml"
    assert mentorat("plan", "nouveau", path)[0] == 0
    code, out, _ = mentorat("plan", "verifier", path)
    assert code == 0
    assert "Pas enregistré" in out
    code, _, err = mentorat("plan", "enregistrer", path)
    assert code == 2
    assert "donnez un nom" in err
    path.write_text(path.read_text(encoding="utf-8").replace("nom: modele", "nom: essai"), encoding="utf-8")
    assert mentorat("plan", "enregistrer", path)[0] == 0
    assert "empreinte" in (tmp_path / "registre.yml").read_text(encoding="utf-8")
    assert "Enregistré le" in mentorat("plan", "verifier", path)[1]


def test_a_plan_changed_after_it_was_registered_ends_with_two(mentorat: Mentorat, tmp_path: Path) -> None:
    path = tmp_path / "2025.yml"
    mentorat("plan", "nouveau", path)
    path.write_text(path.read_text(encoding="utf-8").replace("nom: modele", "nom: essai"), encoding="utf-8")
    mentorat("plan", "enregistrer", path)
    path.write_text(path.read_text(encoding="utf-8").replace("variance: CR2", "variance: CR3"), encoding="utf-8")
    code, out, err = mentorat("plan", "verifier", path)
    assert (code, out) == (2, "")
    assert "ne se modifie pas" in err


def test_a_fault_is_a_sentence_and_no_traceback(mentorat: Mentorat, tmp_path: Path) -> None:
    path = tmp_path / "2025.yml"
    mentorat("plan", "nouveau", path)
    path.write_text(path.read_text(encoding="utf-8").replace("se_sent_seul", "se_sent_sel"), encoding="utf-8")
    code, _, err = mentorat("plan", "verifier", path)
    assert code == 2
    assert "vouliez-vous dire « se_sent_seul »" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"nom: [a\n b: {c", "ligne 2"),
        ("question: été".encode("latin-1"), "UTF-8"),
        (b"- nom\n", "ne contient pas de clés"),
        (b"questoin: x\n", "vouliez-vous dire « question »"),
        (b"nom: !!python/name:os.system\n", "ligne 1"),
        (None, "est un dossier"),
        (b"nom: x\ndate: 2026-02-30\n", "ligne 2 : cette valeur n'existe pas"),
        (b"a: &a {x: 1}\nb: {<<: [*a, *a]}\n", "ligne 2 : un renvoi"),
        (b"nom: " + b"[" * 5_000, "imbriqués"),
    ],
    ids=["no YAML", "Latin-1", "a list", "an unknown key", "an object", "a folder", "no date", "an alias", "too deep"],
)
def test_what_is_no_plan_is_told_in_a_sentence(
    mentorat: Mentorat, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "plan.yml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    code, out, err = mentorat("plan", "verifier", path)
    assert (code, out) == (2, "")
    assert str(path) in err and said in err
    assert "défaut du programme" not in err


@pytest.mark.parametrize("arguments", [("plan",), ("plan", "--help"), ("plan", "verifier", "--help")])
def test_its_help_is_french(mentorat: Mentorat, arguments: tuple[str, ...]) -> None:
    code, out, _ = mentorat(*arguments)
    assert code == 0
    assert "Usage : " in out
    assert "Commands" not in out
    assert "<bool>" not in out
