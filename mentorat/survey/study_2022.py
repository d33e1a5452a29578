"""The 2022 Break Poverty / Koreis study again: what its published percentages allow to say.

Only rounded shares and group sizes were published. Counts are therefore the whole numbers nearest to
share × base, and the note of each item gives what every other admissible count would have changed.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from mentorat.causal.sensitivity import e_value
from mentorat.survey.multiplicity import holm
from mentorat.survey.planning import (
    Assumptions,
    detectable_curve,
    detectable_share,
    power_of_shares,
    sample_for_shares,
)
from mentorat.survey.proportions import (
    ProportionDifference,
    admissible_counts,
    nearest_count,
    two_proportions,
)
from mentorat.typography import fr_number, fr_p, fr_percent, fr_points, fr_text

COLUMNS = [
    "item",
    "n_mentores",
    "effectif_mentores",
    "pct_mentores",
    "n_non_mentores",
    "effectif_non_mentores",
    "pct_non_mentores",
    "ecart_points",
    "ic_bas",
    "ic_haut",
    "p_chi2",
    "p_fisher",
    "p_holm",
    "risque_relatif",
    "rr_bas",
    "rr_haut",
    "h_cohen",
    "e_value",
    "e_value_limite",
    "note",
]
"""Columns of `evaluation/etude_2022.csv`, in order."""

GROUPS = ("mentores", "non_mentores")
_ARGUMENTS = ("effectif_mentores", "n_mentores", "effectif_non_mentores", "n_non_mentores")


def study_2022(published: pd.DataFrame) -> pd.DataFrame:
    """One row per published item, in the order given, with the columns `COLUMNS`.

    `published`: the reference table `etude_2022` (item, n_*, pct_* in whole percent, risque_relatif,
    base_note). `ecart_points`, `ic_bas`, `ic_haut` are percentage points (Newcombe's interval); `p_chi2`
    has no continuity correction; `p_holm` is Holm on `p_chi2` over the items that compare two groups; the
    E-value is that of the risk ratio. An item without a comparison group has no difference, interval or
    test. Raises ValueError when a published percentage fits no whole count of its base.
    """
    rows = [_item(record) for record in published.to_dict("records")]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    table["p_holm"] = holm(table["p_chi2"].to_numpy(dtype=np.float64))
    whole = [f"{measure}_{group}" for measure in ("n", "effectif", "pct") for group in GROUPS]
    decimal = [column for column in COLUMNS if column not in {"item", "note", *whole}]
    return table.astype(
        dict.fromkeys(whole, "Int64") | dict.fromkeys(decimal, "float64") | {"item": "str", "note": "str"}
    )


DESIGN_EFFECTS = (1.0, 1.5, 2.0)
"""Independent answers, then what answers alike inside structures commonly cost."""


def compared_items(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `study_2022` that compare two groups."""
    return table.loc[table["ecart_points"].notna()]


def under_design_effects(table: pd.DataFrame, design_effects: tuple[float, ...] = DESIGN_EFFECTS) -> pd.DataFrame:
    """Each compared item of `study_2022` under each design effect.

    Columns: item, effet_plan, ecart_points, ic_bas, ic_haut (percentage points), p. The study tells nothing
    of its clusters: these are hypotheses, not estimates.
    """
    return pd.DataFrame(
        [
            {"item": row["item"], "effet_plan": effect, **_in_points(difference_under(row, effect))}
            for _, row in compared_items(table).iterrows()
            for effect in design_effects
        ]
    )


CLUSTER_SIZES = (5, 10, 15, 20)
"""Answers a structure may have given: the study tells nothing of it."""


def tipping_points(table: pd.DataFrame, level: float = 0.05) -> pd.DataFrame:
    """The clustering at which each compared item of `study_2022` stops being told from chance at `level`.

    Columns: item, effet_plan_bascule (the χ² over its critical value; below 1, independent answers already do not
    tell it from chance), then for each of CLUSTER_SIZES `icc_<size>`: the intraclass correlation that gives that
    design effect with as many answers a structure, missing where there is nothing to lose or no correlation does.
    """
    items = compared_items(table)
    chi2 = pd.Series([difference_under(row, 1.0).chi2 for _, row in items.iterrows()], index=items.index)
    effects = chi2 / float(stats.chi2.isf(level, 1))
    frame = pd.DataFrame({"item": items["item"], "effet_plan_bascule": effects})
    for size in CLUSTER_SIZES:
        icc = (effects - 1) / (size - 1)
        frame[f"icc_{size}"] = icc.where(icc.between(0, 1, inclusive="right"))
    return frame.reset_index(drop=True)


def tipping_sentence(row: pd.Series, libelle: str) -> str:
    """What a row of `tipping_points` says, in plain French."""
    effect = float(row["effet_plan_bascule"])
    if effect < 1:
        return fr_text(
            f"« {libelle} » : il n'y a pas de conclusion à perdre. Même des réponses toutes indépendantes ne "
            "distinguent pas cet écart du hasard."
        )
    likes = [
        f"{fr_number(row[f'icc_{size}'], 2)} avec {size} réponses par structure"
        for size in CLUSTER_SIZES
        if pd.notna(row[f"icc_{size}"])
    ]
    alike = f" Il suffit pour cela d'une ressemblance (ICC) de {', de '.join(likes)}." if likes else ""
    return fr_text(
        f"« {libelle} » : l'écart se distingue du hasard jusqu'à un effet de plan de {fr_number(effect, 2)}, plus "
        f"au-delà.{alike}"
    )


def sample_sentence(rows: pd.DataFrame, row: pd.Series, libelle: str) -> str:
    """What the rows of `sample_needed` about one compared row of `study_2022` say, in plain French."""
    needed = rows.set_index("effet_plan")
    first, *others = needed.index
    more = ", ".join(
        f"{fr_number(needed.loc[one, 'n_par_groupe'])} à un effet de plan de {fr_number(one, 1)}" for one in others
    )
    gap, groups = fr_number(abs(row["ecart_points"]), 1), [fr_number(row[f"n_{group}"]) for group in GROUPS]
    return fr_text(
        f"« {libelle} » : pour détecter huit fois sur dix un écart de {gap} points, il faut interroger "
        f"{fr_number(needed.loc[first, 'n_par_groupe'])} jeunes dans chaque groupe si leurs réponses sont "
        f"indépendantes, {more}. En 2022, avec {' et '.join(groups)} jeunes, un tel écart aurait été détecté "
        f"{fr_number(100 * needed.loc[first, 'puissance'])} fois sur 100."
    )


def questions_survived(table: pd.DataFrame, level: float = 0.05) -> pd.DataFrame:
    """How many questions in all each compared item withstands, had each been tested (Bonferroni): item, questions."""
    items = compared_items(table)
    return pd.DataFrame({"item": items["item"], "questions": (level / items["p_chi2"]).astype("int64")})


def sample_needed(
    table: pd.DataFrame, design_effects: tuple[float, ...] = DESIGN_EFFECTS, power: float = 0.8
) -> pd.DataFrame:
    """Young people to ask in each group to detect, with that power, the difference each compared item showed.

    Columns: item, effet_plan, h_cohen, n_par_groupe; and of the 2022 study at that design effect, puissance (had the
    observed difference been the true one). Equal groups, two-sided 5 %, Cohen's h for the sizes, the χ² for the power.
    """
    rows = []
    for _, row in compared_items(table).iterrows():
        x1, n1, x2, n2 = (int(row[name]) for name in _ARGUMENTS)
        for effect in design_effects:
            given = Assumptions(design_effect=effect)
            needed = sample_for_shares(x1 / n1, x2 / n2, power=power, assumptions=given)
            had = power_of_shares(x1 / n1, x2 / n2, n1, n2, assumptions=given)
            rows.append([row["item"], effect, needed.cohen_h, needed.n1, had.power])
    return pd.DataFrame(rows, columns=["item", "effet_plan", "h_cohen", "n_par_groupe", "puissance"])


def detectable_by_size(
    baseline: float = 0.5,
    sizes: Sequence[int] = tuple(range(100, 1501, 50)),
    design_effects: tuple[float, ...] = DESIGN_EFFECTS,
) -> pd.DataFrame:
    """Difference detected with 80 % power around `baseline` by size of group, under each design effect (`CURVE`)."""
    return detectable_curve(baseline, sizes, assumptions=[Assumptions(design_effect=one) for one in design_effects])


def detectable_table(
    baseline: float = 0.5, sizes: Sequence[int] = (150, 200, 300, 400, 600, 800, 1000, 1500)
) -> pd.DataFrame:
    """`detectable_by_size` in points, a row a size, a column `effet_<design effect>`."""
    curve = detectable_by_size(baseline, sizes)
    wide = curve.pivot_table(index="n_par_groupe", columns="effet_plan", values="ecart_hausse_points")
    return wide.rename(columns="effet_{}".format).rename_axis(columns=None).reset_index()


def detectable_in_2022(
    table: pd.DataFrame, baseline: float = 0.5, design_effects: tuple[float, ...] = DESIGN_EFFECTS
) -> pd.DataFrame:
    """What the two groups of 2022 could detect around `baseline`: effet_plan, n_par_groupe, ecart_points.

    `n_par_groupe`: size of two equal groups worth as much (harmonic mean).
    """
    _, n1, _, n2 = (int(compared_items(table).iloc[0][name]) for name in _ARGUMENTS)
    found = {
        effect: detectable_share(baseline, n1, n2, assumptions=Assumptions(design_effect=effect))
        for effect in design_effects
    }
    return pd.DataFrame(
        [[effect, 2 / (1 / n1 + 1 / n2), 100 * plan.effect] for effect, plan in found.items() if plan is not None],
        columns=["effet_plan", "n_par_groupe", "ecart_points"],
    )


def admissible_table(table: pd.DataFrame) -> pd.DataFrame:
    """What every pair of counts that fits the published shares would give, for each compared item.

    Columns: item, effectif_mentores, effectif_non_mentores, ecart_points, ic_bas, ic_haut, p.
    """
    return pd.DataFrame(
        [
            {
                "item": row["item"],
                "effectif_mentores": one.x1,
                "effectif_non_mentores": one.x2,
                **_in_points(one),
            }
            for _, row in compared_items(table).iterrows()
            for one in _admissible_differences(
                (int(row["pct_mentores"]), int(row["n_mentores"])),
                (int(row["pct_non_mentores"]), int(row["n_non_mentores"])),
            )
        ]
    )


def study_sentence(row: pd.Series, libelle: str) -> str:
    """What a row of `study_2022` allows to say, in plain French, whatever its sign or size."""
    if pd.isna(row["ecart_points"]):
        if pd.isna(row["pct_mentores"]):
            return fr_text(f"« {libelle} » : ni part ni effectif publiés, on ne peut rien vérifier.")
        share = fr_percent(float(row["pct_mentores"]) / 100, 0)
        return fr_text(
            f"« {libelle} » : {share} des jeunes mentorés, sans groupe de comparaison. "
            "C'est une satisfaction, pas un effet."
        )
    low, high = float(row["ic_bas"]), float(row["ic_haut"])
    reading = (
        "L'intervalle contient zéro : ces réponses sont compatibles avec une absence d'écart."
        if low <= 0 <= high
        else "L'intervalle ne contient pas zéro : le hasard des réponses n'explique pas seul cet écart."
    )
    return fr_text(
        f"« {libelle} » : {fr_percent(float(row['pct_mentores']) / 100, 0)} des mentorés et "
        f"{fr_percent(float(row['pct_non_mentores']) / 100, 0)} des non-mentorés, soit un écart de "
        f"{fr_points(row['ecart_points'])} (intervalle de confiance à 95 % : de {fr_points(low)} à "
        f"{fr_points(high)} ; {fr_p(row['p_chi2'])}). {reading}"
    )


def difference_under(row: pd.Series, design_effect: float) -> ProportionDifference:
    """The comparison of one compared row of `study_2022`, had clustering multiplied its variance."""
    x1, n1, x2, n2 = (int(row[name]) for name in _ARGUMENTS)
    return two_proportions(x1, n1, x2, n2, design_effect=design_effect)


def _item(record: dict[Any, Any]) -> dict[str, object]:
    """One published item: counts where a base and a share are known, a comparison where both groups are."""
    row: dict[str, object] = {"item": record["item"], "risque_relatif": record["risque_relatif"]}
    known: list[tuple[str, int, int]] = []
    for group in GROUPS:
        share, base = record[f"pct_{group}"], record[f"n_{group}"]
        if pd.isna(share):
            continue
        if share != int(share):
            raise ValueError(f"{record['item']}: the study published whole percentages, not {share}")
        row[f"pct_{group}"] = int(share)
        if pd.isna(base):
            continue
        row |= {f"n_{group}": int(base), f"effectif_{group}": nearest_count(int(share), int(base))}
        known.append((group, int(share), int(base)))
    notes = [str(record["base_note"]) if pd.notna(record["base_note"]) else ""]
    if len(known) == len(GROUPS):
        row |= _comparison(row)
        notes.append(_admissible_comparisons(known))
    elif known:
        notes.append(_admissible_group(*known[0][1:]))
    if pd.notna(record["pct_mentores"]) and pd.isna(record["pct_non_mentores"]):
        notes.append("Sans groupe de comparaison : une satisfaction déclarée, pas un effet.")
    row["note"] = fr_text(" ".join(note for note in notes if note))
    return row


def _comparison(row: dict[str, object]) -> dict[str, float]:
    x1, n1, x2, n2 = (int(str(row[name])) for name in _ARGUMENTS)
    found = two_proportions(x1, n1, x2, n2)
    hidden = e_value(found.risk_ratio, found.rr_low, found.rr_high)
    return {
        "ecart_points": 100 * found.difference,
        "ic_bas": 100 * found.low,
        "ic_haut": 100 * found.high,
        "p_chi2": found.chi2_p,
        "p_fisher": found.fisher_p,
        "risque_relatif": found.risk_ratio,
        "rr_bas": found.rr_low,
        "rr_haut": found.rr_high,
        "h_cohen": found.cohen_h,
        "e_value": hidden.point,
        "e_value_limite": hidden.limit,
    }


def _admissible_comparisons(known: list[tuple[str, int, int]]) -> str:
    """What every pair of admissible counts would give: range of the difference, of the limits, of p."""
    (_, pct1, n1), (_, pct2, n2) = known
    first, second = admissible_counts(pct1, n1), admissible_counts(pct2, n2)
    found = _admissible_differences((pct1, n1), (pct2, n2))
    gaps = [100 * one.difference for one in found]
    p_values = [one.chi2_p for one in found]
    return (
        f"Effectifs compatibles avec les pourcentages arrondis : {_count_range(first)} sur {n1} et "
        f"{_count_range(second)} sur {n2} ; écart de {fr_points(min(gaps))} à {fr_points(max(gaps))}, "
        f"bornes de l'intervalle à 95 % de {fr_points(100 * min(one.low for one in found))} "
        f"à {fr_points(100 * max(one.high for one in found))}, "
        f"p du χ² de {fr_number(min(p_values), 4)} à {fr_number(max(p_values), 4)}."
    )


def _admissible_differences(one: tuple[int, int], two: tuple[int, int]) -> list[ProportionDifference]:
    """The comparison under every pair of counts that fits the (whole percentage, base) of both groups."""
    pairs = product(admissible_counts(*one), admissible_counts(*two))
    return [two_proportions(x1, one[1], x2, two[1]) for x1, x2 in pairs]


def _in_points(found: ProportionDifference) -> dict[str, float]:
    return {
        "ecart_points": 100 * found.difference,
        "ic_bas": 100 * found.low,
        "ic_haut": 100 * found.high,
        "p": found.chi2_p,
    }


def _admissible_group(pct: int, n: int) -> str:
    counts = _count_range(admissible_counts(pct, n))
    return f"Effectif compatible avec le pourcentage arrondi : {counts} sur {n}."


def _count_range(counts: range) -> str:
    return fr_number(counts[0]) if len(counts) == 1 else f"{fr_number(counts[0])} à {fr_number(counts[-1])}"
