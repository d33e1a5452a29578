"""From columns of a data frame to the matrix of a model: which rows serve, which numbers, which contrasts.

A term is a column (`"age"`) or an interaction of columns (`"sexe:age"`, its parts being terms too). A categorical
column gives one 0/1 column a level but the first (treatment contrasts): the first category of an ordered or declared
category, the first in alphabetical order of a text.
"""

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
    interaction whose parts are not terms; on a term given twice.
    """
    if len(set(terms)) < len(terms) or outcome in terms:
        raise SurveyError(
            f"Le modèle de « {outcome} » nomme deux fois la même colonne, ou explique la réponse par elle-même. "
            "Chaque terme se donne une fois."
        )
    parts = {term: term.split(":") for term in terms}
    for term, columns in parts.items():
        if len(columns) > 1 and not set(columns) <= set(terms):
            raise SurveyError(
                f"L'interaction « {term} » demande aussi ses termes simples : ajoutez {' et '.join(columns)} au modèle."
            )
    needed = [outcome, *dict.fromkeys(column for columns in parts.values() for column in columns)]
    inside = domain_rows(frame, domain)
    rows = complete_rows(frame, needed, inside)
    expanded = {column: _expanded(frame.loc[rows, column], column) for column in needed[1:]}
    values: list[Floats] = []
    names: list[str] = []
    owners: list[str] = []
    for term, columns in parts.items():
        found = expanded[columns[0]]
        for column in columns[1:]:
            found = {
                f"{left}:{right}": one * other
                for right, other in expanded[column].items()
                for left, one in found.items()
            }
        values += list(found.values())
        names += list(found)
        owners += [term] * len(found)
    # one column after another in memory: what sums over rows then runs at full speed
    matrix = np.array(values).T if values else np.empty((int(rows.sum()), 0))
    return ModelMatrix(matrix, tuple(names), tuple(owners), rows, int(inside.sum() - rows.sum()))


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


def _expanded(column: pd.Series, name: str) -> dict[str, Floats]:
    """The columns of numbers a column of the frame gives, by name."""
    if pd.api.types.is_numeric_dtype(column):
        return {name: numbers(column, name)}
    if not isinstance(column.dtype, pd.CategoricalDtype):
        _refuse_written_numbers(column, name)
    levels, codes = levels_and_codes(column, name)
    return {f"{name}[{level}]": (codes == rank).astype(np.float64) for rank, level in enumerate(levels) if rank}


def _refuse_written_numbers(column: pd.Series, name: str) -> None:
    text = pd.Series(column.unique()).astype(str).str.replace(",", ".")
    if pd.to_numeric(text, errors="coerce").notna().all():
        raise SurveyError(
            f"La colonne « {name} » contient des nombres écrits comme du texte (« {column.iloc[0]} »). Convertissez-la "
            "en nombres, ou déclarez-la catégorie si ce sont des codes."
        )
