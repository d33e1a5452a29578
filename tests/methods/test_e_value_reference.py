"""E-values of R's EValue."""

import json
from pathlib import Path

import pytest

from mentorat.causal.sensitivity import e_value

FIGURES = json.loads((Path(__file__).parent / "data" / "reference.json").read_text(encoding="utf-8"))["sensitivity"][
    "figures"
]


@pytest.mark.parametrize("name", ["evalue.leukemia_RR_0.80", "evalue.RR_3.9_1.8_8.7", "evalue.OR_rare"])
def test_e_values_are_those_of_r_evalue(name: str) -> None:
    value = FIGURES[name]["value"]
    ratio, expected = value["RR"], value["E-values"]
    found = e_value(ratio["point"], ratio["lower"], ratio["upper"])
    limit = expected["upper"] if expected["lower"] is None else expected["lower"]
    assert (found.point, found.limit) == pytest.approx((expected["point"], limit), rel=1e-10)
