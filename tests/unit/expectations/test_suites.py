"""The border rules: every stored table has some, they bite, and what they say holds no value of a row."""

import pandas as pd
import pytest

from expectations.rules import threshold
from expectations.runner import suite, validate
from mentorat.contracts.sources import arrow_schema, contracts

MARTS = ("population", "eligibles", "cohorte", "flux_cohorte", "binomes_retenus", "receptions", "indicateurs")


def pairs(**changes: object) -> pd.DataFrame:
    """Two right pairs in the stored schema, then what a test changes."""
    frame = arrow_schema("binomes").empty_table().to_pandas().reindex(range(2))
    frame["id_binome"] = ["a" * 64, "b" * 64]
    frame["id_jeune"] = ["c" * 64, "d" * 64]
    frame["association"] = "demo-01"
    frame["departement"] = "59"
    frame["nature"] = "mentorat"
    frame["date_debut"] = pd.to_datetime(["2024-01-05", "2024-02-05"])
    frame["date_fin"] = pd.to_datetime([None, "2024-06-30"])
    return frame.assign(**changes)


def failures(frame: pd.DataFrame) -> dict[str, str]:
    return {rule.libelle: rule.detail for rule in validate("binomes", "bordure", frame).rules if not rule.succes}


@pytest.mark.parametrize("table", [*contracts(), *MARTS, "journal", "identites"])
def test_every_stored_table_has_rules_with_a_french_label(table: str) -> None:
    rules = suite(table)
    assert rules
    assert all(rule.meta["libelle"] and isinstance(rule.meta["bloquant"], bool) for rule in rules)


def test_an_unknown_table_has_no_suite() -> None:
    with pytest.raises(LookupError):
        suite("inconnue")


def test_right_rows_pass() -> None:
    assert failures(pairs()) == {}


def test_a_code_outside_the_contract_is_found_and_its_value_is_not_told() -> None:
    found = failures(pairs(nature=["mentorat", "CANARI-VALEUR"]))
    assert found == {"« nature » ne porte que les codes du contrat": "moins de 11 lignes en défaut"}


def test_a_reference_left_in_clear_is_found() -> None:
    assert "« id_binome » ne porte que des pseudonymes de niveau 2" in failures(
        pairs(id_binome=["B-2024-001", "b" * 64])
    )


def test_dates_in_the_wrong_order_are_found() -> None:
    late = pd.to_datetime([None, "2023-12-31"])
    assert "« date_debut » ne suit jamais « date_fin »" in failures(pairs(date_fin=late))


def test_two_open_pairs_of_a_young_person_in_an_association_are_a_warning() -> None:
    twice = pairs(id_jeune=["c" * 64] * 2, date_fin=pd.to_datetime([None, None]))
    outcome = validate("binomes", "bordure", twice)
    (rule,) = [rule for rule in outcome.rules if not rule.succes]
    assert rule.libelle == "Un seul binôme ouvert par jeune et par association"
    assert rule.bloquant is False


def journal(**changes: object) -> pd.DataFrame:
    row = {
        "chemin": ["a/b.csv"],
        "sha256": ["0"],
        "statut": ["acceptee"],
        "lignes_recues": [10],
        "lignes_acceptees": [8],
        "lignes_ecartees": [1],
        "doublons_exacts": [1],
    }
    return pd.DataFrame(row).assign(**changes)


@pytest.mark.parametrize(
    ("changes", "libelle"),
    [
        ({"statut": ["refusee"]}, "Au moins un fichier du dépôt est accepté"),
        ({"lignes_acceptees": [7]}, "Lignes reçues = acceptées + écartées + doublons exacts, fichier par fichier"),
        (
            {"lignes_acceptees": [5], "lignes_ecartees": [4]},
            "La part de lignes écartées, tous fichiers ensemble, reste sous le seuil bloquant",
        ),
    ],
)
def test_the_journal_must_account_for_every_row(changes: dict[str, object], libelle: str) -> None:
    failed = [r for r in validate("journal", "bordure", journal(**changes)).rules if not r.succes and r.bloquant]
    assert [rule.libelle for rule in failed] == [libelle]


def test_thresholds_come_with_their_date_and_reason() -> None:
    assert threshold("part_ecartee_alerte") < threshold("part_ecartee_bloquante")
    with pytest.raises(KeyError):
        threshold("seuil_inconnu")
