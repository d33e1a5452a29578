"""Diplomas of those who leave care, with a mentor or without: counted and bounded, never compared as an effect.

The files tell the diploma of a part of those who leave. Among all, the share with one is bounded by the two extremes
(none of the unknown has one, all of them have one): nothing is supposed of who is not known (Manski 1990, American
Economic Review Papers & Proceedings 80:319-323). Shares are between 0 and 1, a gap is a difference of shares.
"""

from typing import Any

import pandas as pd

from mentorat.causal.effect_tables import typed
from mentorat.typography import fr_count, fr_percent, fr_points, fr_text

WITH, WITHOUT, UNKNOWN, GAP = "mentores", "non_mentores", "mentorat_inconnu", "ecart"
GROUPS = {
    WITH: "Ayant eu un mentor",
    WITHOUT: "N'ayant pas eu de mentor",
    UNKNOWN: "Mentorat inconnu",
}
"""Groups in the order of the table. Unknown: young people not linked to the mentoring files, or whose territory sent no
pairs."""
NO_DIPLOMA = "1"
"""DIPLOME of S1: any other known code is the brevet or more."""
ENOUGH = 11
"""Exits below which a group has no figure."""

DIPLOMES_SORTIE = {
    "groupe": "str",
    "libelle": "str",
    "sorties": "Int64",
    "connus": "Int64",
    "part_connue": "float64",
    "diplomes": "Int64",
    "part_diplomes": "float64",
    "borne_basse": "float64",
    "borne_haute": "float64",
    "avertissements": "str",
}
"""One row a group, then the gap (`mentores` minus `non_mentores`), which has bounds only. `connus`: exits with a known
diploma; `diplomes`: those with one, `part_diplomes` their share of the known; `borne_basse` and `borne_haute`: of the
share among all exits."""

Row = dict[str, Any]


def exit_diplomas(exits: pd.DataFrame) -> pd.DataFrame:
    """The table `diplomes_sortie` from the mart `sorties_diplome` (n young people, one row each).

    A group of fewer than `ENOUGH` exits has no figure, and the gap none with it.
    """
    groups = pd.Series(UNKNOWN, index=exits.index)
    groups = groups.mask(exits["mentore_avant"].eq(True).fillna(False).astype(bool), WITH)
    groups = groups.mask(exits["mentore_avant"].eq(False).fillna(False).astype(bool), WITHOUT)
    known = exits["diplome"].notna()
    held = known & exits["diplome"].ne(NO_DIPLOMA)
    rows = {
        name: _group(name, int(inside.sum()), int(known[inside].sum()), int(held[inside].sum()))
        for name in GROUPS
        for inside in [groups.eq(name)]
    }
    return typed([*rows.values(), _gap(rows[WITH], rows[WITHOUT])], DIPLOMES_SORTIE)


def _group(name: str, exits: int, known: int, held: int) -> Row:
    key = {"groupe": name, "libelle": fr_text(GROUPS[name])}
    if exits < ENOUGH:
        return key | {"avertissements": fr_text(f"Moins de {ENOUGH} sorties : aucun chiffre.")}
    return key | {
        "sorties": exits,
        "connus": known,
        "part_connue": known / exits,
        "diplomes": held,
        "part_diplomes": held / known if known else None,
        "borne_basse": held / exits,
        "borne_haute": (held + exits - known) / exits,
    }


def _gap(mentored: Row, others: Row) -> Row:
    key = {"groupe": GAP, "libelle": fr_text("Écart entre les deux premiers groupes")}
    if "sorties" not in mentored or "sorties" not in others:
        return key | {"avertissements": fr_text(f"Un groupe compte moins de {ENOUGH} sorties : aucun écart.")}
    return key | {
        "borne_basse": mentored["borne_basse"] - others["borne_haute"],
        "borne_haute": mentored["borne_haute"] - others["borne_basse"],
    }


def diploma_sentences(released: pd.DataFrame) -> list[str]:
    """What the released table says: each group, the gap, and that none of it is an effect."""
    *groups, gap = (row for _, row in released.iterrows())
    told = [_said(row) for row in groups]
    if pd.isna(gap["borne_basse"]):
        told.append(
            "Écart entre ceux qui ont eu un mentor et ceux qui n'en ont pas eu : non publié, trop peu de jeunes."
        )
    else:
        low, high = float(gap["borne_basse"]), float(gap["borne_haute"])
        side = (
            "les fichiers ne disent donc pas dans quel groupe les diplômes sont les plus fréquents"
            if low <= 0 <= high
            else "il a donc le même sens quels que soient ces diplômes, ce qui ne dit rien de sa cause"
        )
        told.append(
            "Selon ce que sont les diplômes inconnus, l'écart entre ceux qui ont eu un mentor et ceux qui n'en ont pas "
            f"eu va de {fr_points(100 * low)} à {fr_points(100 * high)} : {side}."
        )
    told.append(
        "C'est une description de celles et ceux qui sont sortis, non un effet du mentorat : ni l'âge à la sortie ni "
        "la durée de la prise en charge n'ont été rendus égaux entre les groupes, et qui a eu un mentor n'a pas été "
        "tiré au sort."
    )
    return [fr_text(one) for one in told]


def _said(row: "pd.Series[Any]") -> str:
    label = str(row["libelle"])
    if pd.isna(row["sorties"]):
        return f"{label} : non publié, trop peu de jeunes."
    exits, known = fr_count(row["sorties"], "sortie", "sorties"), fr_percent(row["part_connue"])
    return (
        f"{label} : {exits}, diplôme connu pour {known}. "
        f"La part des diplômés parmi toutes ces sorties est comprise entre {fr_percent(row['borne_basse'])} et "
        f"{fr_percent(row['borne_haute'])}, quels que soient les diplômes inconnus."
    )
