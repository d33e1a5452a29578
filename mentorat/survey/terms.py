"""From columns of a data frame to the matrix of a model: which rows serve, which numbers, which contrasts.

A term is a column (`"age"`), its restricted cubic spline (`"rcs(age)"`, 4 knots, or `"rcs(age, 3)"`: Harrell 2015,
section 2.4.5) or an interaction of terms (`"sexe:age"`, its parts being terms too). A categorical column gives one 0/1
column a level but the first (treatment contrasts): the first category of an ordered or declared category, the first in
alphabetical order of a text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from mentorat.survey.design import Floats, SurveyError

Rows = NDArray[np.bool_]
CONSTANT = "(constante)"
"""Name of the intercept, and of the term it is."""
KNOTS = {
    3: (0.1, 0.5, 0.9),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
}
"""Quantiles at which a restricted cubic spline bends, by number of knots (Harrell 2015, table 2.3)."""
_USUAL_KNOTS = 4
_SPLINE = re.compile(r"rcs\(\s*([^,()]+?)\s*(?:,\s*(\d+)\s*)?\)")
_RANK_TOLERANCE = 1e-10


@dataclass(frozen=True)
class ModelMatrix:
    """The regressors of the rows that serve: `columns` (m × p, no constant), one name and one term a column.

    `rows` (n): True where the outcome and every term are known and the row is in the domain. `n_missing`: rows of the
    domain left out because something is missing.
    """

    columns: Floats
    names: tuple[str, ...]
    terms: tuple[str, ...]
    rows: Rows
    n_missing: int


def model_matrix(
    frame: pd.DataFrame, outcome: str, terms: Sequence[str], domain: ArrayLike | None = None
) -> ModelMatrix:
    """The regressors `terms` of the rows of `frame` where they and `outcome` are known.

    `domain`: one boolean a row, the rows the model is about (all by default).
    Raises SurveyError on a column that is missing, empty, constant, infinite, or holds numbers written as text; on an
    interaction whose parts are not terms; on a term given twice; on a spline of a column with too few values.
    """
    needed = columns_of_terms(terms)
    if len(set(terms)) < len(terms) or outcome in needed:
        raise SurveyError(
            f"Le modèle de « {outcome} » nomme deux fois la même colonne, ou explique la réponse par elle-même. "
            "Chaque terme se donne une fois."
        )
    inside = domain_rows(frame, domain)
    rows = complete_rows(frame, [outcome, *needed], inside)
    values, names, owners = term_columns(frame.loc[rows], terms)
    return ModelMatrix(values, names, owners, rows, int(inside.sum() - rows.sum()))


def columns_of_terms(terms: Sequence[str]) -> tuple[str, ...]:
    """The columns of the frame that `terms` speak of, in order."""
    return tuple(dict.fromkeys(_column_of(part) for term in terms for part in term.split(":")))


def term_columns(frame: pd.DataFrame, terms: Sequence[str]) -> tuple[Floats, tuple[str, ...], tuple[str, ...]]:
    """The regressors (m × p) of `terms` on a frame (m rows) where every column they need is known; the name of each,
    and its term. Raises SurveyError as `model_matrix`."""
    parts = {term: term.split(":") for term in terms}
    for term, simple in parts.items():
        if len(simple) > 1 and not set(simple) <= set(terms):
            raise SurveyError(
                f"L'interaction « {term} » demande aussi ses termes simples : ajoutez {' et '.join(simple)} au modèle."
            )
    expanded = {part: _expanded(frame, part) for term in terms for part in parts[term]}
    values: list[Floats] = []
    names: list[str] = []
    owners: list[str] = []
    for term, simple in parts.items():
        found = expanded[simple[0]]
        for part in simple[1:]:
            found = {
                f"{left}:{right}": one * other for right, other in expanded[part].items() for left, one in found.items()
            }
        values += list(found.values())
        names += list(found)
        owners += [term] * len(found)
    # one column after another in memory: what sums over rows then runs at full speed
    matrix = np.array(values).T if values else np.empty((len(frame), 0))
    return matrix, tuple(names), tuple(owners)


def restricted_cubic(x: Floats, knots: Floats) -> Floats:
    """Basis (n × knots − 1) of a cubic that is straight beyond the outer knots: x, then Harrell's truncated cubics."""
    last, before = knots[-1], knots[-2]
    scale = (last - knots[0]) ** 2

    def cube(knot: float) -> Floats:
        return np.maximum(x - knot, 0.0) ** 3

    bent = [
        (cube(knot) - cube(before) * (last - knot) / (last - before) + cube(last) * (before - knot) / (last - before))
        / scale
        for knot in knots[:-2]
    ]
    return np.column_stack([x, *bent])


def domain_rows(frame: pd.DataFrame, domain: ArrayLike | None) -> Rows:
    """The rows of the domain (all by default). Raises SurveyError unless there is one boolean a row."""
    if domain is None:
        return np.ones(len(frame), dtype=np.bool_)
    inside = np.asarray(domain)
    if inside.dtype != np.bool_ or inside.shape != (len(frame),):
        raise SurveyError("Le domaine se donne par un vrai ou faux sur chaque ligne de l'échantillon.")
    return inside


