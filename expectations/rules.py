"""How a rule is written: an expectation, its French label, and whether it stops publication."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from great_expectations.expectations.expectation import Expectation

from mentorat.contracts.sources import Column, Contract

SEUILS = Path(__file__).with_name("seuils.yml")
PSEUDONYM = r"^[0-9a-f]{64}$"
MONTH = r"^\d{4}-(?:0[1-9]|1[0-2])$"
DAY = "__jour"
"""Suffix of a month told as a day, so that it compares with a date."""


def rule(kind: type[Expectation], libelle: str, *, bloquant: bool = True, **arguments: Any) -> Expectation:
    """An expectation that carries its French label and its severity to the quality page."""
    return kind(meta={"libelle": libelle, "bloquant": bloquant}, **arguments)


@cache
def thresholds() -> dict[str, list[dict[str, Any]]]:
    """The lines of `seuils.yml` by name: valeur, valable_du, valable_au, motif."""
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(SEUILS.read_text(encoding="utf-8"))
    return found


def threshold(name: str) -> float:
    """Bound in force (the last line without an end date).

    Raises KeyError for an unknown name.
    """
    return float(next(line["valeur"] for line in reversed(thresholds()[name]) if "valable_au" not in line))


def plain(bound: float) -> str:
    """A bound in French figures."""
    return f"{bound:.10f}".rstrip("0").rstrip(".").replace(".", ",")


@cache
def places(collectivites: bool) -> tuple[str, ...]:
    """Codes a `departement` column may hold: the territories, those of their addressees where the contract says, and
    Corsica's, which its collectivité may give as a whole.
    """
    from mentorat.reference import load

    table = load("territoires")
    return tuple(sorted({*table["territoire"], *(table["collectivite"] if collectivites else ["20R"])}))


def as_days(frame: Any, contract: Contract) -> Any:
    """`frame` (n rows) with the months that a rule compares told as days.

    A month stands for its first day before a later date, for its last one after an earlier date: an order is
    broken only where no day of the month can hold it.
    """
    import pandas as pd

    added = {}
    for earlier, later in _orders(contract):
        for name, end in ((earlier, False), (later, True)):
            if contract.colonne(name).type == "mois":
                first = pd.to_datetime(frame[name].astype("str"), format="%Y-%m", errors="coerce")
                added[_day(name, end)] = first + pd.offsets.MonthEnd(0) if end else first
    return frame.assign(**added) if added else frame


def _orders(contract: Contract) -> list[tuple[str, str]]:
    return [pair for spoken in contract.regles for pair in zip(spoken.ordre, spoken.ordre[1:], strict=False)]


def _day(name: str, end: bool) -> str:
    return f"{name}{DAY}_{'fin' if end else 'debut'}"


def contract_rules(contract: Contract) -> list[Expectation]:
    """What a source's contract says of each row, asserted again on accepted rows: intake should have left nothing.

    They read the stored columns, and those that `as_days` adds.
    """
    import great_expectations.expectations as gxe

    rules = [
        rule(gxe.ExpectColumnValuesToNotBeNull, f"« {nom} » est toujours rempli", column=nom)
        for nom in dict.fromkeys(contract.cle_obligatoire)
    ]
    for column in contract.colonnes:
        rules += _column_rules(column)
    for earlier, later in dict.fromkeys(_orders(contract)):
        months = {name: contract.colonne(name).type == "mois" for name in (earlier, later)}
        rules.append(
            rule(
                gxe.ExpectColumnPairValuesAToBeGreaterThanB,
                f"« {earlier} » ne suit jamais « {later} »",
                column_A=_day(later, True) if months[later] else later,
                column_B=_day(earlier, False) if months[earlier] else earlier,
                or_equal=True,
                ignore_row_if="either_value_is_missing",
            )
        )
    return rules


def _column_rules(column: Column) -> list[Expectation]:
    import great_expectations.expectations as gxe

    def shaped(libelle: str, regex: str) -> Expectation:
        return rule(gxe.ExpectColumnValuesToMatchRegex, libelle, column=column.nom, regex=regex)

    def among(libelle: str, values: Sequence[Any]) -> Expectation:
        return rule(gxe.ExpectColumnValuesToBeInSet, libelle, column=column.nom, value_set=list(values))

    rules = []
    codes = f"« {column.nom} » ne porte que les codes du contrat"
    if column.type == "code":
        rules.append(among(codes, column.codes))
    elif column.type == "entier" and column.codes:
        rules.append(among(codes, [int(code) for code in column.codes]))
    elif column.type == "liste" and column.codes:
        one = "|".join(re.escape(code) for code in column.codes)
        rules.append(shaped(codes, rf"^(?:{one})(?:\|(?:{one}))*$"))
    elif column.type == "departement":
        rules.append(
            among(
                f"« {column.nom} » est un territoire connu", [*places(column.collectivites), *column.autres_territoires]
            )
        )
    elif column.type == "mois":
        rules.append(shaped(f"« {column.nom} » est un mois", MONTH))
    if column.rehashed:
        rules.append(shaped(f"« {column.nom} » ne porte que des pseudonymes de niveau 2", PSEUDONYM))
    if column.bornes:
        low, high = column.bornes
        rules.append(
            rule(
                gxe.ExpectColumnValuesToBeBetween,
                f"« {column.nom} » reste entre {plain(low)} et {plain(high)}",
                column=column.nom,
                min_value=low,
                max_value=high,
            )
        )
    return rules
