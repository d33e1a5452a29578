"""Adjusted p-values of R's p.adjust, and what Benjamini and Hochberg (1995) reject in their own example."""

import json
from ast import literal_eval
from math import nan

import pytest

from mentorat.survey.multiplicity import (
    benjamini_hochberg,
    benjamini_yekutieli,
    bonferroni,
    hochberg,
    holm,
    hommel,
)
from tests.methods.figures import DATA, assert_complete, cases, reference

CASE = "multiple_testing"
RULES = {
    "bonferroni": bonferroni,
    "holm": holm,
    "hochberg": hochberg,
    "hommel": hommel,
    "BH": benjamini_hochberg,
    "BY": benjamini_yekutieli,
}
CALLS = {
    figure["id"]: figure["call"]
    for figure in json.loads((DATA / CASE / "reference.json").read_text(encoding="utf-8"))["figures"]
}
NOT_APPLICABLE = {
    "glht.tukey.raw": "t-tests between the levels of a factor in a linear model: the project declares its comparisons "
    "two groups at a time, and has no all-pairs contrasts to hold",
    "tukeyHSD": "all pairs of means under one variance: nothing here is compared over more than two groups",
}


def given(name: str) -> list[float]:
    """The p-values in R's call."""
    inside = CALLS[name].split("c(", 1)[1].split(")", 1)[0]
    return [nan if text.strip() == "NA" else float(literal_eval(text.strip())) for text in inside.split(",")]


@pytest.mark.parametrize("name", cases(CASE, *(f"*.{rule}" for rule in RULES)))
def test_adjusted_p_values_are_those_of_p_adjust(name: str) -> None:
    value = reference(CASE)[name]
    expected = [nan if p is None else p for p in (value if isinstance(value, list) else [value])]
    assert RULES[name.split(".")[1]](given(name)) == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_rejections_are_those_benjamini_and_hochberg_published() -> None:
    published = reference(CASE)["bh1995.published"]
    p = given("bh1995.BH")
    assert (bonferroni(p) <= published["alpha"]).sum() == published["bonferroni_rejections"]
    assert (benjamini_hochberg(p) <= published["alpha"]).sum() == published["bh_rejections"]


def test_every_figure_is_held_or_has_its_reason() -> None:
    assert_complete(CASE, [*(f"*.{rule}" for rule in RULES), "bh1995.published"], NOT_APPLICABLE)