def complete_rows(frame: pd.DataFrame, columns: Sequence[str], inside: Rows) -> Rows:
    """The rows of `inside` where every column is known. Raises SurveyError on an absent column, or when none is."""
    rows = inside.copy()
    for column in columns:
        if column not in frame.columns:
            raise SurveyError(f"La colonne « {column} » manque dans l'échantillon. Vérifiez son nom.")
        known = frame[column].notna().to_numpy(dtype=np.bool_)
        if not (known & inside).any():
            raise SurveyError(
                f"La colonne « {column} » est vide sur toutes les lignes : personne n'y a répondu. Retirez-la."
            )
        rows &= known
    if not rows.any():
        raise SurveyError(f"Aucune ligne n'a de valeur à la fois pour {', '.join(columns)}. Retirez une colonne.")
    return rows


def numbers(column: pd.Series, name: str) -> Floats:
    """The values of a column of numbers or booleans. Raises SurveyError on text or an infinite value."""
    if not pd.api.types.is_numeric_dtype(column):
        raise SurveyError(
            f"La colonne « {name} » contient du texte là où il faut des nombres. Convertissez-la en nombres."
        )
    values = column.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise SurveyError(
            f"La colonne « {name} » est infinie sur {int((~np.isfinite(values)).sum())} ligne(s). Corrigez-les."
        )
    return values


def levels_and_codes(column: pd.Series, name: str) -> tuple[list[object], NDArray[np.intp]]:
    """The levels present in a column without missing value, in order, and the code of each row.

    The order is that of the categories when the column declares them, else that of the values. Raises SurveyError on a
    column with one level.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.remove_unused_categories()
        codes, levels = column.cat.codes.to_numpy(), list(column.cat.categories)
    else:
        codes, found = pd.factorize(column, sort=True)
        levels = list(found)
    if len(levels) < 2:
        raise SurveyError(
            f"La colonne « {name} » ne prend qu'une valeur (« {levels[0]} ») sur les lignes retenues : il n'y a rien à "
            "comparer. Retirez-la."
        )
    return levels, codes.astype(np.intp)


def refuse_dependent_columns(matrix: Floats, weights: Floats, names: Sequence[str], outcome: str) -> None:
    """Raises SurveyError naming the first column of `matrix` (m × p) that the others and a constant determine."""
    if not matrix.shape[1]:
        return
    total = weights.sum()
    centred = matrix - (weights @ matrix) / total
    gram = (centred * weights[:, None]).T @ centred / total
    spread = np.sqrt(np.diagonal(gram))
    constant = spread <= _RANK_TOLERANCE * np.maximum(1.0, np.abs(matrix).max(axis=0))
    if not constant.any():
        triangle, order = linalg.qr(gram / np.outer(spread, spread), mode="r", pivoting=True)
        diagonal = np.abs(np.diagonal(triangle))
        constant[order[: len(diagonal)][diagonal <= _RANK_TOLERANCE * diagonal[0]]] = True
    if constant.any():
        name = names[int(np.flatnonzero(constant)[-1])]
        raise SurveyError(
            f"Dans le modèle de « {outcome} », « {name} » est constant ou se déduit des autres termes : son effet ne "
            "peut pas être séparé du leur. Retirez-le, ou regroupez ses niveaux."
        )


def _column_of(part: str) -> str:
    spline = _SPLINE.fullmatch(part)
    return spline[1] if spline else part


def _expanded(frame: pd.DataFrame, part: str) -> dict[str, Floats]:
    """The columns of numbers that a column of the frame, or its spline, gives, by name."""
    name = _column_of(part)
    column = frame[name]
    if name != part:
        return _spline(numbers(column, name), part, name)
    if pd.api.types.is_numeric_dtype(column):
        return {name: numbers(column, name)}
    if not isinstance(column.dtype, pd.CategoricalDtype):
        _refuse_written_numbers(column, name)
    levels, codes = levels_and_codes(column, name)
    return {f"{name}[{level}]": (codes == rank).astype(np.float64) for rank, level in enumerate(levels) if rank}


def _spline(values: Floats, part: str, name: str) -> dict[str, Floats]:
    found = _SPLINE.fullmatch(part)
    count = int(found[2]) if found and found[2] else _USUAL_KNOTS
    if count not in KNOTS:
        raise SurveyError(f"La courbe « {part} » demande {count} nœuds : choisissez-en 3, 4 ou 5.")
    knots = np.quantile(values, KNOTS[count])
    if (np.diff(knots) <= 0).any():
        raise SurveyError(
            f"La colonne « {name} » prend trop peu de valeurs pour une courbe à {count} nœuds : donnez-en moins, ou la "
            "colonne elle-même."
        )
    return {
        name + "'" * rank: np.ascontiguousarray(column) for rank, column in enumerate(restricted_cubic(values, knots).T)
    }


def _refuse_written_numbers(column: pd.Series, name: str) -> None:
    text = pd.Series(column.unique()).astype(str).str.replace(",", ".")
    if pd.to_numeric(text, errors="coerce").notna().all():
        raise SurveyError(
            f"La colonne « {name} » contient des nombres écrits comme du texte (« {column.iloc[0]} »). Convertissez-la "
            "en nombres, ou déclarez-la catégorie si ce sont des codes."
        )
