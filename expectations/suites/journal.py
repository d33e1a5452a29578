"""The journal of files: something was accepted, every row received is accounted for, few rows are set aside."""

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.expectation import Expectation

from expectations.lake import Lake
from expectations.measures import Measure, with_share
from expectations.rules import rule, threshold
from mentorat.contracts.sources import contracts

COUNTS = ["lignes_acceptees", "lignes_ecartees", "doublons_exacts"]


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Add rows unaccounted for, the share set aside in all, and one if the file was accepted."""
    counts = frame[["lignes_recues", *COUNTS]].astype("Float64")
    received = counts["lignes_recues"]
    accepted = frame["statut"].eq("acceptee")
    rows = counts[accepted].sum()
    return frame.assign(
        ecart_lignes=(received - counts[COUNTS].sum(axis=1)).where(accepted).astype("float64"),
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
    ]


def measures(lake: Lake) -> list[Measure]:
    """What is told file by file: its share set aside, and whether it was refused."""
    files = lake.read("journal", ["emetteur", "source", "statut", "lignes_recues", "lignes_ecartees"])
    files = files[files["statut"] != "retiree"]
    titles = files["source"].map({name: spoken.titre for name, spoken in contracts().items()})
    accepted = files[files["statut"] == "acceptee"]
    counts = accepted.rename(columns={"lignes_ecartees": "en_defaut", "lignes_recues": "concernees"})
    refused = pd.DataFrame(
        {
            "emetteur": files["emetteur"],
            "valeur": (files["statut"] == "refusee").astype("float64"),
            "precision": titles.fillna("source non reconnue"),
        }
    )
    return [
        Measure(
            "fichier_part_ecartee",
            "Chaque fichier garde ses lignes écartées sous le seuil d'alerte",
            with_share(counts).assign(precision=titles),
            maximum=threshold("part_ecartee_alerte"),
        ),
        Measure("fichier_refuse", "Aucun fichier n'est refusé", refused, maximum=0),
    ]
