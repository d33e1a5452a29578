"""Level-2 pseudonyms."""

import pandas as pd

from mentorat.identity.pseudonyms import digest, pseudonymise
from mentorat.identity.secret_key import Key

KEY = Key("MENTORAT_CLE_ETUDE", b"k" * 32)


def test_hmac_sha256_agrees_with_rfc_4231_case_2() -> None:
    key = Key("x", b"Jefe")
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert digest(key, "what do ya want for nothing?") == expected


def test_the_message_is_domain_and_value() -> None:
    series = pd.Series(["a", None, "b", "a"], index=[5, 6, 7, 8], dtype="str")
    out = pseudonymise(series, KEY, "id_jeune")
    assert out.loc[5] == digest(KEY, "id_jeune|a") == out.loc[8]
    assert out.loc[7] == digest(KEY, "id_jeune|b")
    assert pd.isna(out.loc[6])
    assert list(out.index) == [5, 6, 7, 8] and pd.api.types.is_string_dtype(out)


def test_two_domains_or_two_keys_never_meet() -> None:
    series = pd.Series(["a"], dtype="str")
    other = Key("y", b"z" * 32)
    found = {pseudonymise(series, key, domain)[0] for key in (KEY, other) for domain in ("id_jeune", "id_mentor")}
    assert len(found) == 4


def test_a_reference_is_scoped_by_its_departement_or_association() -> None:
    values = pd.Series(["D1", "D1", "D1", None], dtype="str")
    scope = pd.Series(["59", "62", None, "59"], dtype="str")
    out = pseudonymise(values, KEY, "id_dossier", scope)
    assert out[0] == digest(KEY, "id_dossier|59|D1")
    assert out[1] == digest(KEY, "id_dossier|62|D1")
    assert out[2] == digest(KEY, "id_dossier||D1")
    assert pd.isna(out[3])


def test_no_rows_give_no_rows() -> None:
    assert len(pseudonymise(pd.Series([], dtype="str"), KEY, "id_jeune")) == 0
