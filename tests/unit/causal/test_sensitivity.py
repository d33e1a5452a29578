from math import isnan, nan

import pytest

from mentorat.causal.sensitivity import e_value, e_value_cohen_h, e_value_smd


def test_the_e_value_is_the_same_on_both_sides_of_one() -> None:
    above, below = e_value(2, 1.25, 4), e_value(0.5, 0.25, 0.8)
    assert (above.point, above.limit) == pytest.approx((below.point, below.limit))
    assert above.point == pytest.approx(2 + 2**0.5)


def test_an_interval_that_holds_one_needs_no_confounder_to_be_explained() -> None:
    assert e_value(1.5, 0.9, 2.5).limit == 1
    assert e_value(1.0, 0.8, 1.2).point == 1


def test_cohen_s_h_is_read_as_a_difference_in_standard_deviations() -> None:
    found = e_value_cohen_h(-0.2, 0.1)
    assert (found.point, found.limit) == pytest.approx((e_value_smd(0.2, 0.1).point, e_value_smd(0.2, 0.1).limit))
    assert found.point > found.limit > 1


def test_an_unknown_ratio_has_no_e_value() -> None:
    found = e_value(nan, nan, nan)
    assert isnan(found.point)
    assert isnan(found.limit)


def test_an_estimate_outside_its_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        e_value(2, 2.5, 3)
