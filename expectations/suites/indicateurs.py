"""The indicators: no share outside 0-1, no numerator above its denominator, every territory present."""

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule, threshold
from mentorat import reference
from mentorat.contracts.catalogue import counted

KEY = ["campagne", "periode", "niveau", "code", "indicateur", "ventilation", "mesure"]
TERRITORIES = len(reference.load("territoires"))


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Add `part` (value of a share), `couverture` (value of O3) and `nb_territoires` of each indicator's total."""
    share = frame["mesure"].eq("part")
    total = frame["niveau"].eq("departement") & frame["ventilation"].eq("")
    territories = frame[total].groupby(["indicateur", "periode", "mesure"])["code"].transform("nunique")
    return frame.assign(
        part=frame["valeur"].where(share).astype("float64"),
        couverture=frame["valeur"].where(share & frame["indicateur"].eq("O3")).astype("float64"),
        part_numerateur=frame["numerateur"].where(share).astype("float64"),
        part_denominateur=frame["denominateur"].where(share).astype("float64"),
        nb_territoires=territories.reindex(frame.index).astype("float64"),
    )


def rules() -> list[Expectation]:
    """Rules of the mart `indicateurs`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par indicateur, niveau et période",
            column_list=KEY,
        ),
        rule(
            gxe.ExpectColumnDistinctValuesToBeInSet,
            "Les indicateurs sont ceux du catalogue",
            column="indicateur",
            value_set=sorted(counted()),
        ),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "Chaque ligne dit si elle est calculée, non reçue ou non mesurable",
            column="statut",
            value_set=["calcule", "non_recu", "non_mesurable"],
        ),
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            "Une part reste entre 0 et 1",
            column="part",
            min_value=0,
            max_value=1,
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Un numérateur ne dépasse jamais son dénominateur",
            column_A="part_denominateur",
            column_B="part_numerateur",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            f"Les {TERRITORIES} territoires sont présents dans chaque indicateur qui se compte par territoire",
            column="nb_territoires",
            value_set=[float(TERRITORIES)],
        ),
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            "Aucune couverture n'est invraisemblable",
            bloquant=False,
            column="couverture",
            max_value=threshold("couverture_plausible"),
        ),
    ]
