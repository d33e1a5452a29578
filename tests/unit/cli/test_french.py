"""Words agree with their number."""

import pytest

from mentorat.french import counted


@pytest.mark.parametrize(("n", "said"), [(0, "0 ligne reçue"), (1, "1 ligne reçue"), (2, "2 lignes reçues")])
def test_words_take_an_s_from_two_on(n: int, said: str) -> None:
    assert counted(n, "ligne reçue") == said
