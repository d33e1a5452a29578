"""Which pseudonyms are one person's."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from mentorat.identity import linkage
from mentorat.identity.linkage import RECORDS_SCHEMA, REVIEW_COLUMNS, Linkage, by_pass, link, link_mentors

TEXT = [name for name in RECORDS_SCHEMA.names if name != "mna"]


def record(source: str, id_jeune: str, emetteur: str = "departement-59", **known: object) -> dict[str, object]:
    """A record whose étude pseudonyms are the pilotage ones, so that tests read easily."""
    ant = known.get("id_jeune_ant")
    twins = {"id_jeune": id_jeune, "id_jeune_etude": id_jeune, "id_jeune_ant_etude": ant}
    return {"source": source, "emetteur": emetteur, "departement": "59", **known, **twins}


def s0(id_jeune: str, **known: object) -> dict[str, object]:
    return record("passage", id_jeune, **known)


def s2(id_jeune: str, id_dossier: str | None = None, naissance: str | None = None, **known: object):
    return record("dossiers_mentorat", id_jeune, id_dossier=id_dossier, naissance=naissance, **known)


def s3(id_jeune: str, id_dossier: str | None = None, naissance: str | None = None, **known: object):
    given = {"emetteur": "association-a", **known}
    return record("binomes", id_jeune, id_dossier=id_dossier, naissance=naissance, **given)


def records(*rows: dict[str, object]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows)).reindex(columns=[*RECORDS_SCHEMA.names, "campagne"])
    return table.astype({**dict.fromkeys(TEXT, "str"), "mna": "object"}).assign(
        campagne=table["campagne"].fillna(2024).astype("int64")
    )


def found(*rows: dict[str, object]) -> Linkage:
    return link(records(*rows))


def persons(*rows: dict[str, object]) -> dict[str, tuple[str, str]]:
    return {row.id_jeune: (row.id_personne, row.passe) for row in found(*rows).identites.itertuples()}


def waiting(*rows: dict[str, object]) -> list[tuple[str, str, str, str]]:
    columns = ["passe", "motif", "id_jeune_1", "id_jeune_2"]
    return list(found(*rows).revue[columns].itertuples(index=False, name=None))


def alone(*names: str) -> dict[str, tuple[str, str]]:
    return {name: (name, "exact") for name in names}


# --- exact pseudonym and file number ----------------------------------------------------------------


def test_the_same_pseudonym_is_the_same_person_wherever_it_is_seen() -> None:
    assert persons(s0("a"), s2("a"), s3("a", departement="62"), record("devenir", "a", departement=None)) == alone("a")


def test_the_file_number_links_two_spellings_within_a_departement() -> None:
    rows = (s2("bb", "D1", "2010-01"), s3("aa", "D1", "2010-01"), s3("cc", "D1", departement="62"))
    assert persons(*rows) == {"aa": ("aa", "id_dossier"), "bb": ("aa", "exact"), "cc": ("cc", "exact")}


def test_the_month_of_birth_may_be_missing_beside_a_file_number() -> None:
    assert persons(s2("b", "D1", "2010-01"), s3("a", "D1"))["a"] == ("a", "id_dossier")
    assert persons(s2("b", "D1"), s3("a", "D1"))["b"] == ("a", "exact")


def test_another_month_of_birth_says_the_file_number_was_mistyped() -> None:
    rows = (s2("bb", "D1", "2010-01"), s3("aa", "D1", "2008-07"))
    assert persons(*rows) == alone("aa", "bb")
    assert waiting(*rows) == [("id_dossier", "mois_differents", "aa", "bb")]


def test_a_month_known_from_another_source_of_the_same_pseudonym_counts() -> None:
    rows = (s2("bb", "D1", "2010-01"), s3("aa", "D1"), record("parcours_ase", "aa", naissance="2008-07"))
    assert persons(*rows) == alone("aa", "bb")


def test_a_file_number_used_twice_over_the_years_follows_the_month_of_birth() -> None:
    years = (s2("a", "D1", "2008-01", campagne=2022), s2("b", "D1", "2012-05", campagne=2024))
    assert persons(*years, s3("c", "D1", "2012-05"))["c"] == ("b", "id_dossier")
    undated = (*years, s3("c", "D1"))
    assert persons(*undated) == alone("a", "b", "c")
    assert ("id_dossier", "mois_differents", "b", "c") in waiting(*undated)


def test_a_spelling_corrected_from_one_campagne_to_the_next_stays_one_person() -> None:
    rows = (s2("b", "D1", "2010-01", campagne=2023), s2("a", "D1", "2010-01", campagne=2024))
    assert {person for person, _ in persons(*rows).values()} == {"a"}


def test_two_associations_naming_one_reference_are_not_linked_without_the_file_itself() -> None:
    rows = (s3("a", "12", "2010-01"), s3("b", "12", "2010-01", emetteur="association-b"))
    assert persons(*rows) == alone("a", "b")
    assert waiting(*rows) == []


def test_a_reference_that_would_make_one_of_two_children_of_the_departement_waits() -> None:
    # The association typed D1 for the child of D2, whose month it doesn't give.
    rows = (s2("a", "D1", "2010-01"), s2("b", "D2", "2010-01"), s3("b", "D1"))
    assert persons(*rows) == alone("a", "b")
    assert waiting(*rows) == [("id_dossier", "personnes_distinctes", "a", "b")]


def test_one_pair_register_may_spell_the_same_file_in_two_ways() -> None:
    rows = (s2("a", "D1", "2010-01"), s3("b", "D1"), s3("c", "D1"))
    assert persons(*rows) == {"a": ("a", "exact"), "b": ("a", "id_dossier"), "c": ("a", "id_dossier")}


def test_rows_without_a_file_number_or_a_pseudonym_link_nothing() -> None:
    table = records(s2("b"), s3("a"), s2("c", "D1"))
    table.loc[2, ["id_jeune", "id_jeune_etude"]] = None
    assert link(table).identites["id_personne"].tolist() == ["a", "b"]


# --- rotation of the programme's key ----------------------------------------------------------------


def test_a_rotation_of_the_key_is_followed_to_the_pseudonym_of_last_year() -> None:
    rows = (s0("z", campagne=2023), s0("b", id_jeune_ant="z", campagne=2024), s3("b"))
    assert persons(*rows) == {"b": ("b", "exact"), "z": ("b", "cle_anterieure")}


def test_two_rotations_make_one_chain() -> None:
    rows = (
        s0("a", campagne=2022),
        s0("b", id_jeune_ant="a", campagne=2023),
        s0("c", id_jeune_ant="b", campagne=2024),
    )
    assert {person for person, _ in persons(*rows).values()} == {"a"}


def test_a_former_pseudonym_seen_nowhere_else_is_listed_too() -> None:
    assert persons(s0("b", id_jeune_ant="a")) == {"a": ("a", "cle_anterieure"), "b": ("a", "exact")}


# --- phonetic forms ---------------------------------------------------------------------------------


def test_names_that_sound_alike_link_with_birth_month_and_departement() -> None:
    rows = (s2("b", "D1", "2010-01", id_jeune_phon="p"), s3("a", None, "2010-01", id_jeune_phon="p"))
    assert persons(*rows) == {"a": ("a", "phonetique"), "b": ("a", "exact")}


def test_never_on_phonetics_alone() -> None:
    rows = (s2("b", "D1", "2010-01", id_jeune_phon="p"), s3("a", None, "2010-01", departement=None, id_jeune_phon="p"))
    assert persons(*rows) == alone("a", "b")
    assert waiting(*rows) == [("phonetique", "departement_inconnu", "a", "b")]


def test_a_month_that_one_side_does_not_give_is_in_the_hash_already() -> None:
    linked = persons(s0("b", id_jeune_phon="p"), s3("a", None, "2010-01", id_jeune_phon="p"))
    assert linked == {"a": ("a", "phonetique"), "b": ("a", "exact")}


def test_where_several_months_are_told_a_missing_one_is_not_guessed() -> None:
    rows = (
        s0("c", id_jeune_phon="p"),
        s3("a", None, "2010-01", id_jeune_phon="p"),
        s3("b", None, "2010-02", emetteur="association-b", id_jeune_phon="p"),
    )
    assert persons(*rows) == alone("a", "b", "c")
    assert {motif for _, motif, _, _ in waiting(*rows)} == {"mois_inconnu"}


@pytest.mark.parametrize("other", [{"naissance": "2010-02"}, {"naissance": "2010-01", "departement": "62"}])
def test_another_month_or_departement_says_another_person(other: dict[str, str]) -> None:
    rows = (s2("b", "D1", "2010-01", id_jeune_phon="p"), s3("a", id_jeune_phon="p", **other))
    assert persons(*rows) == alone("a", "b")
    assert waiting(*rows) == []


def test_the_month_that_another_source_gives_for_the_pseudonym_is_enough() -> None:
    rows = (s0("b", id_jeune_phon="p"), s2("b", "D1", "2010-01"), s3("a", None, "2010-01", id_jeune_phon="p"))
    assert persons(*rows)["a"] == ("a", "phonetique")


def test_where_two_children_of_a_file_sound_alike_none_is_chosen() -> None:
    like = {"naissance": "2010-01", "id_jeune_phon": "p"}
    rows = (s0("a", **like), s0("b", **like), s3("c", **like))
    assert persons(*rows) == alone("a", "b", "c")
    assert waiting(*rows) == [
        ("phonetique", "plusieurs_candidats", "a", "c"),
        ("phonetique", "plusieurs_candidats", "b", "c"),
    ]


def test_twins_who_sound_alike_are_two_persons_and_nothing_to_review() -> None:
    like = {"naissance": "2010-01", "id_jeune_phon": "p"}
    assert persons(s0("a", **like), s0("b", **like)) == alone("a", "b")
    assert waiting(s0("a", **like), s0("b", **like)) == []


def test_a_child_known_to_the_departement_under_its_own_pseudonym_is_nobody_else() -> None:
    like = {"naissance": "2010-01", "id_jeune_phon": "p"}
    rows = (s0("a", **like), s0("b", **like), s3("b", **like))
    assert persons(*rows) == alone("a", "b")


def test_three_senders_three_spellings_one_person() -> None:
    like = {"naissance": "2010-01", "id_jeune_phon": "p"}
    rows = (s2("b", "D1", **like), s3("a", **like), s3("c", emetteur="association-b", **like))
    assert {person for person, _ in persons(*rows).values()} == {"a"}


def test_a_chain_through_two_departements_that_would_join_two_children_of_a_file_waits() -> None:
    first, second = {"naissance": "2010-01", "id_jeune_phon": "p"}, {"naissance": "2010-01", "id_jeune_phon": "q"}
    rows = (
        s0("a", **first),
        s0("b", **second),
        s3("m", emetteur="association-a", **first),
        s3("n", emetteur="association-b", **second),
        # One dossier of the neighbouring département says that m and n are one child.
        s2("m", "D9", "2010-01", emetteur="departement-62", departement="62"),
        s3("n", "D9", "2010-01", emetteur="association-c", departement="62"),
    )
    kept = persons(*rows)
    assert kept["m"][0] == kept["n"][0] == "m"
    assert kept["a"] == ("a", "exact") and kept["b"] == ("b", "exact")
    assert {motif for _, motif, _, _ in waiting(*rows)} == {"personnes_distinctes"}


# --- day and month of birth swapped -----------------------------------------------------------------


@pytest.mark.parametrize("given", [("b", None), (None, "a"), ("b", "a")])
def test_a_swapped_birth_date_is_found_from_either_side(given: tuple[str | None, str | None]) -> None:
    rows = (s0("a", id_jeune_inv=given[0]), s3("b", None, "2010-05", id_jeune_inv=given[1]))
    assert persons(*rows) == {"a": ("a", "exact"), "b": ("a", "date_inversee")}


def test_a_swapped_date_in_another_departement_is_somebody_else() -> None:
    assert persons(s0("a", id_jeune_inv="b"), s3("b", departement="62")) == alone("a", "b")


def test_a_swapped_date_without_departement_waits() -> None:
    rows = (s0("a", id_jeune_inv="b"), s3("b", departement=None))
    assert persons(*rows) == alone("a", "b")
    assert waiting(*rows) == [("date_inversee", "departement_inconnu", "a", "b")]


def test_a_day_equal_to_its_month_swaps_into_itself() -> None:
    assert persons(s0("a", id_jeune_inv="a"), s3("a", id_jeune_inv="a")) == alone("a")


def test_both_dates_in_one_file_are_two_children() -> None:
    rows = (s0("a", id_jeune_inv="b"), s0("b", id_jeune_inv="a"), s3("b"))
    assert persons(*rows) == alone("a", "b")


# --- the whole --------------------------------------------------------------------------------------


def crowd() -> pd.DataFrame:
    rows = [
        *(s2(f"b{i}", f"D{i}", "2010-01", id_jeune_phon=f"p{i % 7}") for i in range(20)),
        *(s3(f"a{i}", f"D{i}" if i % 2 else None, "2010-01", id_jeune_phon=f"p{i}") for i in range(20)),
        s2("f0", "E1", "2010-01", id_jeune_phon="q"),
        s3("e0", None, "2010-01", id_jeune_phon="q"),
        *(s0(f"c{i}", id_jeune_inv=f"a{i}", id_jeune_ant=f"d{i}") for i in range(0, 20, 3)),
    ]
    return records(*rows)


def test_the_order_of_rows_changes_nothing() -> None:
    there, mixed = link(crowd()), link(crowd().sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(there.identites, mixed.identites)
    pd.testing.assert_frame_equal(there.revue, mixed.revue)
    assert len(there.revue) and set(there.identites["passe"]) == set(linkage.PASSES)


def test_a_repeated_row_changes_nothing() -> None:
    once, twice = link(crowd()), link(pd.concat([crowd(), crowd()]))
    pd.testing.assert_frame_equal(once.identites, twice.identites)
    pd.testing.assert_frame_equal(once.revue, twice.revue)


def test_every_pseudonym_is_listed_once_and_its_person_is_one_of_them() -> None:
    table, identites = crowd(), link(crowd()).identites
    seen = set(table["id_jeune_etude"]) | set(table["id_jeune_ant_etude"].dropna())
    assert identites["id_jeune"].is_monotonic_increasing and identites["id_jeune"].is_unique
    assert set(identites["id_jeune"]) == seen >= set(identites["id_personne"])
    own = identites.set_index("id_jeune")["id_personne"]
    assert (own[identites["id_personne"].unique()] == identites["id_personne"].unique()).all()


def test_nobody_holds_two_pseudonyms_of_one_file() -> None:
    table = crowd()
    named = table.merge(link(table).identites, left_on="id_jeune_etude", right_on="id_jeune", suffixes=("", "_lie"))
    assert named.groupby(["source", "emetteur", "id_personne"])["id_jeune_etude"].nunique().max() == 1


def drawn(seed: int) -> pd.DataFrame:
    """Some forty random records of few children, references, sounds and senders: conflicts of every kind."""
    rng = np.random.default_rng(seed)
    n = 40
    child = rng.integers(30, size=n)
    source = rng.choice(["passage", "dossiers_mentorat", "binomes"], size=n)
    text = {
        "source": source,
        "emetteur": np.where(source == "binomes", rng.choice(["a", "b", "c", "d", "e"], size=n), "departement"),
        "departement": rng.choice(["59", "62"], size=n, p=[0.9, 0.1]),
        "id_dossier": np.where(source == "passage", None, rng.integers(25, size=n).astype(str)),
        "id_jeune": np.char.mod("n%02d", child),
        "id_jeune_phon": np.char.mod("p%d", rng.integers(25, size=30)[child]),
        "id_jeune_inv": np.char.mod("n%02d", rng.integers(60, size=30)[child]),
        "naissance": np.char.mod("2010-%02d", 1 + rng.integers(2, size=30)[child]),
    }
    table = pd.DataFrame(text).assign(id_jeune_etude=text["id_jeune"], campagne=rng.integers(2023, 2025, size=n))
    return records(*table.to_dict("records"))


Row = dict[str, str]


def file_of(row: Row) -> tuple[str, ...]:
    return row["departement"], row["id_dossier"], row["naissance"]


def alike(one: Row, other: Row, opened: set[tuple[str, ...]]) -> bool:
    """Whether some pass links two records when nothing speaks against it."""
    if one["id_jeune"] == other["id_jeune"] or (file_of(one) == file_of(other) and file_of(one) in opened):
        return True
    sound = one["id_jeune_phon"] == other["id_jeune_phon"] and one["naissance"] == other["naissance"]
    swapped = one["id_jeune_inv"] == other["id_jeune"] or other["id_jeune_inv"] == one["id_jeune"]
    return one["departement"] == other["departement"] and (sound or swapped)


def reachable(table: pd.DataFrame) -> list[list[int]]:
    """Rows that all the passes together join, pair by pair."""
    rows: list[Row] = table.to_dict("records")
    opened = {file_of(row) for row in rows if row["source"] == "dossiers_mentorat"}
    group = list(range(len(rows)))
    for i, j in combinations(range(len(rows)), 2):
        if group[i] != group[j] and alike(rows[i], rows[j], opened):
            group = [group[i] if label == group[j] else label for label in group]
    return [[place for place, label in enumerate(group) if label == one] for one in sorted(set(group))]


def conflict(table: pd.DataFrame, places: list[int]) -> bool:
    """Whether a file names two of these rows by two pseudonyms under two labels."""
    files: dict[tuple[str, ...], tuple[set[str], set[str]]] = {}
    for row in table.iloc[places].to_dict("records"):
        reference = row["id_dossier"]
        label = row["id_jeune"] if pd.isna(reference) else f"{row['departement']} {reference}"
        names, labels = files.setdefault((row["source"], row["emetteur"], row["campagne"]), (set(), set()))
        names.add(row["id_jeune"])
        labels.add(label)
    return any(len(names) > 1 and len(labels) > 1 for names, labels in files.values())


@pytest.mark.parametrize("seed", range(40))
def test_all_that_passes_join_is_one_person_unless_a_file_says_otherwise(seed: int) -> None:
    table = drawn(seed)
    linked = link(table)
    own = dict(linked.identites[["id_jeune", "id_personne"]].itertuples(index=False, name=None))
    person = table["id_jeune"].map(own).tolist()
    for places in reachable(table):
        inside = {person[place] for place in places}
        assert inside.isdisjoint(person[place] for place in range(len(table)) if place not in places)
        assert len(inside) == 1 or conflict(table, places)
    for one in set(person):
        assert not conflict(table, [place for place, other in enumerate(person) if other == one])
    assert all(
        own[left] != own[right]
        for left, right in zip(*(linked.revue[name] for name in ("id_jeune_1", "id_jeune_2")), strict=True)
    )


def test_the_random_records_hold_conflicts_and_clean_groups() -> None:
    tables = [drawn(seed) for seed in range(40)]
    told = [
        conflict(table, places)
        for table in tables
        for places in reachable(table)
        if len(set(table["id_jeune"].iloc[places])) > 1
    ]
    assert sum(told) > 40 and len(told) - sum(told) > 40


def test_the_review_list_tells_whom_to_ask_and_holds_nothing_else() -> None:
    like = {"naissance": "2010-01", "id_jeune_phon": "p"}
    revue = found(
        s0("a", **like), s2("a", "D7"), s0("b", **like), s3("c", "X1", **like), s3("c", "X2", emetteur="association-b")
    ).revue
    assert list(revue.columns) == REVIEW_COLUMNS
    first = revue.iloc[0]
    assert (first["sources_1"], first["id_dossiers_1"]) == ("dossiers_mentorat|passage", "D7")
    assert (first["emetteurs_2"], first["id_dossiers_2"]) == ("association-a|association-b", "X1|X2")
    assert first["departement"] == "59"
    assert set(revue["motif"]) <= set(linkage.REASONS)


def test_nothing_to_link_gives_empty_tables_of_the_same_shape() -> None:
    empty = link(RECORDS_SCHEMA.empty_table().to_pandas())
    assert list(empty.identites.columns) == ["id_jeune", "id_personne", "passe"] and empty.identites.empty
    assert list(empty.revue.columns) == REVIEW_COLUMNS and empty.revue.empty


def test_tables_read_from_parquet_in_any_way_give_the_same() -> None:
    table = crowd()
    read = table.astype({"mna": "boolean"}).convert_dtypes().astype({"departement": "object"})
    pd.testing.assert_frame_equal(link(read).identites, link(table).identites)
    pd.testing.assert_frame_equal(link(read).revue, link(table).revue)
    pd.testing.assert_frame_equal(by_pass(link(read), read), by_pass(link(table), table))


def test_mentors_are_followed_through_rotations_only() -> None:
    table = pd.DataFrame(
        {"id_mentor_etude": ["c", "b", "a", "a"], "id_mentor_ant_etude": ["b", None, None, None]}, dtype="str"
    )
    found = link_mentors(table.assign(id_mentor=table["id_mentor_etude"], id_mentor_ant=table["id_mentor_ant_etude"]))
    assert found.to_dict("list") == {
        "id_mentor": ["a", "b", "c"],
        "id_personne": ["a", "b", "b"],
        "passe": ["exact", "exact", "cle_anterieure"],
    }


def test_counts_by_pass_set_unaccompanied_minors_apart() -> None:
    like = {"id_jeune_phon": "p"}
    table = records(
        s2("b", "D1", "2010-05", mna=True, **like),
        s3("a", None, "2010-05", **like),
        s0("e", naissance="2009-01", id_jeune_inv="e"),  # born on 1 January
        s0("f", naissance="2009-01", id_jeune_inv="g"),  # born in January
    )
    counts = by_pass(link(table), table).set_index(["passe", "mna"])
    assert counts.loc[("phonetique", True), "pseudonymes"] == 1
    assert counts.loc[("exact", True), "pseudonymes"] == 2
    assert counts.loc[("exact", False), "pseudonymes"] == 1
    assert counts["pseudonymes"].sum() == 4 and counts["revue"].sum() == 0
    assert len(counts) == 2 * len(linkage.PASSES)
