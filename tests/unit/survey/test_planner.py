"""What `mentorat planifier` answers, and what it refuses."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from mentorat import cli
from mentorat.errors import UsageError
from mentorat.survey.planner import Request, answer_table, defaults, plan_request
from mentorat.survey.planning import CURVE


@pytest.fixture
def planifier(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mentorat", "planifier", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        plain = [text.replace("\u00a0", " ").replace("\u202f", " ") for text in (said.out, said.err)]
        return int(end.value.code or 0), *plain

    return run


def test_the_groups_of_2022_detect_fifteen_points_and_eighteen_when_clustered(planifier) -> None:
    code, out, _ = planifier("--part", 50, "--n1", 163, "--n2", 174, "--effet-plan", 1.5)
    assert code == 0
    assert "Un écart de 18,3 points (68,3 % contre 50,0 %)" in out
    assert "+15,0 points" in out
    assert "+18,3 points" in out


def test_the_loneliness_gap_asks_for_407_a_group_and_610_when_clustered(planifier) -> None:
    gap = ("--part", 100 * 57 / 174, "--ecart", 100 * (39 / 163 - 57 / 174), "--echelle", "h")
    assert "407 jeunes mentorés et 407 jeunes non mentorés" in planifier(*gap)[1]
    assert "610 jeunes mentorés" in planifier(*gap, "--effet-plan", 1.5)[1]


def test_each_assumption_shows_what_it_costs(planifier) -> None:
    arguments = ["--part", 33, "--ecart", -9, "--taille-grappe", 12, "--icc", 0.05, "--attrition", 20, "--issues", 3]
    code, out, _ = planifier(*arguments, "--correlation", 0.5, "--json")
    told = json.loads(out)
    assert code == 0
    assert [step["n1"] for step in told["etapes"]] == [394, 624, 720, 960, 732]
    assert told["cherche"] == "effectif"
    assert told["plan"]["clusters1"] == 61
    assert "propres à chaque groupe" in told["remarques"][0]


def test_a_default_correlation_says_its_date_and_its_reason() -> None:
    answer = plan_request(Request(ecart=10, taille_grappe=10))
    assert answer.assumptions.icc == defaults()["icc"]["valeur"]
    assert f"hypothèse du {defaults()['date']:%d/%m/%Y}" in answer.notes[0].replace("\u00a0", " ")


def test_the_curve_is_written_as_csv_and_svg(planifier, tmp_path: Path) -> None:
    code, out, _ = planifier("--ecart", -10, "--effet-plan", 1.5, "--sortie", tmp_path)
    assert code == 0
    curve = pd.read_csv(tmp_path / "planification.csv", sep=";")
    assert list(curve.columns) == ["hypotheses", *CURVE]
    assert curve["hypotheses"].nunique() == 2
    svg = (tmp_path / "planification.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "Écart détectable à la baisse, en points" in svg
    assert str(tmp_path / "planification.svg") in out.replace("\n", "")


def test_no_difference_large_enough_is_said_in_words() -> None:
    answer = plan_request(Request(part=5, n1=15, risque=1))
    assert answer.cherche == "ecart"
    assert any(step.baisse_points is None for step in answer.steps)
    assert "aucun" in str([column._cells for column in answer_table(answer).columns])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Donnez --ecart"),
        (["--part", 0.33, "--ecart", 9], "écrivez 33 pour 33 %"),
        (["--ecart", 0], "aucun effectif ne détecte un écart nul"),
        (["--part", 95, "--ecart", 9], "sort de 0 à 100 %"),
        (["--ecart", 9, "--n2", 100], "--n2 va avec --n1"),
        (["--ecart", 9, "--grappes", 10], "--grappes demande --taille-grappe"),
        (["--ecart", 9, "--icc", 0.1], "--icc demande la taille des grappes"),
        (["--ecart", 9, "--effet-plan", 1.5, "--icc", 0.1], "donnez l'un ou les autres"),
        (["--n1", 100, "--grappes", 1], "deux grappes au moins"),
        (["--n1", 100, "--grappes", 5, "--taille-grappe", 9], "se contredisent"),
        (["--ecart", 9, "--taille-grappe", 10, "--icc", 2], "ICC"),
        (["--ecart", 9, "--echelle", "log"], "khi2, h, wald"),
        (["--ecart", 9, "--attrition", 100], "--attrition se donne en pourcentage"),
        (["--ecart", "neuf"], "la valeur donnée à --ecart ne convient pas"),
    ],
)
def test_what_cannot_be_planned_ends_with_two_and_its_remedy(planifier, arguments: list[object], told: str) -> None:
    code, out, err = planifier(*arguments)
    assert (code, out) == (2, "")
    assert told in err


def test_without_the_platform_the_command_says_what_to_install(planifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.delitem(sys.modules, "mentorat.survey.planner")
    monkeypatch.delitem(sys.modules, "mentorat.survey.planning")
    # `from mentorat.survey import planner` is content with the attribute of the package
    monkeypatch.delattr("mentorat.survey.planner")
    code, _, err = planifier("--ecart", 9)
    assert code == 2
    assert "pip install 'mentorat-impact[plateforme]'" in err


def test_a_request_that_names_no_size_and_no_difference_is_refused() -> None:
    with pytest.raises(UsageError, match="--ecart"):
        plan_request(Request())


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENTORAT_DATA", str(tmp_path))
    folder = tmp_path / "publication" / "2024" / "evaluation"
    folder.mkdir(parents=True)
    rows = [
        ("se_sent_seul", "une vague", 0.34, 0.06),
        ("rare", "une vague", None, None),
        ("freqsco", "cohorte", 0.5, 0),
    ]
    table = pd.DataFrame(rows, columns=["issue", "comparaison", "part_reference", "icc"]).assign(libelle="Libellé")
    table.to_csv(folder / "calendrier.csv", sep=";", index=False)


@pytest.mark.usefixtures("published")
def test_a_published_survey_gives_the_share_and_the_correlation_of_its_question(planifier) -> None:
    arguments = ["--campagne", 2024, "--question", "se_sent_seul", "--ecart", -8, "--taille-grappe", 5, "--json"]
    told = json.loads(planifier(*arguments)[1])
    assert (told["demande"]["part"], told["demande"]["icc"]) == (34, 0.06)
    assert json.loads(planifier(*arguments, "--icc", 0.1)[1])["demande"]["icc"] == 0.1


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--campagne", 2024], "vont ensemble"),
        (["--campagne", 2023, "--question", "se_sent_seul"], "n'est pas publiée"),
        (["--campagne", 2024, "--question", "freqsco"], "se_sent_seul, rare"),
        (["--campagne", 2024, "--question", "rare"], "donnez --part et --icc"),
    ],
)
def test_a_question_that_was_not_published_is_refused(planifier, arguments: list[object], told: str) -> None:
    code, _, err = planifier(*arguments, "--ecart", 9)
    assert code == 2
    assert told in err
