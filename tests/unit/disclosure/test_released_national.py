"""National totals released: what an attacker who knows the method, the published counts and their sum may deduce."""

import numpy as np
import pandas as pd
import pytest

from mentorat.disclosure.national import (
    ROUNDINGS,
    SHOWN,
    Figure,
    hidden_codes,
    ranges,
    release_missing,
    release_national,
    release_residuals,
    release_strata,
    rounding,
)

BOUNDS = ("estimation", "ic_bas", "ic_haut")


def answers(first: float, second: float, weights: tuple[float, float] = (1.1, 1.9)) -> pd.DataFrame:
    """Two hidden counts in two strata, of unlike weights, beside one that is published."""
    rows = [("a", first, weights[0]), ("b", second, weights[1]), ("c", 400.0, 1.0)]
    return pd.DataFrame(
        [
            {"indicateur": "O2r", "collectivite": code, "connu": count, "observe": 1.0}
            | {f"{estimator}_{bound}": weight for estimator in ("ratio", "calage") for bound in BOUNDS}
            for code, count, weight in rows
        ]
    )


def totals(told: pd.DataFrame, **changes: object) -> pd.DataFrame:
    estimate = float((told["connu"] * told["ratio_estimation"]).sum())
    row = {
        "indicateur": "O2r", "libelle": "Binômes", "unite": "binomes", "estimation": estimate, "erreur_type": 11.0,
        "ic_bas": estimate - 21.5, "ic_haut": estimate + 21.5, "ddl": 5.0, "n_reponses": 3, "n_collectivites": 5,
        "part_accueils": 0.61237, "observe": float(told["connu"].sum()), "connu": float(told["connu"].sum()),
        "base": np.nan, "objectif": np.nan, "annee_drees": 2022, "exclues": "Mayotte", "condition": "si",
        "avertissements": "", "statut": "calcule", "verite_simulee": pd.NA,
    }  # fmt: skip
    return pd.DataFrame([row | {"estimateur": estimator} | changes for estimator in ("ratio", "calage")])


HIDDEN = {"partenaire": {"a", "b"}, "public": {"a", "b"}}


def test_an_exact_total_would_give_back_two_hidden_counts():
    """Why totals are rounded: the sum and the estimate are two equations on two unknowns."""
    exact = Figure(1.1 * 3 + 1.9 * 30, 1.1 * 3 + 1.9 * 30, 0.0, np.array([1.1, 1.9]))
    ((low, high), _) = ranges([exact], 33.0, 2)
    assert low == pytest.approx(3)
    assert high == pytest.approx(3)


def test_the_rounding_grows_until_the_hidden_count_stays_hidden():
    told = answers(3, 30)
    found = rounding(totals(told), told, HIDDEN)
    assert found is not None
    assert found > ROUNDINGS[0]


def test_what_the_released_total_allows_to_deduce_is_as_wide_as_the_threshold():
    """The attack written again, from the released figures alone."""
    told = answers(3, 30)
    released = release_national(totals(told), told, {"O2r": HIDDEN}, "public").frame.iloc[0]
    step = released["arrondi"]
    window = Figure(released["estimation"] - step / 2, released["estimation"] + step / 2, 400.0, np.array([1.1, 1.9]))
    ((low, high), _) = ranges([window], 33.0, 2)
    assert high - low >= 10 - 1e-6


def test_weights_that_are_alike_need_the_least_rounding():
    """Hidden counts of one stratum have one weight: the estimate tells of their sum, which is known."""
    told = answers(3, 30, weights=(1.2, 1.2))
    assert rounding(totals(told), told, HIDDEN) == ROUNDINGS[0]


def test_without_a_hidden_count_the_least_rounding_is_enough():
    told = answers(30, 30)
    assert rounding(totals(told), told, {"partenaire": set(), "public": set()}) == ROUNDINGS[0]


def test_a_total_that_no_rounding_protects_is_withheld():
    told = answers(3, 30, weights=(1.0, 1e9))
    released = release_national(totals(told), told, {"O2r": HIDDEN}, "public").frame
    assert released["diffusion"].eq("secret").all()
    assert released[["estimation", "ic_bas", "ic_haut", "observe", "connu"]].isna().all(axis=None)


