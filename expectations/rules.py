"""How a rule is written: an expectation, its French label, and whether it stops publication."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from great_expectations.expectations.expectation import Expectation

from mentorat.contracts.sources import Contract

PSEUDONYM = r"^[0-9a-f]{64}$"


def rule(kind: type[Expectation], libelle: str, *, bloquant: bool = True, **arguments: Any) -> Expectation:
    """An expectation that carries its French label and its severity to the quality page."""
    return kind(meta={"libelle": libelle, "bloquant": bloquant}, **arguments)


@cache
def threshold(name: str) -> float:
    """Bound in force of `seuils.yml` (the last line without an end date).

    Raises KeyError for an unknown name.
    """
    lines = yaml.safe_load(Path(__file__).with_name("seuils.yml").read_text(encoding="utf-8"))[name]
    return float(next(line["valeur"] for line in reversed(lines) if "valable_au" not in line))


def _plain(bound: float) -> str:
    return f"{bound:.10f}".rstrip("0").rstrip(".").replace(".", ",")


def contract_rules(contract: Contract, columns: list[str]) -> list[Expectation]:
    """What a source's contract says, asserted again on accepted rows: intake should have left nothing to find.

    `columns` are those of the stored table, which the schema of the contract fixes.
    """
    import great_expectations.expectations as gxe

    rules = [
        rule(
            gxe.ExpectTableColumnsToMatchSet,
            "Les colonnes du contrat sont toutes là",
            column_set=columns,
            exact_match=False,
        ),
        # two senders may tell the same pair or convention: precedence is the warehouse's, not the border's
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par clé et par émetteur",
            column_list=[*contract.cle, "depose_par"],
        ),
    ]
    for nom in contract.cle_obligatoire:
        rules.append(rule(gxe.ExpectColumnValuesToNotBeNull, f"« {nom} » est toujours rempli", column=nom))
    for column in contract.colonnes:
        if column.type == "code":
            rules.append(
                rule(
                    gxe.ExpectColumnValuesToBeInSet,
                    f"« {column.nom} » ne porte que les codes du contrat",
                    column=column.nom,
                    value_set=list(column.codes),
                )
            )
        if column.rehashed:
            rules.append(
                rule(
                    gxe.ExpectColumnValuesToMatchRegex,
                    f"« {column.nom} » ne porte que des pseudonymes de niveau 2",
                    column=column.nom,
                    regex=PSEUDONYM,
                )
            )
        if column.bornes:
            rules.append(
                rule(
                    gxe.ExpectColumnValuesToBeBetween,
                    f"« {column.nom} » reste entre {_plain(column.bornes[0])} et {_plain(column.bornes[1])}",
                    column=column.nom,
                    min_value=column.bornes[0],
                    max_value=column.bornes[1],
                )
            )
    for row_rule in contract.regles:
        for earlier, later in zip(row_rule.ordre, row_rule.ordre[1:], strict=False):
            rules.append(
                rule(
                    gxe.ExpectColumnPairValuesAToBeGreaterThanB,
                    f"« {earlier} » ne suit jamais « {later} »",
                    column_A=later,
                    column_B=earlier,
                    or_equal=True,
                    ignore_row_if="either_value_is_missing",
                )
            )
    return rules
