"""Articles of the legal chain by territory."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `grille_articles`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Un territoire a une ligne par article",
            column_list=["territoire", "article"],
        ),
        *(
            rule(
                gxe.ExpectColumnValuesToBeBetween, f"Aucun effectif négatif : « {column} »", column=column, min_value=0
            )
            for column in ("fait", "manquant", "non_transmis", "hors_champ")
        ),
    ]
