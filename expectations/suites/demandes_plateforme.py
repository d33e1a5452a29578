"""Demands of the platform, each once."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `demandes_plateforme`."""
    return [
        rule(gxe.ExpectColumnValuesToBeUnique, "Une ligne par demande", column="id_demande"),
        rule(gxe.ExpectColumnValuesToBeBetween, "Aucun envoi ne précède la demande", column="envoi_jours", min_value=0),
        rule(
            gxe.ExpectColumnValuesToBeBetween, "Aucun binôme ne précède la demande", column="binome_jours", min_value=0
        ),
    ]
