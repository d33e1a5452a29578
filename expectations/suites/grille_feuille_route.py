"""The grid of the roadmap."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `grille_feuille_route`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par lieu et par sous-étape",
            column_list=["code", "sous_etape"],
        ),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "Chaque case dit son avancement",
            column="statut",
            value_set=["a_faire", "en_cours", "fait", "non_renseigne"],
        ),
    ]
