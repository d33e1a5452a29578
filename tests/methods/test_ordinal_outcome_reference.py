"""Effect on a scale by g-computation, against R's MASS::polr and survey::svyolr on the wine of Randall 1989.

`data/ordinal_outcome/reference.R` makes the figures again.
"""

import json

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.outcomes import outcome_effect
from tests.methods.figures import DATA

POSITIVE = {"score": None, "positive": [4, 5]}


@pytest.mark.parametrize("name", POSITIVE)
def test_the_effect_of_contact_is_that_of_r(name: str) -> None:
    expected = json.loads((DATA / "ordinal_outcome" / "reference.json").read_text(encoding="utf-8"))[name]
    wine = pd.read_csv(DATA / "ordinal_wine" / "wine.csv")
    found = outcome_effect(
        wine.assign(contact=wine["contact"] == "yes", temp=(wine["temp"] == "warm") * 1.0),
        "rating",
        "contact",
        ["temp"],
        weights=1 + np.arange(1, len(wine) + 1) % 3 / 2,
        cluster="judge",
        model="ordinal",
        positive=POSITIVE[name],
        variance="CR1",
        fixed_target=True,
    )
    assert found.estimate == pytest.approx(expected["estimate"], rel=1e-7)
    # svyolr's errors rest on the information observed, ours on the information expected: 72 answers of 9 judges
    assert found.standard_error == pytest.approx(expected["se"], rel=0.04)
