"""What a row of `effets` allows to say: correction for the number of questions, evidence grade, French sentence."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mentorat.causal.effect_tables import EFFETS, typed
from mentorat.causal.evidence import Facts, Rule, grade
from mentorat.causal.plan import Plan
from mentorat.survey.multiplicity import holm
from mentorat.typography import fr_points, fr_text


def conclude(effets: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """`effets` with the columns that depend on the whole table or on the plan: p_holm, statut, plan, preuve, phrase."""
    table = effets.copy()
    table["p_holm"] = table.groupby("famille")["p"].transform(lambda p: holm(p.to_numpy(dtype=np.float64)))
    table["statut"] = np.where(table["role"] == "principale", "confirmatoire", "exploratoire")
    table[["plan", "plan_version", "plan_empreinte"]] = plan.nom, plan.version, plan.empreinte
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    rules = [_rule_of_effect(row) for row in rows]
    table["preuve"] = [rule.preuve for rule in rules]
    table["phrase"] = [fr_text(effect_sentence(row, rule)) for row, rule in zip(rows, rules, strict=True)]
    return typed(table, EFFETS)


def _rule_of_effect(row: Mapping[str, object]) -> Rule:
    """Grade of an effect row: one wave, no drawing of lots, whatever its figures."""
    smd = row.get("smd_max_apres")
    return grade(
        Facts(
            comparaison=_known(row.get("ecart_naif")),
            ajuste=_known(row.get("att")),
            smd_maximal_apres=float(str(smd)) if _known(smd) else None,
            vagues=1,
            tirage_au_sort=False,
        )
    )


def effect_sentence(row: Mapping[str, object], rule: Rule) -> str:
    """A plain French sentence for one row of `effets`: one template, whatever the effect's sign or size."""
    libelle = row["libelle"]
    if not _known(row.get("att")):
        return f"« {libelle} » : l'écart ajusté n'est pas estimé. {rule.motif}"
    low, high = _number(row["ic_bas"]), _number(row["ic_haut"])
    if low <= 0 <= high:
        reading = "L'écart observé est compatible avec une absence d'effet."
    elif _known(row["p_holm"]) and _number(row["p_holm"]) >= 0.05:
        reading = (
            "L'intervalle ne contient pas zéro, mais l'écart n'est plus probant une fois compté le nombre de "
            "questions posées."
        )
    else:
        reading = (
            f"Cette réponse est {'plus' if low > 0 else 'moins'} fréquente chez les mentorés, "
            "au-delà de ce que le hasard explique d'ordinaire."
        )
    return (
        f"« {libelle} » : à caractéristiques observées comparables, l'écart entre mentorés et non-mentorés "
        f"est de {_points(row['att'])} ({_interval(low, high)}), pour un écart brut de "
        f"{_points(row['ecart_naif'])}. {reading} {rule.motif}"
    )


def _interval(low: object, high: object) -> str:
    return f"intervalle de confiance à 95 % : de {_points(low)} à {_points(high)}"


def _points(share: object) -> str:
    return fr_points(100 * _number(share))


def _number(value: object) -> float:
    return float(str(value))


def _known(value: object) -> bool:
    return value is not None and value is not pd.NA and not np.isnan(_number(value))
