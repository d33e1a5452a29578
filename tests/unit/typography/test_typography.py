"""French typography: what a reader of a report, a PDF or a chart sees."""

import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorat.typography import fr_date, fr_number, fr_p, fr_percent, fr_points, fr_text

NB, FINE = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Qui manque?", f"Qui manque{FINE}?"),
        ("Attention !", f"Attention{FINE}!"),
        ("reçu ; accepté", f"reçu{FINE}; accepté"),
        ("Lecture : 16 %", f"Lecture{NB}: 16{NB}%"),
        ("Vraiment ?!", f"Vraiment{FINE}?!"),
        ("« secret »", f"«{NB}secret{NB}»"),
        ("«secret» : oui", f"«{NB}secret{NB}»{NB}: oui"),
        ("dont 12,5% à part", f"dont 12,5{NB}% à part"),
        ("208 064 accueils", f"208{FINE}064 accueils"),
        ("1 234 567 jeunes", f"1{FINE}234{FINE}567{NB}jeunes"),
        ("en 2024 350 dossiers", "en 2024 350 dossiers"),
        ("le 18 février 2024", f"le 18{NB}février 2024"),
        ("l'étude d'impact", "l’étude d’impact"),
        ("de -18,2 à +0,8", "de \u221218,2 à +0,8"),
        ("les 11-17 ans", f"les 11-17{NB}ans"),
        ("à 10:30 précises", "à 10:30 précises"),
        ("suite...", "suite…"),
        ("article L221-2-6", f"article{NB}L221-2-6"),
    ],
)
def test_spaces_and_signs_follow_french_usage(typed: str, printed: str) -> None:
    assert fr_text(typed) == printed


@pytest.mark.parametrize(
    "kept",
    ["https://data.drees.gouv.fr/a?b=c;d:!", "<a title='x : y ?'>", "A &amp; B &lt; C", "equipe@exemple.fr"],
)
def test_addresses_tags_and_character_references_are_left_alone(kept: str) -> None:
    assert fr_text(kept) == kept


@given(st.text(alphabet="aé'« »:;!?%-.10 \u00a0\u202f€(<>&/p", max_size=30))
def test_printing_twice_changes_nothing(text: str) -> None:
    assert fr_text(fr_text(text)) == fr_text(text)


@given(st.text(alphabet="abç «»:;!?%123,", max_size=30))
def test_only_spaces_are_added_or_changed(text: str) -> None:
    assert "".join(fr_text(text).split()) == "".join(text.split())


def test_numbers_have_a_decimal_comma_fine_thousands_and_a_true_minus() -> None:
    assert fr_number(208064) == f"208{FINE}064"
    assert fr_number(-1234.567, 2) == f"\u22121{FINE}234,57"
    assert fr_number(0.125, 2) == "0,13"
    assert fr_number(-0.04, 1) == "0,0"


def test_shares_are_printed_as_percentages() -> None:
    assert fr_percent(0.0857) == f"8,6{NB}%"
    assert fr_percent(0.285, 0) == f"29{NB}%"
    assert fr_percent(1, 0) == f"100{NB}%"


def test_differences_are_signed_and_plural_from_two() -> None:
    assert fr_points(-8.832) == f"\u22128,8{NB}points"
    assert fr_points(12.8) == f"+12,8{NB}points"
    assert fr_points(0.8) == f"+0,8{NB}point"
    assert fr_points(0.04) == f"0,0{NB}point"


def test_the_first_of_the_month_is_ordinal() -> None:
    assert fr_date(datetime.date(2025, 1, 1)) == f"1er{NB}janvier 2025"
    assert fr_date(datetime.date(2024, 2, 18)) == f"18{NB}février 2024"


def test_rounding_a_p_value_never_crosses_five_per_cent() -> None:
    assert fr_p(0.0733) == f"p{NB}={NB}0,073"
    assert fr_p(0.0055) == f"p{NB}={NB}0,0055"
    assert fr_p(0.04961) == f"p{NB}={NB}0,0496"
    assert fr_p(0.00001) == f"p{NB}<{NB}0,001"


@pytest.mark.parametrize("absent", [None, float("nan"), float("inf"), pd.NA])
def test_a_missing_value_is_said_not_available(absent: float | None) -> None:
    for printed in (fr_number(absent), fr_percent(absent), fr_points(absent), fr_p(absent)):
        assert printed == f"n.{NB}d."
