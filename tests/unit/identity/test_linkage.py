"""Which pseudonyms are one person's."""

import pandas as pd

from mentorat.identity.linkage import link


def table(rows: list[tuple[str | None, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["departement", "id_dossier", "naissance", "id_jeune_etude"], dtype="str")


def as_dict(identities: pd.DataFrame) -> dict[str, tuple[str, str]]:
    return {row.id_jeune: (row.id_personne, row.passe) for row in identities.itertuples()}


def test_the_file_number_links_two_spellings_within_a_departement() -> None:
    found = as_dict(
        link(table([("59", "D1", "2010-01", "bb")]), table([("59", "D1", "2010-01", "aa"), ("62", "D1", None, "cc")]))
    )
    assert found == {"aa": ("aa", "id_dossier"), "bb": ("aa", "exact"), "cc": ("cc", "exact")}


def test_another_month_of_birth_says_the_file_number_was_mistyped() -> None:
    found = as_dict(link(table([("59", "D1", "2010-01", "bb")]), table([("59", "D1", "2008-07", "aa")])))
    assert found["aa"] == ("aa", "exact") and found["bb"] == ("bb", "exact")


def test_links_are_followed_through_several_files() -> None:
    dossiers = table([("59", "D1", None, "b"), ("59", "D2", None, "c")])
    binomes = table([("59", "D1", None, "a"), ("59", "D2", None, "a")])
    assert set(link(dossiers, binomes)["id_personne"]) == {"a"}


def test_the_order_of_rows_changes_nothing() -> None:
    dossiers = table([("59", f"D{i}", None, f"b{i}") for i in range(9)])
    binomes = table([("59", f"D{i}", None, f"a{8 - i}") for i in range(9)])
    mixed = link(dossiers.iloc[::-1], binomes.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(link(dossiers, binomes), mixed)


def test_every_pseudonym_seen_is_listed_once_with_those_of_other_sources() -> None:
    others = [pd.Series(["zz", None, "bb"], dtype="str")]
    found = link(table([("59", "D1", None, "bb")]), table([]), others)
    assert found["id_jeune"].tolist() == ["bb", "zz"]
    assert list(found.columns) == ["id_jeune", "id_personne", "passe"]


def test_rows_without_a_file_number_or_a_pseudonym_link_nothing() -> None:
    found = link(table([("59", None, None, "b"), ("59", "D1", None, None)]), table([("59", None, None, "a")]))
    assert found["id_personne"].tolist() == ["a", "b"]
