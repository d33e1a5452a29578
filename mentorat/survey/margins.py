"""Margins a survey is weighted to, checked against the sample and brought down to cells.

A margin gives the population of each level of a variable, of each pair (triple…) of levels of crossed variables, or
the total of a numeric variable. Rows that share every level and value make one cell: whatever is calibrated, all of
them get the same factor, so that the work after one pass over the rows is on cells (Deville, Särndal and Sautory
1993, section 2).
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mentorat.survey.design import Codes, Floats, SurveyError, survey_design
from mentorat.typography import fr_number

MarginTargets = Mapping[Any, Any]
"""Column, or tuple of columns crossed → mapping (or Series) of level, or tuple of levels → target; a number alone is
the total of a numeric column."""

SAME_TOTAL = 1e-6
"""Relative difference under which two margins are said to add up to the same total (they are then made equal)."""


@dataclass(frozen=True)
class Margin:
    """One margin as the sample meets it: the level of each row (`codes`, n) or, of a numeric variable, its `amounts`.

    `levels`: names of the levels (one empty name for a numeric variable); `targets`: one a level.
    """

    name: str
    levels: tuple[str, ...]
    targets: Floats
    codes: Codes | None = None
    amounts: Floats | None = None


@dataclass(frozen=True)
class Cells:
    """Rows grouped by what the margins see.

    `index` (n): cell of each row; `rows`, `weights` (C): rows of each cell and the sum of their weights; `codes`
    (C × categorical margins) and `values` (C × numeric margins).
    """

    margins: tuple[Margin, ...]
    index: Codes
    rows: Floats
    weights: Floats
    codes: tuple[Codes, ...]
    values: tuple[Floats, ...]

    @property
    def auxiliaries(self) -> Floats:
        """C × p: an indicator for each level of each categorical margin, then the numeric variables."""
        blocks = [
            (codes[:, None] == np.arange(len(margin.levels))).astype(np.float64)
            for codes, margin in zip(self.codes, self.categorical, strict=True)
        ]
        return np.concatenate([*blocks, *(values[:, None] for values in self.values)], axis=1)

    @property
    def categorical(self) -> tuple[Margin, ...]:
        return tuple(margin for margin in self.margins if margin.codes is not None)

    @property
    def numeric(self) -> tuple[Margin, ...]:
        return tuple(margin for margin in self.margins if margin.codes is None)

    @property
    def targets(self) -> Floats:
        """p: targets in the order of the columns of `auxiliaries`."""
        return np.concatenate([margin.targets for margin in (*self.categorical, *self.numeric)])

    @property
    def names(self) -> list[tuple[str, str]]:
        """p: (variable, level) of each column of `auxiliaries`."""
        return [(margin.name, level) for margin in (*self.categorical, *self.numeric) for level in margin.levels]

    def totals(self, weights: Floats) -> Floats:
        """p: what cells of total weight `weights` (C) give in place of `targets`."""
        counts = [
            np.bincount(codes, weights=weights, minlength=len(margin.levels))
            for codes, margin in zip(self.codes, self.categorical, strict=True)
        ]
        return np.concatenate([*counts, *(np.array([weights @ values]) for values in self.values)])


def starting_weights(frame: pd.DataFrame, weights: str | ArrayLike | None) -> Floats:
    """Weights (n) from a column, an array or nothing (1 each). Raises SurveyError unless each is positive."""
    if weights is None or isinstance(weights, str):
        return survey_design(frame, weights=weights).weights
    given = np.asarray(weights)
    if given.dtype.kind not in "fiu":
        raise SurveyError("Les poids donnés contiennent du texte. Donnez des nombres, un par ligne de l'échantillon.")
    found = given.astype(np.float64)
    if found.shape != (len(frame),):
        raise SurveyError(
            f"{found.size} poids pour {len(frame)} ligne(s) d'échantillon : donnez un poids par ligne, dans leur ordre."
        )
    wrong = int((~(np.isfinite(found) & (found > 0))).sum())
    if wrong:
        raise SurveyError(
            f"Les poids donnés sont vides, nuls ou négatifs sur {wrong} ligne(s). Un poids dit combien de jeunes "
            "représente un répondant : corrigez-le, ou retirez ces lignes."
        )
    if not len(found):
        raise SurveyError("Aucune ligne à pondérer : l'échantillon est vide.")
    return found


def read_margins(frame: pd.DataFrame, targets: MarginTargets, population: float | None = None) -> tuple[Margin, ...]:
    """The margins of `targets` as the rows of `frame` meet them.

    With `population`, categorical targets are shares (each margin adds up to 1) of that many young people; numeric
    targets stay totals. Raises SurveyError (French, naming variable, level and remedy) on: a column that is missing,
    empty on some rows, or not numeric where a total is asked; a target that is negative or not a number; a level of the
    sample without a target, or with a target of zero; a level with a target and no respondent; margins that do not
    add up to the same total.
    """
    if not targets:
        raise SurveyError("Aucune marge n'est donnée : il faut au moins une variable et ses effectifs.")
    found = [
        _numeric(frame, name, float(target))
        if isinstance(target, (int, float, np.integer, np.floating))
        else _categorical(frame, name, target)
        for name, target in targets.items()
    ]
    return _one_total(found, population)


def group_in_cells(margins: tuple[Margin, ...], weights: Floats) -> Cells:
    """Cells of the rows (n) under the margins, in O(n): no sort unless the table of all levels is larger than the
    sample by far."""
    n = len(weights)
    key, size = np.zeros(n, dtype=np.int64), 1
    for margin in margins:
        if margin.codes is not None:
            codes, levels = margin.codes, len(margin.levels)
        else:
            assert margin.amounts is not None
            codes, uniques = pd.factorize(margin.amounts)
            levels = len(uniques)
        if size * levels > 2**62:  # the next product would not fit: keep the cells met so far
            met, key = np.unique(key, return_inverse=True)
            size = len(met)
        key *= levels
        key += codes
        size *= levels
    if size <= max(4 * n, 10_000):
        counts = np.bincount(key, minlength=size)
        first = np.flatnonzero(counts)
        place = np.zeros(size, dtype=np.intp)
        place[first] = np.arange(len(first))
        index = place[key]
        counts = counts[first]
    else:
        index, counts = np.unique(key, return_inverse=True, return_counts=True)[1:]
        index = index.astype(np.intp)
    cells = len(counts)
    one = np.empty(cells, dtype=np.intp)
    one[index] = np.arange(n)  # any row of the cell speaks for it
    return Cells(
        margins=margins,
        index=index,
        rows=counts.astype(np.float64),
        weights=np.bincount(index, weights=weights, minlength=cells).astype(np.float64),
        codes=tuple(margin.codes[one] for margin in margins if margin.codes is not None),
        values=tuple(margin.amounts[one] for margin in margins if margin.amounts is not None),
    )


def margins_table(cells: Cells, after: Floats) -> pd.DataFrame:
    """One row a level: variable, modalite, n, cible, avant, apres, ecart_avant_pct, ecart_apres_pct.

    `after` (C): total weight of each cell. Differences are in % of the target (missing for a target of zero).
    """
    target, before, now = cells.targets, cells.totals(cells.weights), cells.totals(after)
    names = cells.names
    counted = sum(len(margin.levels) for margin in cells.categorical)
    answers = np.concatenate([cells.totals(cells.rows)[:counted], np.full(len(cells.numeric), cells.rows.sum())])
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = [np.where(target != 0, 100 * (found - target) / target, np.nan) for found in (before, now)]
    return pd.DataFrame(
        {
            "variable": pd.Series([name for name, _ in names], dtype="str"),
            "modalite": pd.Series([level for _, level in names], dtype="str"),
            "n": answers.astype(np.int64),
            "cible": target,
            "avant": before,
            "apres": now,
            "ecart_avant_pct": gaps[0],
            "ecart_apres_pct": gaps[1],
        }
    )


def level_name(name: str, level: str) -> str:
    """« région = 84 », or the variable alone when it is numeric."""
    return f"« {name} = {level} »" if level else f"« {name} »"


def _column(frame: pd.DataFrame, name: Hashable) -> pd.Series:
    if name not in frame.columns:
        raise SurveyError(f"La colonne « {name} » manque dans l'échantillon : ajoutez-la, ou retirez cette marge.")
    column = frame[name]
    if column.isna().any():
        raise SurveyError(
            f"La colonne « {name} » est vide sur {int(column.isna().sum())} ligne(s) : un répondant sans modalité ne "
            "peut pas être calé. Complétez-la (par la base de sondage, ou par imputation), ou retirez cette marge."
        )
    return column


def _numeric(frame: pd.DataFrame, name: Hashable, target: float) -> Margin:
    column = _column(frame, name)
    if not pd.api.types.is_numeric_dtype(column):
        raise SurveyError(
            f"La marge « {name} » est un total, mais la colonne contient du texte. Donnez des nombres, ou l'effectif "
            "de chaque modalité."
        )
    values = column.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all() or not np.isfinite(target):
        raise SurveyError(f"La marge « {name} » ou sa colonne contient une valeur infinie ou vide : corrigez-la.")
    return Margin(str(name), ("",), np.array([float(target)]), amounts=values)


def _categorical(frame: pd.DataFrame, name: Any, target: Any) -> Margin:
    variables = tuple(name) if isinstance(name, tuple) else (name,)
    shown = " × ".join(str(variable) for variable in variables)
    keys = [key if isinstance(key, tuple) else (key,) for key in dict(target)]
    if not keys or any(len(key) != len(variables) for key in keys):
        raise SurveyError(
            f"La marge « {shown} » doit donner un effectif par modalité"
            + (" croisée, une modalité de chaque variable." if len(variables) > 1 else " ; elle n'en donne aucun.")
        )
    levels = tuple(" × ".join(str(part) for part in key) for key in keys)
    numbers = pd.to_numeric(pd.Series(list(dict(target).values()), dtype="object"), errors="coerce")
    amounts = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    _refuse(shown, levels, ~np.isfinite(amounts), "n'a pas d'effectif", "Donnez un nombre.")
    _refuse(shown, levels, amounts < 0, "a un effectif négatif", "Corrigez-le.")
    codes = _codes(frame, variables, keys, shown)
    met = np.bincount(codes, minlength=len(levels)) > 0
    _refuse(
        shown,
        levels,
        (amounts > 0) & ~met,
        "n'a aucun répondant alors que la population en compte",
        "Regroupez-la avec une modalité voisine, dans l'échantillon comme dans la marge.",
    )
    _refuse(
        shown,
        levels,
        (amounts == 0) & met,
        "a des répondants mais une population nulle",
        "Corrigez la marge, ou regroupez la modalité.",
    )
    return Margin(shown, levels, amounts, codes=codes)


def _codes(frame: pd.DataFrame, variables: tuple[Any, ...], keys: list[tuple[Any, ...]], shown: str) -> Codes:
    """For each row the position of its levels in `keys`."""
    place, size = np.zeros(len(frame), dtype=np.int64), 1
    wanted = np.zeros(len(keys), dtype=np.int64)
    named: list[pd.Index] = []
    for rank, variable in enumerate(variables):
        codes, uniques = _factors(_column(frame, variable))
        known = pd.Index(list(dict.fromkeys([*uniques.tolist(), *(key[rank] for key in keys)])), dtype="object")
        place = place * len(known) + known.get_indexer(pd.Index(uniques, dtype="object"))[codes]
        wanted = wanted * len(known) + known.get_indexer(pd.Index([key[rank] for key in keys], dtype="object"))
        size *= len(known)
        named.append(known)
    position = np.full(size, -1, dtype=np.intp)
    position[wanted] = np.arange(len(keys))
    found: Codes = position[place]
    if (found < 0).any():
        missed = int(place[found < 0].min())
        parts = [
            str(known[int(part)]) for known, part in zip(named, np.unravel_index(missed, _shape(named)), strict=True)
        ]
        raise SurveyError(
            f"La modalité {level_name(shown, ' × '.join(parts))} est dans l'échantillon mais n'a pas de marge. "
            "Ajoutez son effectif, ou regroupez-la avec une modalité qui en a un."
        )
    return found


def _shape(named: list[pd.Index]) -> tuple[int, ...]:
    return tuple(len(known) for known in named)


def _factors(column: pd.Series) -> tuple[NDArray[np.integer[Any]], pd.Index]:
    """Codes of a column without missing value, and its distinct values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories
    codes, uniques = pd.factorize(column)
    return codes, pd.Index(uniques)


