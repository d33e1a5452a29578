"""Mentored and non-mentored respondents compared item by item as they answered: raw differences, never effects.

Shares and differences are between 0 and 1. A missing answer is never a zero: it is left out and counted. Adjusted
effects, by the plan: `survey_effect_tables`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mentorat.causal.catalogues import GROUPS
from mentorat.causal.effect_tables import typed
from mentorat.causal.survey_respondents import asked_of, items_of_families, positive_answers, respondents
from mentorat.survey.multiplicity import holm
from mentorat.survey.proportions import proportion, two_proportions
from mentorat.survey.questionnaire import Scale
from mentorat.typography import fr_percent, fr_points, fr_text

DIFFERENCES = {
    "item": "str",
    "libelle": "str",
    "dimension": "str",
    "famille": "str",
    "vague": "Int64",
    "n_mentores": "Int64",
    "x_mentores": "Int64",
    "part_mentores": "float64",
    "ic_bas_mentores": "float64",
    "ic_haut_mentores": "float64",
    "n_manquants_mentores": "Int64",
    "n_non_mentores": "Int64",
    "x_non_mentores": "Int64",
    "part_non_mentores": "float64",
    "ic_bas_non_mentores": "float64",
    "ic_haut_non_mentores": "float64",
    "n_manquants_non_mentores": "Int64",
    "ecart": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "p": "float64",
    "p_holm": "float64",
    "deff": "float64",
    "grappes": "Int64",
    "preuve": "str",
    "phrase": "str",
}
"""Columns of `survey_differences` and their types."""


def _description(item: str) -> dict[str, object]:
    """What says which item a row is about."""
    entry = items_of_families()[item]
    return {
        "item": item,
        "libelle": entry.libelle,
        "dimension": entry.dimension,
        "famille": entry.famille,
    }


def survey_differences(mentores: pd.DataFrame, non_mentores: pd.DataFrame, echantillon: pd.DataFrame) -> pd.DataFrame:
    """Raw differences (columns `DIFFERENCES`) at the latest wave that both groups answered; empty when there is none.

    Inputs: raw tables `enquete_mentores`, `enquete_non_mentores`, `enquete_echantillon`, joined on
    (vague, id_repondant). Primary items first, then the others, in the order of the codebook.
    """
    return differences_of(respondents(mentores, non_mentores, echantillon))


def differences_of(rows: pd.DataFrame) -> pd.DataFrame:
    """`survey_differences` of rows made by `survey_respondents.respondents`."""
    if rows.empty:
        return typed([], DIFFERENCES)
    wave = int(rows["vague"].iloc[0])
    answered = [name for name in items_of_families() if name in rows.columns and rows[name].notna().any()]
    table = typed([_difference(rows, name, wave) for name in answered], DIFFERENCES)
    table["p_holm"] = table.groupby("famille")["p"].transform(lambda p: holm(p.to_numpy(dtype=np.float64)))
    return typed(table, DIFFERENCES)


def design_effect(answers: pd.Series, treated: pd.Series, cluster: pd.Series) -> float:
    """Variance of a difference of two shares under clustering, over that of independent answers.

    Linearised: z_i = ±(y_i − p_group)/n_group summed by cluster over both groups, squared, × G/(G−1);
    divided by p₁q₁/n₁ + p₂q₂/n₂. Never below 1, so that clustering is not read as a gain. `answers` has no
    missing value.
    """
    y, mask = answers.to_numpy(dtype=np.float64), treated.to_numpy(dtype=bool)
    n1, n2 = mask.sum(), (~mask).sum()
    share1, share2 = y[mask].mean(), y[~mask].mean()
    independent = share1 * (1 - share1) / n1 + share2 * (1 - share2) / n2
    codes, labels = pd.factorize(cluster)
    if independent == 0 or len(labels) < 2:
        return 1.0
    z = np.where(mask, (y - share1) / n1, -(y - share2) / n2)
    totals = np.bincount(codes, weights=z)
    return max(1.0, float(len(labels) / (len(labels) - 1) * (totals**2).sum() / independent))


def _difference(rows: pd.DataFrame, name: str, wave: int) -> dict[str, object]:
    scale = items_of_families()[name].scale
    answers = positive_answers(rows[name], scale)
    answered, mentored = answers.notna(), rows["mentore"].astype(bool)
    found = {**_description(name), "vague": wave}
    asked = asked_of(name)
    counts: list[int] = []
    deff = 1.0
    if len(asked) == 2 and (answered & mentored).any() and (answered & ~mentored).any():
        deff = design_effect(answers[answered], mentored[answered], rows.loc[answered, "grappe"])
    for group, mask in (("mentores", mentored), ("non_mentores", ~mentored)):
        if group not in asked:
            continue
        n, x = int((answered & mask).sum()), int(answers[mask].sum())
        counts += [x, n]
        found |= {f"n_{group}": n, f"x_{group}": x, f"n_manquants_{group}": int((~answered & mask).sum())}
        if n:
            share = proportion(x / deff, n / deff)
            found |= {
                f"part_{group}": share.share,
                f"ic_bas_{group}": share.low,
                f"ic_haut_{group}": share.high,
            }
    found |= {"grappes": rows.loc[answered, "grappe"].nunique(), "preuve": "descriptif"}
    if len(counts) == 4 and min(counts[1], counts[3]) > 0:
        x1, n1, x2, n2 = counts
        gap = two_proportions(x1, n1, x2, n2, design_effect=deff)
        found |= {
            "ecart": gap.difference,
            "ic_bas": gap.low,
            "ic_haut": gap.high,
            "p": gap.chi2_p,
            "deff": deff,
        }
    found["phrase"] = fr_text(_raw_sentence(found, scale))
    return found


def _raw_sentence(row: Mapping[str, object], scale: Scale) -> str:
    libelle, asked = row["libelle"], {group: row.get(f"part_{group}") for group in GROUPS}
    told = [
        f"{fr_percent(_number(share))} des {who}"
        for who, share in zip(("mentorés", "non-mentorés"), asked.values(), strict=True)
        if _known(share)
    ]
    if not told:
        return f"« {libelle} » : aucune réponse."
    sentence = f"« {libelle} » : {' et '.join(told)} {scale.reponse}."
    if not _known(row.get("ecart")):
        return f"{sentence} Sans groupe de comparaison, ce chiffre dit une satisfaction, pas un effet."
    interval = _interval(row["ic_bas"], row["ic_haut"])
    return f"{sentence} L'écart brut est de {_points(row['ecart'])} ({interval})."


def _interval(low: object, high: object) -> str:
    return f"intervalle de confiance à 95 % : de {_points(low)} à {_points(high)}"


def _points(share: object) -> str:
    return fr_points(100 * _number(share))


def _number(value: object) -> float:
    return float(str(value))


def _known(value: object) -> bool:
    return value is not None and value is not pd.NA and not np.isnan(_number(value))
