"""What a run that failed says: the sentence of a fault the user can mend, wherever it comes from."""

import pytest

from mentorat.errors import PublicationStopped, UsageError
from orchestration.run import user_fault

STACK = '\n\nStack Trace:\n  File "x.py", line 1, in f\n'


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("mentorat.errors.UsageError: La clé manque.", UsageError),
        ("mentorat.errors.PublicationStopped: Rien n'a été reçu.", PublicationStopped),
        ("mentorat.survey.design.SurveyError: La colonne « poids » est nulle.", PublicationStopped),
        ("mentorat.causal.balancing.NotEstimable: Aucun recouvrement.", PublicationStopped),
        ("notebooks.runner.NotebookError: Le carnet s'est arrêté.", PublicationStopped),
    ],
)
def test_the_sentence_of_a_fault_of_ours_reaches_the_user_without_its_stack(told: str, expected: type) -> None:
    fault = user_fault(told + STACK)
    assert type(fault) is expected
    assert str(fault) == told.split(": ", 1)[1]


@pytest.mark.parametrize(
    "told",
    [
        "ValueError: level must be between 0 and 1",
        "mentorat.survey.design.Inconnue: rien",
        "mentorat.absent.Faute: rien",
        "mentorat.errors.UsageError.Dedans: rien",
        "KeyError: 'mentorat'",
    ],
)
def test_a_fault_of_the_programme_is_not_told_as_the_users(told: str) -> None:
    assert user_fault(told + STACK) is None
