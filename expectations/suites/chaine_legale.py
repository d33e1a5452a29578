"""The legal chain of each pair, article by article."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `chaine_legale`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Un binôme a une ligne par article",
            column_list=["association", "id_binome", "article"],
            ignore_row_if="never",
        ),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "Un article est fait, manquant, non transmis ou hors champ",
            column="statut",
            value_set=["fait", "manquant", "non_transmis", "hors_champ"],
        ),
    ]
