from pathlib import Path

import pytest
import yaml

from mentorat.contracts.indicator_rows import COLUMNS, indicator_rows

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
