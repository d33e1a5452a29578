"""The journal of files: something was accepted, every row received is accounted for, few rows are set aside."""

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule, threshold

COUNTS = ["lignes_acceptees", "lignes_ecartees", "doublons_exacts"]


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Add rows unaccounted for, the share set aside by file and in all, and one if the file was accepted."""
    counts = frame[["lignes_recues", *COUNTS]].astype("Float64")
    received = counts["lignes_recues"]
    accepted = frame["statut"].eq("acceptee")
    rows = counts[accepted].sum()
    return frame.assign(
        ecart_lignes=(received - counts[COUNTS].sum(axis=1)).where(accepted).astype("float64"),
        part_ecartee=(counts["lignes_ecartees"] / received.where(received > 0)).where(accepted).astype("float64"),
        part_ecartee_totale=float(rows["lignes_ecartees"] / rows["lignes_recues"]) if rows["lignes_recues"] else 0.0,
        est_accepte=accepted.astype(int),
    )


def rules() -> list[Expectation]:
    """Rules of the journal."""
    return [
        rule(
            gxe.ExpectColumnSumToBeBetween,
            "Au moins un fichier du dépôt est accepté",
            column="est_accepte",
            min_value=1,
        ),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "Lignes reçues = acceptées + écartées + doublons exacts, fichier par fichier",
            column="ecart_lignes",
            value_set=[0.0],
        ),
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Un fichier n'est compté qu'une fois",
            column_list=["chemin", "sha256"],
        ),
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            "La part de lignes écartées, tous fichiers ensemble, reste sous le seuil bloquant",
            column="part_ecartee_totale",
            max_value=threshold("part_ecartee_bloquante"),
        ),
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            "Chaque fichier garde ses lignes écartées sous le seuil d'alerte",
            bloquant=False,
            column="part_ecartee",
            max_value=threshold("part_ecartee_alerte"),
        ),
    ]
