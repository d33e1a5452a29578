from pathlib import Path

import pytest
import yaml

from mentorat.contracts.indicator_rows import COLUMNS, estimated_rows, indicator_rows, union

MART = Path(__file__).resolve().parents[3] / "dbt_project/models/marts/indicateurs.yml"
ROW = {
    "campagne": 2024,
    "periode": "2024",
    "niveau": "national",
    "code": "FR",
    "indicateur": "O6",
    "ventilation": "",
    "mesure": "part",
    "statut": "calcule",
}


def test_columns_are_those_of_the_mart() -> None:
    (model,) = yaml.safe_load(MART.read_text(encoding="utf-8"))["models"]
    assert list(COLUMNS) == [column["name"] for column in model["columns"]]


def test_a_value_not_given_is_missing_and_never_zero() -> None:
    table = indicator_rows([ROW])
    assert table[["numerateur", "valeur", "ic_bas"]].isna().all(axis=None)


def test_rows_come_in_the_order_of_the_key_whatever_the_order_given() -> None:
    rows = [ROW | {"indicateur": name} for name in ("O6", "D1", "O4")]
    assert indicator_rows(rows)["indicateur"].tolist() == ["D1", "O4", "O6"]


def test_a_column_or_a_repeated_key_is_refused() -> None:
    with pytest.raises(ValueError, match="valeurs"):
        indicator_rows([ROW | {"valeurs": 1}])
    with pytest.raises(ValueError, match="1 rows"):
        indicator_rows([ROW, ROW])


def test_a_national_estimate_needs_its_value_alone() -> None:
    (row,) = estimated_rows(2024, [{"indicateur": "O3r", "mesure": "nombre", "valeur": 10.0}]).to_dict("records")
    assert (row["niveau"], row["code"], row["periode"], row["unite"], row["statut"]) == (
        "national",
        "FR",
        "2024",
        "jeunes",
        "calcule",
    )


def test_an_estimate_without_a_value_is_not_measurable() -> None:
    table = estimated_rows(2024, [{"indicateur": "O3r", "mesure": "nombre", "valeur": float("nan")}])
    assert table["statut"].tolist() == ["non_mesurable"]


@pytest.mark.parametrize(
    "row",
    [
        {"indicateur": "O3", "mesure": "part", "valeur": 0.1},
        {"indicateur": "O3r", "mesure": "mediane", "valeur": 1.0},
        {"indicateur": "O3r", "mesure": "nombre", "valeur": 1.0, "niveau": "departement"},
        {"indicateur": "O3r", "mesure": "part", "valeur": 0.1, "ventilation": "sexe=F"},
    ],
    ids=["counted by the warehouse", "another measure", "another level", "another breakdown"],
)
def test_an_estimate_is_one_that_the_catalogue_says_python_gives(row) -> None:
    with pytest.raises(ValueError, match="catalogue"):
        estimated_rows(2024, [row])


def test_the_union_refuses_the_same_figure_twice() -> None:
    one = estimated_rows(2024, [{"indicateur": "O3r", "mesure": "nombre", "valeur": 10.0}])
    other = estimated_rows(2024, [{"indicateur": "O2r", "mesure": "nombre", "valeur": 12.0}])
    assert union([one, other])["indicateur"].tolist() == ["O2r", "O3r"]
    with pytest.raises(ValueError, match="repeat"):
        union([one, one])
