"""What may be said of each effect: confirmatory or exploratory, adjusted p-value, evidence grade, French sentence.

The plan decides what is confirmatory, `preuve.yml` the grade and its words; here rows of the table `effets` are read as
facts. One template serves useful, null and harmful results.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from mentorat.causal.effect_tables import EFFETS, PLACEBOS, typed
from mentorat.causal.evidence import Facts, Finding, Rule, balanced, finding, grade, overstated, rules
from mentorat.causal.plan import Plan
from mentorat.causal.plan_register import PlanInForce, in_force
from mentorat.survey.multiplicity import adjust_by_family
from mentorat.survey.questionnaire import questionnaire
from mentorat.typography import fr_points, fr_text

CONFIRMATORY, EXPLORATORY = "confirmatoire", "exploratoire"
NAIVE = "naif"
RISK_SETS = "appariement"
"""The estimator of the cohort: a plan chooses its matching, not another one."""
WAVES_COMPARED = 1
"""Waves a survey's comparison rests on: the latest one answered by both groups."""
COMPARED = ["source", "comparateurs"]


def conclude(effets: pd.DataFrame, plan: Plan | PlanInForce, robustesse: pd.DataFrame | None = None) -> pd.DataFrame:
    """`effets` with role, famille, statut, plan, p_holm, preuve and phrase filled, in the same order.

    `effets`: columns of `effect_tables.EFFETS`, several sources and comparisons. `plan`: a plan in force
    (`plan_register.plan_of`), or a plan, then looked up in the register. `robustesse`: `effets_robustesse`, whose
    placebos and negative controls count beside the negative controls of `effets`.

    Holm runs inside each family of a source and comparison: those the plan declares for its confirmatory outcomes, the
    codebook's for the others of a survey, negative controls apart. Raises PlanError when the plan was changed after it
    was registered.
    """
    force = plan if isinstance(plan, PlanInForce) else in_force(plan)
    found = typed(effets, EFFETS)
    keys = list(zip(found["source"], found["issue"], strict=True))
    found["role"] = [force.plan.role(source, issue) for source, issue in keys]
    found["famille"] = [
        force.plan.family(source, issue) or given or _codebook_family(issue)
        for (source, issue), given in zip(keys, found["famille"], strict=True)
    ]
    found["p_holm"] = _holm(found)
    found["statut"] = [CONFIRMATORY if _confirmatory(row, force) else EXPLORATORY for row in _records(found)]
    found[["plan", "plan_version", "plan_empreinte"]] = [force.plan.nom, force.plan.version, force.plan.empreinte]
    found["avertissements"] = [
        " ".join(filter(None, (told, force.reserves.get(source, ""))))
        for told, source in zip(found["avertissements"], found["source"], strict=True)
    ]
    passed = _controls_passed(found, robustesse)
    graded = [
        (row, grade(facts(row, passed.get((str(row["source"]), str(row["comparateurs"]))), force.simule)))
        for row in _records(found)
    ]
    found["preuve"] = [rule.preuve for _, rule in graded]
    found["phrase"] = [sentence(row, rule, simulated=force.simule) for row, rule in graded]
    return typed(found, EFFETS)


def facts(row: Mapping[str, object], control_passed: bool | None, simulated: bool) -> Facts:
    """What the rules may look at, of a row of `effets` whose role, status and adjusted p-value are known."""
    cohort = row["source"] == "administratif"
    estimated = _known(row["att"])
    sizes = [_count(row[name]) for name in ("n_mentores", "n_non_mentores", "n_manquants")]
    clusters = [_count(row[name]) for name in ("grappes_mentores", "grappes_non_mentores")]
    asked = sum(size or 0 for size in sizes)
    return Facts(
        comparaison=cohort or bool(sizes[1]) or _known(row["ecart_naif"]) or estimated,
        ajuste=estimated and row["estimateur"] != NAIVE,
        smd_maximal_apres=_number(row["smd_max_apres"]),
        vagues=None if cohort else WAVES_COMPARED,
        tirage_au_sort=False,
        ensembles_a_risque=cohort,
        temoin=row["role"] == "temoin",
        confirmatoire=row["statut"] == CONFIRMATORY,
        finding=_finding(row),
        ess=_number(row["ess"]),
        clusters_smaller=None if None in clusters else min(size for size in clusters if size is not None),
        df=_number(row["df"]),
        missing_share=None if sizes[2] is None or asked == 0 else sizes[2] / asked,
        e_value_limit=_number(row["evalue_limite"]),
        same_sign=_number(row["part_meme_signe"]),
        excluding_zero=_number(row["part_exclut_zero"]),
        control_passed=control_passed,
        both_arms_vary=_both_arms_vary(row),
        simule=simulated,
    )


