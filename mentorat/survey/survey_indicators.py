"""Survey results as rows of indicators: D1 to D30, one an item, and D20, « inspirés du socle commun ».

Rows have the schema of the mart `indicateurs`. A share is weighted: `denominateur` is the number of answers it rests
on and `numerateur` is missing, for one over the other is another figure.
"""

from collections.abc import Iterator

import pandas as pd

from mentorat.contracts.indicator_rows import estimated_rows
from mentorat.survey.questionnaire import questionnaire
from mentorat.survey.survey_results import POSITIVE

LEVELS = {"": "national", "departement": "departement", "association": "association"}
"""Column a domain is of → level of the row; the other columns are breakdowns of the country."""


def survey_indicators(results: pd.DataFrame, campagne: int) -> pd.DataFrame:
    """Rows D1… and D20 of a campagne, from the results of its surveys (columns of `RESULTS`).

    Breakdowns: groupe and vague always, reponse for the share of one answer, and sexe, tranche_age, type_accueil or
    modalite. An item is given for the country and by département; D20 for the country and by association.
    """
    return estimated_rows(campagne, _rows(results))


def _rows(results: pd.DataFrame) -> Iterator[dict[str, object]]:
    codes = questionnaire()
    core_of = {core.item: name for name, core in codes.socle.items()}
    for row in results.to_dict("records"):
        dimension, _, code = str(row["domaine"]).partition("=")
        level = LEVELS.get(dimension)
        parts = {"groupe": row["groupe"], "vague": row["vague"]}
        if level is None:
            parts[dimension], level = code, "national"
        if row["mesure"] == "part":
            parts["reponse"] = row["modalite"]
        common = {
            "niveau": level,
            "code": code if level != "national" else "FR",
            "mesure": "moyenne" if row["mesure"] == "moyenne" else "part",
            "denominateur": row["n"],
            "n_manquants": row["n_manquants"],
            "valeur": row["estimation"],
            "ic_bas": row["ic_bas"],
            "ic_haut": row["ic_haut"],
        }
        if level != "association":
            yield {**common, "indicateur": row["numero"], "ventilation": _written(parts)}
        core = core_of.get(str(row["item"]))
        whole = row["mesure"] in (POSITIVE, "moyenne") and "reponse" not in parts
        if core is not None and whole and level != "departement" and dimension in ("", "association"):
            yield {**common, "indicateur": "D20", "ventilation": _written({**parts, "socle": core})}


def _written(parts: dict[str, object]) -> str:
    return ";".join(f"{name}={parts[name]}" for name in sorted(parts))
