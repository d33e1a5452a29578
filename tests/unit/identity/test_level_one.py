"""Level-1 pseudonyms: the message format that any implementation must reproduce, and birth dates as they come."""

import hashlib
import hmac
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorat.identity.level_one import first_given, level_one, normalise_name, parse_birth, swapped
from mentorat.identity.phonetics import phonetic

KEY = b"0123456789abcdef0123456789abcdef"
BORN = date(2010, 3, 5)


def hashed(message: str) -> str:
    """HMAC-SHA-256 written from RFC 2104, apart from the code under test."""
    block = KEY.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + message.encode()).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).hexdigest()


def test_messages_are_those_the_description_states() -> None:
    found = level_one("Zoé-Line", "d'Œuvre", BORN, KEY)
    assert found.exact == hashed("jeune|ZOELINE|DOEUVRE|2010-03-05")
    assert found.phon == hashed("jeune_phon|zoelin|d4vr|2010-03-05")
    assert found.inv == hashed("jeune|ZOELINE|DOEUVRE|2010-05-03")


def test_vectors_never_change_without_a_rotation() -> None:
    found = level_one("Zoé-Line", "d'Œuvre", BORN, KEY)
    assert found == (
        "1692ef6bc0ad3821a1997c863635140d6bc490ab67d8669256293edb6c5b2b8b",
        "88f7bbb51851a6d2b912927389831288fcd7f86258d00126986d60d5bc9a783b",
        "7616dddcf6fcb03dad4092e6e6c2f62a01686bdf602ba5a1b9893995771fa384",
    )


def test_a_mentor_and_a_young_person_never_share_a_pseudonym() -> None:
    assert not set(level_one("Ana", "Roy", BORN, KEY)) & set(level_one("Ana", "Roy", BORN, KEY, "mentor"))


def test_a_swapped_date_meets_the_other_records_exact_pseudonym() -> None:
    true, wrong = level_one("Ana", "Roy", date(2010, 3, 5), KEY), level_one("Ana", "Roy", date(2010, 5, 3), KEY)
    assert (true.inv, wrong.inv) == (wrong.exact, true.exact)


def test_no_swapped_pseudonym_where_the_swapped_date_is_none() -> None:
    assert level_one("Ana", "Roy", date(2010, 3, 13), KEY).inv is None
    assert swapped(date(2010, 2, 12)) == date(2010, 12, 2)


def test_first_and_family_names_are_not_exchanged() -> None:
    assert level_one("Martin", "Paul", BORN, KEY).exact != level_one("Paul", "Martin", BORN, KEY).exact


def test_of_a_list_of_first_names_the_first_serves() -> None:
    assert level_one("Marie, Louise", "Roy", BORN, KEY) == level_one("Marie", "Roy", BORN, KEY)
    assert (first_given(" ,Marie"), first_given("; ,"), first_given("Jean Paul")) == ("Marie", "", "Jean Paul")


@pytest.mark.parametrize(("prenom", "nom"), [("", "Roy"), ("Ana", " - "), ("123", "Roy"), (",", "Roy")])
def test_a_name_without_a_letter_has_no_pseudonym(prenom: str, nom: str) -> None:
    with pytest.raises(ValueError, match="without any letter"):
        level_one(prenom, nom, BORN, KEY)


def test_another_key_gives_other_pseudonyms() -> None:
    assert not set(level_one("Ana", "Roy", BORN, KEY)) & set(level_one("Ana", "Roy", BORN, KEY[::-1]))


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Jean-Pierre", "JEANPIERRE"),
        ("  jean   pierre ", "JEANPIERRE"),
        ("O’Brien", "OBRIEN"),
        ("Straße", "STRASSE"),
        ("Łukasz Đorđe Søren", "LUKASZDORDESOREN"),
        ("Nguyễn", "NGUYEN"),
        ("Zoe\u0301", "ZOE"),  # accent apart
        ("ﬁﬁ", "FIFI"),
        ("Dupont2 (bis)", "DUPONTBIS"),
        ("Øyvind Æsa", "OYVINDAESA"),
        ("ağaoğlu ı İ", "AGAOGLUII"),
        ("", ""),
    ],
)
def test_names_are_normalised(written: str, normal: str) -> None:
    assert normalise_name(written) == normal


@given(st.text(max_size=30))
def test_normalisation_is_stable_and_holds_letters_only(text: str) -> None:
    once = normalise_name(text)
    assert normalise_name(once) == once
    assert once == "" or once.isalpha()
    assert normalise_name(f"  {text}-") == once


@given(st.text(min_size=5, max_size=30, alphabet=st.characters(categories=["L"], max_codepoint=0x24F)))
def test_a_name_and_its_normal_form_are_heard_alike(name: str) -> None:
    assert phonetic(normalise_name(name)) == phonetic(name)


@given(st.text(max_size=20), st.text(max_size=20), st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_identity_gives_64_hexadecimal_characters_or_none(prenom: str, nom: str, born: date) -> None:
    if not normalise_name(first_given(prenom)) or not normalise_name(nom):
        return
    for pseudonym in level_one(prenom, nom, born, KEY):
        assert pseudonym is None or re.fullmatch("[0-9a-f]{64}", pseudonym)
    assert level_one(prenom, nom, born, KEY).exact == hmac.digest(
        KEY, f"jeune|{normalise_name(first_given(prenom))}|{normalise_name(nom)}|{born}".encode(), "sha256"
    ).hex()  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        "2010-03-05", "2010/03/05", "2010-3-5", "05/03/2010", "5/3/2010", "5/3/10", "05-03-2010", "05.03.2010",
        "5 3 2010", "05032010", "20100305", "40242", "40242.0", "40242.75", "5 mars 2010", "5 MARS 2010",
        "05/03/2010 00:00",
        "2010-03-05T00:00:00", "2010-03-05 12:30:00.000", "  05/03/2010\u00a0", "2010-03-05T00:00:00Z",
    ],
)  # fmt: skip
def test_a_birth_date_is_read_as_senders_write_it(written: str) -> None:
    assert parse_birth(written) == BORN


@pytest.mark.parametrize(
    "written",
    [
        "", "NC", "2010", "2010-03", "03/2010", "31/02/2010", "00/00/2010", "99/99/2010", "2010-00-00", "05/03/1810",
        "05/03-2010", "5 marss 2010", "-40242", "99999", "1", "05/13/2010", "2010-03-05 ou 06", "05/03/2210",
        "13132010",
    ],
)  # fmt: skip
def test_anything_else_is_no_birth_date(written: str) -> None:
    assert parse_birth(written) is None


def test_two_digits_and_months_in_words() -> None:
    assert parse_birth("1/2/58") == date(1958, 2, 1)
    assert parse_birth("1/2/29") == date(2029, 2, 1)
    assert parse_birth("1er janv. 2008") == date(2008, 1, 1)
    assert parse_birth("15 août 2009") == date(2009, 8, 15)
    assert parse_birth("3 décembre 2009") == parse_birth("3 Decembre 2009") == date(2009, 12, 3)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_date_is_read_back_from_its_usual_forms(day: date) -> None:
    assert parse_birth(day.isoformat()) == day
    assert parse_birth(f"{day.day}/{day.month}/{day.year}") == day
    assert parse_birth(day.strftime("%d.%m.%Y")) == day


@given(st.text(max_size=25))
def test_no_text_stops_the_reader(text: str) -> None:
    parse_birth(text)