def sentence(row: Mapping[str, object], rule: Rule, *, simulated: bool = False) -> str:
    """The French sentence of a row and its grade: one template, whatever the sign or size of the effect.

    Sizes it tells are the ends of the interval, as written in it. Raises ValueError when it would say more than its
    grade may.
    """
    label = f"« {row['libelle']} »" + (f" ({row['fenetre']})" if row["fenetre"] else "")
    head = f"Données simulées. {label}" if simulated else label
    if not _known(row["att"]):
        return fr_text(f"{head} : l'écart ajusté n'est pas estimé. {rule.motif}")
    frame, groups = rules().cadres[str(row["source"])], rules().groupes[str(row["comparateurs"])]
    raw = f", pour un écart brut de {_points(row['ecart_naif'])}" if _known(row["ecart_naif"]) else ""
    reading = _reading(row, rule, frame.nom, groups.mentores)
    compared = frame.cadre if balanced(_number(row["smd_max_apres"])) else frame.sinon
    told = (
        f"{compared}, l'écart entre {groups.mentores} et {groups.comparateurs} est de {_points(row['att'])} "
        f"(intervalle de confiance à 95 % : de {_points(row['ic_bas'])} à {_points(row['ic_haut'])}){raw}. "
        f"{reading} {rule.motif}"
    )
    if said := overstated(told, rules().interdits[rule.preuve]):
        raise ValueError(f"the sentence says more than « {rule.preuve} »: {said}")
    return fr_text(f"{head} : {told}")


def _reading(row: Mapping[str, object], rule: Rule, noun: str, treated: str) -> str:
    words = rules().mots[rule.preuve]
    low, high = _float(row["ic_bas"]), _float(row["ic_haut"])
    if low <= 0 <= high:
        chosen: str | None = words.zero
    else:
        chosen = words.ecart if _finding(row) == "ecart" else words.holm
    if chosen is None:
        raise ValueError(f"« {rule.preuve} » has no words for what Holm does not keep")
    return chosen.format(
        nom=noun,
        Nom=noun.capitalize(),
        sens="plus" if low > 0 else "moins",
        mentores=treated,
        borne=_size(max(-low, high)),
        hausse=_size(high),
        baisse=_size(-low),
    )


def _confirmatory(row: Mapping[str, object], force: PlanInForce) -> bool:
    """Whether the row is what the registered plan announced: primary outcome, its estimator, its first comparison."""
    plan, source = force.plan, str(row["source"])
    if not force.confirmatory(source) or row["role"] != "principale":
        return False
    if source == "enquete":
        return row["estimateur"] == plan.enquete.estimateur
    return row["estimateur"] == RISK_SETS and row["comparateurs"] == plan.administratif.comparateurs[0]


def _holm(found: pd.DataFrame) -> pd.Series:
    families = found[[*COMPARED, "role", "famille"]].agg("\n".join, axis=1) if len(found) else found["famille"]
    return adjust_by_family(found.assign(_famille=families), family="_famille", p="p", method="holm")


def _codebook_family(issue: str) -> str:
    item = questionnaire().items.get(issue)
    return "secondaire" if item is None or item.famille is None else item.famille


def _controls_passed(found: pd.DataFrame, robustesse: pd.DataFrame | None) -> dict[tuple[str, str], bool]:
    """(source, comparison) → whether its controls reassure: none leaves zero out, and one at least holds it within the
    margin. Absent where none could be estimated, or where all are too wide to tell: that is not a control passed."""
    columns = [*COMPARED, "ic_bas", "ic_haut"]
    parts = [found.loc[found["role"] == "temoin", columns]]
    if robustesse is not None:
        parts.append(robustesse.loc[robustesse["analyse"].isin(PLACEBOS), columns])
    controls = pd.concat(parts, ignore_index=True).dropna(subset=["ic_bas", "ic_haut"])
    margin = rules().seuils.marge_absence.valeur
    read = controls[COMPARED].assign(
        tient=(controls["ic_bas"] <= 0) & (controls["ic_haut"] >= 0),
        etroit=(controls["ic_bas"] >= -margin) & (controls["ic_haut"] <= margin),
    )
    passed: dict[tuple[str, str], bool] = {}
    for (source, compared), rows in read.groupby(COMPARED):
        if not rows["tient"].all():
            passed[str(source), str(compared)] = False
        elif rows["etroit"].any():
            passed[str(source), str(compared)] = True
    return passed


def _finding(row: Mapping[str, object]) -> Finding | None:
    return finding(
        _number(row["att"]),
        _float(row["ic_bas"]),
        _float(row["ic_haut"]),
        _number(row["p_holm"]),
    )


def _both_arms_vary(row: Mapping[str, object]) -> bool | None:
    """Whether in each group some had the outcome and some had not; None when it is not counted."""
    counts = [(_count(row[f"x_{group}"]), _count(row[f"n_{group}"])) for group in ("mentores", "non_mentores")]
    if any(x is None or not n for x, n in counts):
        return None
    return not any(x in (0, n) for x, n in counts)


def _points(share: object) -> str:
    return fr_points(100 * _float(share))


def _size(share: float) -> str:
    """A size in points, without sign, written as the interval beside it is."""
    return fr_points(100 * abs(share)).removeprefix("+")


def _records(table: pd.DataFrame) -> Iterator[dict[str, object]]:
    for row in table.to_dict("records"):
        yield {str(key): value for key, value in row.items()}


def _known(value: object) -> bool:
    return value is not None and value is not pd.NA and not np.isnan(_float(value))


def _number(value: object) -> float | None:
    return _float(value) if _known(value) else None


def _count(value: object) -> int | None:
    return int(_float(value)) if _known(value) else None


def _float(value: object) -> float:
    return float(str(value))
