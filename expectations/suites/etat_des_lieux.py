"""What ASE structures say."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `etat_des_lieux`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par lieu et par modalité",
            column_list=["niveau", "code", "dimension", "modalite"],
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Pas plus de jeunes mentorés que de jeunes",
            column_A="jeunes_nb",
            column_B="mentores_nb",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Pas plus de citations que de structures",
            column_A="structures_nb",
            column_B="citations_nb",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
    ]
