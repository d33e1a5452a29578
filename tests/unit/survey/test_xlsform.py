"""The questionnaire as a workbook KoboToolbox and ODK load, and what comes back of it."""

from pathlib import Path

import pandas as pd
import pytest

from mentorat.contracts.sources import contract
from mentorat.survey.questionnaire import GROUPS, questionnaire
from mentorat.survey.xlsform import LABEL, FormError, read_xlsform, write_xlsform, write_xlsforms, xlsform


@pytest.mark.parametrize("group", GROUPS)
def test_a_form_written_is_the_form_read_back(group: str, tmp_path: Path) -> None:
    path = tmp_path / "formulaire.xlsx"
    write_xlsform(group, path)
    found, expected = read_xlsform(path), xlsform(group)
    pd.testing.assert_frame_equal(found.survey, expected.survey, check_dtype=False)
    pd.testing.assert_frame_equal(found.choices, expected.choices, check_dtype=False)


@pytest.mark.parametrize("group", GROUPS)
def test_every_question_is_a_column_that_the_reception_reads(group: str) -> None:
    form = xlsform(group)
    assert set(form.survey["name"]) <= set(contract(f"enquete_{group}").noms)
    assert {item.nom for item in questionnaire().asked_of(group)} <= set(form.survey["name"])
    assert form.survey["name"].is_unique
    assert (form.survey[LABEL] != "").all()


@pytest.mark.parametrize("group", GROUPS)
def test_every_list_asked_for_has_its_choices_and_no_other(group: str) -> None:
    form = xlsform(group)
    asked = form.survey["type"].str.extract(r"select_(?:one|multiple) (\w+)")[0].dropna()
    assert set(asked) == set(form.choices["list_name"])
    assert not form.choices.duplicated(["list_name", "name"]).any()


def test_no_form_asks_for_an_identity() -> None:
    for group in GROUPS:
        assert not xlsform(group).survey["name"].str.startswith(("id_jeune", "id_mentor")).any()


def test_conditions_say_who_is_asked() -> None:
    relevant = xlsform("mentores").survey.set_index("name")["relevant"]
    assert relevant["insertion"] == "${age} >= 16"
    assert relevant["envie_reussir"] == "${vague} = 1 or ${vague} = 2"
    assert "${date_debut_mentorat}" in relevant["arret_conduites"]
    assert relevant["se_sent_seul"] == ""


def test_two_writings_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write_xlsforms(tmp_path / place) for place in ("un", "deux"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


@pytest.mark.parametrize(
    ("sheet", "change", "told"),
    [
        ("survey", {"name": "couleur_preferee"}, "couleur_preferee"),
        ("survey", {"type": "text"}, "attendu : select_one"),
        ("choices", {"name": "6"}, "un code n'est pas de la liste"),
        ("settings", {"form_id": "autre"}, "form_id"),
    ],
)
def test_a_form_changed_beyond_its_words_is_refused(
    sheet: str, change: dict[str, str], told: str, tmp_path: Path
) -> None:
    form = xlsform("mentors")
    sheets = {"survey": form.survey.copy(), "choices": form.choices.copy(), "settings": form.settings.copy()}
    for column, value in change.items():
        sheets[sheet].loc[sheets[sheet].index[-1], column] = value
    path = tmp_path / "change.xlsx"
    with pd.ExcelWriter(path) as book:
        for name, table in sheets.items():
            table.to_excel(book, sheet_name=name, index=False)
    with pytest.raises(FormError, match=told):
        read_xlsform(path)