def test_a_released_total_is_rounded_outwards_and_keeps_no_finer_figure():
    told = answers(30, 30)
    table = release_national(totals(told), told, {"O2r": {"partenaire": set(), "public": set()}}, "public")
    row = table.frame.iloc[0]
    assert list(table.frame.columns) == SHOWN
    assert not {"erreur_type", "ddl"} & set(table.frame.columns)
    estimate = 30 * 1.1 + 30 * 1.9 + 400
    assert row["ic_bas"] <= estimate - 21.5 <= row["ic_bas"] + 10
    assert row["ic_haut"] - 10 <= estimate + 21.5 <= row["ic_haut"]
    assert row["estimation"] % 10 == row["observe"] % 10 == row["connu"] % 10 == 0
    assert table.audit["rules"] == ["arrondi_redresse"]


def test_shares_and_gaps_are_those_of_the_rounded_total():
    told = answers(30, 30).assign(indicateur="O3r")
    rows = totals(told, indicateur="O3r", base=1_000.0, objectif=600.0)
    row = release_national(rows, told, {"O3r": {"partenaire": set(), "public": set()}}, "public").frame.iloc[0]
    assert row["part"] == row["estimation"] / 1_000
    assert row["ecart_haut"] == row["ic_haut"] - 600


def test_tables_read_back_from_the_lake_are_released_alike():
    told = answers(30, 30)
    hidden = {"O2r": {"partenaire": set(), "public": set()}}
    stored = totals(told).astype({"verite_simulee": "Int64"})
    pd.testing.assert_frame_equal(
        release_national(stored.convert_dtypes(), told.convert_dtypes(), hidden, "public").frame,
        release_national(stored, told, hidden, "public").frame,
        check_dtype=False,
    )


def test_a_total_that_is_not_measurable_says_why_and_gives_nothing():
    told = answers(30, 30)
    rows = totals(told, statut="non_mesurable", avertissements="2 réponses", estimation=np.nan, observe=np.nan)
    row = release_national(rows, told, {"O2r": HIDDEN}, "public").frame.iloc[0]
    assert (row["diffusion"], row["avertissements"]) == ("publie", "2 réponses")
    assert pd.isna(row["estimation"])


def test_the_strata_tell_of_collectivites_alone():
    strates = pd.DataFrame(
        [("O3r", "s", "Strate", "s", 5, 2, 0.41234, 123.0)],
        columns=["indicateur", "strate", "libelle", "groupe", "n_collectivites", "n_reponses", "part_accueils", "y"],
    )
    released = release_strata(strates, "public").frame
    assert set(released.columns) == {
        "indicateur", "strate", "libelle", "groupe", "n_collectivites", "n_reponses", "part_accueils", "diffusion",
    }  # fmt: skip


def test_what_an_answer_would_bring_is_in_whole_percents():
    missing = pd.DataFrame(
        [("O3r", 1, "34", "Hérault", "s", 5246, 0.45912, 0.45912)],
        columns=[
            "indicateur",
            "rang",
            "collectivite",
            "libelle",
            "groupe",
            "mesures",
            "reduction",
            "reduction_cumulee",
        ],
    )
    assert release_missing(missing, "public").frame["reduction"].tolist() == [0.46]


def test_no_class_of_residuals_counts_a_collectivite_whose_number_is_hidden():
    residus = pd.DataFrame({"indicateur": "O2r", "collectivite": ["a", "b", "c"], "residu": [-3.0, 0.5, 0.6]})
    released = release_residuals(residus, {"O2r": {"partenaire": set(), "public": {"a"}}}, "partenaire").frame
    assert released["n_collectivites"].sum() == 2
    assert released.loc[released["classe"] == "< -2", "n_collectivites"].item() == 0


def test_a_territory_that_is_hidden_hides_its_collectivite():
    rows = pd.DataFrame(
        [
            ("O2", "2024", "departement", "67", "", "nombre", "secret"),
            ("O2", "2024", "departement", "01", "", "nombre", "publie"),
            ("O2", "2024", "departement", "02", "sexe=F", "nombre", "secret"),
            ("O2", "2023-2024", "departement", "03", "", "nombre", "secret"),
        ],
        columns=["indicateur", "periode", "niveau", "code", "ventilation", "mesure", "diffusion"],
    )
    assert hidden_codes(rows, "O2", 2024, {"67": "6AE"}) == {"6AE"}
