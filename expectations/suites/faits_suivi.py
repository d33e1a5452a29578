"""What happened to the young people of the risk sets."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule

FAITS = ["freqsco", "deplacement", "sortie", "retour", "jeune_majeur", "parrainage"]


def rules() -> list[Expectation]:
    """Rules of the mart `faits_suivi`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Un seul fait de chaque sorte par jeune et par jour",
            column_list=["id_population", "fait", "date_fait"],
        ),
        rule(gxe.ExpectColumnValuesToBeInSet, "Les faits sont ceux du référentiel", column="fait", value_set=FAITS),
    ]
