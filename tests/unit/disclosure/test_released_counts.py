"""Counts by sender, the cohort's flow, estimates, figures already public."""

import pandas as pd
import pytest

from mentorat.disclosure.counts import release_counts, release_estimates, release_flow, release_public_figures

TOTAL, PARTS = "lignes_recues", ["lignes_acceptees", "lignes_ecartees", "doublons_exacts"]


def journal(*rows: tuple[str, str, int, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["emetteur", "source", *PARTS])
    return frame.assign(lignes_recues=frame[PARTS].sum(axis=1), fichiers=1)


def counts(table: pd.DataFrame) -> list[list[object]]:
    return [[None if pd.isna(n) else int(n) for n in row] for row in table[[TOTAL, *PARTS]].to_numpy()]


def test_a_few_rows_set_aside_are_hidden_with_what_would_give_them_back() -> None:
    frame = journal(("a", "binomes", 485, 3, 0), ("b", "binomes", 300, 40, 0))
    seen = release_counts(frame, TOTAL, PARTS, ["emetteur", "source"], "public", keep=["fichiers"])
    assert counts(seen.frame) == [[488, None, None, 0], [340, 300, 40, 0]]
    assert seen.frame["diffusion"].tolist() == ["secret", "publie"]
    assert seen.frame["fichiers"].tolist() == [1, 1]


def test_no_fault_at_all_is_no_secret() -> None:
    seen = release_counts(journal(("a", "binomes", 500, 0, 0)), TOTAL, PARTS, ["emetteur", "source"], "public")
    assert counts(seen.frame) == [[500, 500, 0, 0]]


def test_a_row_of_sums_does_not_give_back_a_sender() -> None:
    frame = journal(("a", "binomes", 30, 0, 0), ("b", "binomes", 3, 0, 0), ("c", "binomes", 70, 0, 0))
    whole = journal(("ensemble", "binomes", 103, 0, 0))
    seen = release_counts(pd.concat([frame, whole]), TOTAL, PARTS, ["emetteur", "source"], "partenaire")
    assert counts(seen.frame) == [[None, None, 0, 0], [None, None, 0, 0], [70, 70, 0, 0], [103, 103, 0, 0]]


def test_a_count_unknown_is_left_so() -> None:
    frame = journal(("a", "binomes", 30, 3, 0)).astype({"lignes_recues": "Int64"})
    frame["lignes_recues"] = pd.NA
    seen = release_counts(frame, TOTAL, PARTS, ["emetteur", "source"], "public")
    assert counts(seen.frame) == [[None, 30, None, 0]]


def test_a_count_tied_to_no_sum_goes_with_its_row() -> None:
    frame = journal(("a", "binomes", 485, 3, 0), ("b", "binomes", 300, 0, 0)).assign(lignes_territoire=[485, 4])
    seen = release_counts(frame, TOTAL, PARTS, ["emetteur", "source"], "partenaire", alone=["lignes_territoire"])
    assert seen.frame["lignes_territoire"].isna().all()


def test_a_group_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        release_counts(
            journal(("a", "s", 30, 0, 0), ("a", "s", 30, 0, 0)), TOTAL, PARTS, ["emetteur", "source"], "public"
        )


def test_a_step_hidden_elsewhere_is_protected_in_the_flow_too() -> None:
    """Eligible young people of the country, beside the totals of territories but one, would tell that one."""
    steps = [("population", "ensemble", 1000), ("majeurs", "exclusion", 100), ("eligibles", "ensemble", 900)]
    steps += [("mentores", "groupe", 200), ("eligibles_non_mentores", "groupe", 700)]
    frame = pd.DataFrame(steps, columns=["etape", "nature", "effectif"]).assign(ordre=range(5), libelle="")
    assert (release_flow(frame, "public").frame["diffusion"] == "publie").all()
    seen = release_flow(frame, "public", tied=["eligibles"]).frame.set_index("etape")
    assert seen.loc["eligibles", "diffusion"] == "secret"
    assert seen.loc[["population", "majeurs"], "effectif"].isna().any()
    assert seen.loc[["mentores", "eligibles_non_mentores"], "effectif"].isna().any()


def test_a_small_exclusion_is_not_the_difference_of_two_sets() -> None:
    steps = [
        ("population", "ensemble", 1000),
        ("age_inconnu", "exclusion", 4),
        ("majeurs", "exclusion", 96),
        ("eligibles", "ensemble", 900),
        ("refus", "exclusion", 0),
        ("analyses", "ensemble", 900),
        ("mentores", "groupe", 200),
        ("eligibles_non_mentores", "groupe", 700),
    ]
    frame = pd.DataFrame(steps, columns=["etape", "nature", "effectif"]).assign(ordre=range(8), libelle="")
    seen = release_flow(frame, "public").frame
    assert seen.loc[seen["diffusion"] == "secret", "etape"].tolist() == ["age_inconnu", "majeurs"]
    assert seen.loc[seen["etape"] == "refus", "effectif"].tolist() == [0]


def test_an_estimate_on_few_young_people_is_hidden_whole() -> None:
    frame = pd.DataFrame(
        {
            "item": ["a", "b", "c", "d"],
            "n_mentores": [200, 8, 200, 200],
            "x_mentores": [90, 3, 195, 0],
            "att": [0.1, 0.2, 0.3, 0.4],
            "phrase": ["dix points", "vingt points", "trente points", "quarante points"],
        }
    )
    seen = release_estimates(frame, ["n_mentores"], "public", events={"x_mentores": "n_mentores"}, keys=["item"]).frame
    assert seen["diffusion"].tolist() == ["publie", "secret", "secret", "secret"]
    assert seen.loc[1:, ["n_mentores", "x_mentores", "att", "phrase"]].isna().all(axis=None)
    assert seen.loc[0, "phrase"] == "dix points"


def test_an_estimate_of_unknown_size_is_hidden() -> None:
    frame = pd.DataFrame({"item": ["a"], "n": pd.array([pd.NA], dtype="Int64"), "att": [0.1]})
    assert release_estimates(frame, ["n"], "public", keys=["item"]).frame["att"].isna().all()


def test_a_question_one_group_alone_was_asked_is_judged_on_that_group() -> None:
    frame = pd.DataFrame(
        {
            "item": ["mentored only", "too few", "half known"],
            "n_mentores": pd.array([400, 9, 400], dtype="Int64"),
            "x_mentores": pd.array([300, 5, 300], dtype="Int64"),
            "n_non_mentores": pd.array([pd.NA, pd.NA, pd.NA], dtype="Int64"),
            "x_non_mentores": pd.array([pd.NA, pd.NA, 40], dtype="Int64"),
        }
    )
    events = {"x_mentores": "n_mentores", "x_non_mentores": "n_non_mentores"}
    seen = release_estimates(frame, list(events.values()), "public", events=events, keys=["item"]).frame
    assert seen["diffusion"].tolist() == ["publie", "secret", "secret"]


def test_figures_already_public_pass_with_their_source() -> None:
    frame = pd.DataFrame({"item": ["se_sent_seul"], "effectif": [3]})
    seen = release_public_figures(frame, reason="étude de 2022, publiée par ses auteurs")
    assert seen.frame["effectif"].tolist() == [3] and seen.audit["rules"] == ["deja_public"]
    with pytest.raises(ValueError, match="source"):
        release_public_figures(frame, reason=" ")


def test_the_classes_of_a_trait_are_hidden_together() -> None:
    """They add up to the group: three of unknown sex would be everyone less the two classes shown."""
    frame = pd.DataFrame(
        {"covariable": ["age", "sexe=F", "sexe=G", "sexe=inconnu", "mna=non", "mna=oui"], "n": [100] * 6}
        | {"x": pd.array([pd.NA, 50, 47, 3, 60, 40], dtype="Int64")}
    )
    seen = release_estimates(
        frame, ["n"], "partenaire", events={"x": "n"}, keys=["covariable"], whole="covariable"
    ).frame.set_index("covariable")
    assert seen.loc[["sexe=F", "sexe=G", "sexe=inconnu"], "x"].isna().all()
    assert seen.loc[["mna=non", "mna=oui"], "x"].tolist() == [60, 40]