def _one_total(found: list[Margin], population: float | None) -> tuple[Margin, ...]:
    """Margins in people, all adding up to one total; raises SurveyError when they do not."""
    categorical = [margin for margin in found if margin.codes is not None]
    if not categorical:
        return tuple(found)
    sums = [float(margin.targets.sum()) for margin in categorical]
    if population is not None:
        if not np.isfinite(population) or population <= 0:
            raise SurveyError("La population à représenter doit être un nombre positif.")
        for margin, total in zip(categorical, sums, strict=True):
            if abs(total - 1) > SAME_TOTAL:
                raise SurveyError(
                    f"Les parts de la marge « {margin.name} » font {fr_number(total, 4)} et non 1. Corrigez-les, ou "
                    "donnez des effectifs sans population."
                )
    if sums[0] <= 0:
        raise SurveyError(f"La marge « {categorical[0].name} » est nulle : elle ne représente personne.")
    for margin, total in zip(categorical, sums, strict=True):
        if abs(total - sums[0]) > SAME_TOTAL * sums[0]:
            raise SurveyError(
                f"Les marges ne s'ajoutent pas au même total : « {categorical[0].name} » fait "
                f"{fr_number(sums[0], 1)}, « {margin.name} » fait {fr_number(total, 1)}. Ramenez-les à la même "
                "population, ou donnez des parts et la population."
            )
    wanted = sums[0] if population is None else float(population)
    scale = {margin.name: wanted / total for margin, total in zip(categorical, sums, strict=True)}
    return tuple(
        margin
        if margin.codes is None
        else Margin(margin.name, margin.levels, margin.targets * scale[margin.name], codes=margin.codes)
        for margin in found
    )


def _refuse(name: str, levels: tuple[str, ...], wrong: np.ndarray, what: str, remedy: str) -> None:
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        others = int(wrong.sum()) - 1
        more = f" ({others} autre(s) de même)" if others else ""
        raise SurveyError(f"La modalité {level_name(name, levels[first])} {what}{more}. {remedy}")
