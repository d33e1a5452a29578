"""Response rates of the surveys, from the sample that was drawn: by association, structure and département.

A rate is answers over invitations (AAPOR's RR1 where everybody drawn is eligible); without a sample it is « non
calculable ». The sample and the answers are two files, and may disagree: what each holds that the other has not is
counted, never dropped.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mentorat.survey.questionnaire import GROUPS
from mentorat.survey.responses import KEY

RATES = {
    "groupe": "str",
    "vague": "Int64",
    "niveau": "str",
    "code": "str",
    "invites": "Int64",
    "repondants": "Int64",
    "non_repondants": "Int64",
    "taux": "float64",
    "taux_pondere": "float64",
    "reponses_recues": "Int64",
    "annonces_sans_reponse": "Int64",
    "reponses_hors_echantillon": "Int64",
    "statut": "str",
    "avertissements": "str",
}
"""Columns of the rates. `niveau`: national, association, departement, structure (never published).
`annonces_sans_reponse`: said to have answered, and no answer received; `reponses_hors_echantillon`: answers of people
the sample has not. `statut`: calcule, non_calculable."""
LEVELS = ("association", "departement", "structure")
NO_SAMPLE = "Taux de réponse non calculable : aucun échantillon de tirage n'a été transmis pour cette enquête."
ALL_ANSWERED = "Tous les invités ont répondu : l'échantillon ne liste sans doute que les répondants."


def response_rates(tables: Mapping[str, pd.DataFrame], sample: pd.DataFrame) -> pd.DataFrame:
    """Rates of each group and wave, of everyone and by level, with the columns of `RATES`.

    tables: raw tables `enquete_<group>` by group; sample: raw `enquete_echantillon` (may be empty).
    """
    found = []
    for group in GROUPS:
        answers = tables.get(group, pd.DataFrame(columns=KEY))
        drawn = sample[sample["groupe"] == group].drop_duplicates(KEY)
        for wave in sorted({*answers["vague"].dropna(), *drawn["vague"].dropna()}):
            invited = drawn[drawn["vague"] == wave]
            received = set(answers.loc[answers["vague"] == wave, "id_repondant"])
            found.append(_whole(group, int(wave), invited, received))
            found += [
                _by(group, int(wave), invited, level)
                for level in LEVELS
                if len(invited) and invited[level].notna().any()
            ]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(RATES))
    table = table.reindex(columns=list(RATES))
    texts = [name for name, kind in RATES.items() if kind == "str"]
    table[texts] = table[texts].astype("object").where(table[texts].notna(), "")
    return table.astype(RATES)


def with_rates(released: pd.DataFrame) -> pd.DataFrame:
    """Released counts with `taux` (0-1), missing where one of its counts is hidden."""
    answered, invited = (released[name].astype("Float64") for name in ("repondants", "invites"))
    return released.assign(taux=answered / invited.where(invited > 0))


def _whole(group: str, wave: int, invited: pd.DataFrame, received: set[str]) -> pd.DataFrame:
    """The row of everyone, with what the two files do not agree on."""
    row: dict[str, object] = {"groupe": group, "vague": wave, "niveau": "national", "code": "FR"}
    row |= {"reponses_recues": len(received)}
    if invited.empty:
        return pd.DataFrame([{**row, "statut": "non_calculable", "avertissements": NO_SAMPLE}])
    said = set(invited.loc[_answered(invited), "id_repondant"])
    row |= {
        **_counts(invited),
        "annonces_sans_reponse": len(said - received),
        "reponses_hors_echantillon": len(received - set(invited["id_repondant"])),
        "statut": "calcule",
        "avertissements": ALL_ANSWERED if _answered(invited).all() else "",
    }
    return pd.DataFrame([row])


def _by(group: str, wave: int, invited: pd.DataFrame, level: str) -> pd.DataFrame:
    """One row a code of a level; those without one together, « inconnu »."""
    code = invited[level].astype("object").where(invited[level].notna(), "inconnu")
    rows = [{"code": str(name), **_counts(part)} for name, part in invited.groupby(code, sort=True)]
    return pd.DataFrame(rows).assign(groupe=group, vague=wave, niveau=level, statut="calcule")


def _answered(invited: pd.DataFrame) -> pd.Series:
    return invited["repondu"].fillna(False).astype(bool)


def _counts(invited: pd.DataFrame) -> dict[str, object]:
    answered = _answered(invited)
    found: dict[str, object] = {
        "invites": len(invited),
        "repondants": int(answered.sum()),
        "non_repondants": int((~answered).sum()),
        "taux": float(answered.mean()),
    }
    weights = pd.to_numeric(invited["poids"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isfinite(weights).all() and weights.sum() > 0:
        found["taux_pondere"] = float(np.average(answered.to_numpy(dtype=np.float64), weights=weights))
    return found
