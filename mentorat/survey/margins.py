"""Margins a survey is weighted to, checked against the sample and brought down to cells.

A margin gives the population of each level of a variable, of each pair (triple…) of levels of crossed variables, or
the total of a numeric variable. Rows that share every level and value make one cell: whatever is calibrated, all of
them get the same factor, so that the work after one pass over the rows is on cells (Deville, Särndal and Sautory
1993, section 2).
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mentorat.survey.design import Codes, Floats, SurveyError, survey_design
from mentorat.typography import fr_number

MarginTargets = Mapping[Any, Any]
"""Column, or tuple of columns crossed → mapping (or Series) of level, or tuple of levels → target; a number alone is
the total of a numeric column."""

SAME_TOTAL = 1e-6
"""Relative difference under which two margins are said to add up to the same total (they are then made equal)."""


@dataclass(frozen=True)
class Margin:
    """One margin as the sample meets it.

    `levels`: names of the levels (one empty name for a numeric variable); `targets`: one a level; `codes` (n): what
    each row bears, as a rank in `places`, the level of each (−1: borne by no row), or in `amounts`, its value.
    """

    name: str
    levels: tuple[str, ...]
    targets: Floats
    codes: Codes
    places: Codes | None = None
    amounts: Floats | None = None

    @property
    def is_numeric(self) -> bool:
        return self.amounts is not None

    @property
    def borne(self) -> Codes | Floats:
        """Level, or value, of each code."""
        found = self.places if self.amounts is None else self.amounts
        assert found is not None
        return found


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
        return tuple(margin for margin in self.margins if not margin.is_numeric)

    @property
    def numeric(self) -> tuple[Margin, ...]:
        return tuple(margin for margin in self.margins if margin.is_numeric)

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
    shape, size = [len(margin.borne) for margin in margins], 1
    key: Codes = np.zeros(n, dtype=np.intp)
    for margin, codes in zip(margins, shape, strict=True):
        if size * codes > 2**62:  # the next product would not fit: keep the cells met so far
            key = np.unique(key, return_inverse=True)[1].astype(np.intp)
            size = int(key.max()) + 1
        key = margin.codes if size == 1 else key * codes + margin.codes
        size *= codes
    if size == prod(shape) <= max(4 * n, 10_000):
        table = np.bincount(key, minlength=size)
        met = np.flatnonzero(table)
        place = np.zeros(size, dtype=np.intp)
        place[met] = np.arange(len(met))
        index, rows = place[key], table[met]
        mass = np.bincount(key, weights=weights, minlength=size)[met]
        borne = [codes.astype(np.intp) for codes in np.unravel_index(met, shape)]
    else:
        first, index, rows = np.unique(key, return_index=True, return_inverse=True, return_counts=True)[1:]
        mass = np.bincount(index, weights=weights, minlength=len(rows))
        borne = [margin.codes[first] for margin in margins]
    found = [margin.borne[codes] for margin, codes in zip(margins, borne, strict=True)]
    return Cells(
        margins=margins,
        index=index.astype(np.intp, copy=False),
        rows=rows.astype(np.float64),
        weights=mass.astype(np.float64, copy=False),
        codes=tuple(one.astype(np.intp) for one, m in zip(found, margins, strict=True) if not m.is_numeric),
        values=tuple(one.astype(np.float64) for one, m in zip(found, margins, strict=True) if m.is_numeric),
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


def _column(frame: pd.DataFrame, name: Hashable) -> tuple[Codes, pd.Index]:
    """What each row bears, as a rank among the distinct values of the column, and those values."""
    if name not in frame.columns:
        raise SurveyError(f"La colonne « {name} » manque dans l'échantillon : ajoutez-la, ou retirez cette marge.")
    column = frame[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        ranks, uniques = column.cat.codes.to_numpy(), column.cat.categories
    else:
        ranks, found = pd.factorize(column)
        uniques = pd.Index(found)
    codes: Codes = ranks.astype(np.intp, copy=False)
    if len(codes) and codes.min() < 0:
        raise SurveyError(
            f"La colonne « {name} » est vide sur {int((codes < 0).sum())} ligne(s) : un répondant sans modalité ne "
            "peut pas être calé. Complétez-la (par la base de sondage, ou par imputation), ou retirez cette marge."
        )
    return codes, uniques


def _numeric(frame: pd.DataFrame, name: Hashable, target: float) -> Margin:
    codes, uniques = _column(frame, name)
    if not pd.api.types.is_numeric_dtype(uniques.dtype):
        raise SurveyError(
            f"La marge « {name} » est un total, mais la colonne contient du texte. Donnez des nombres, ou l'effectif "
            "de chaque modalité."
        )
    amounts = uniques.to_numpy(dtype=np.float64)
    if not np.isfinite(amounts).all() or not np.isfinite(target):
        raise SurveyError(f"La marge « {name} » ou sa colonne contient une valeur infinie ou vide : corrigez-la.")
    return Margin(str(name), ("",), np.array([float(target)]), codes, amounts=amounts)


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
    people = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    _refuse(shown, levels, ~np.isfinite(people), "n'a pas d'effectif", "Donnez un nombre.")
    _refuse(shown, levels, people < 0, "a un effectif négatif", "Corrigez-le.")
    codes, places = _codes(frame, variables, keys, shown)
    met = np.isin(np.arange(len(levels)), places)
    _refuse(
        shown,
        levels,
        (people > 0) & ~met,
        "n'a aucun répondant alors que la population en compte",
        "Regroupez-la avec une modalité voisine, dans l'échantillon comme dans la marge.",
    )
    _refuse(
        shown,
        levels,
        (people == 0) & met,
        "a des répondants mais une population nulle",
        "Corrigez la marge, ou regroupez la modalité.",
    )
    return Margin(shown, levels, people, codes, places=places)


def _codes(
    frame: pd.DataFrame, variables: tuple[Any, ...], keys: list[tuple[Any, ...]], shown: str
) -> tuple[Codes, Codes]:
    """What each row bears of the variables crossed, as a code, and the position of each code in `keys` (−1: no row
    bears it)."""
    codes: Codes = np.zeros(len(frame), dtype=np.intp)
    size, named = 1, []
    wanted, known = np.zeros(len(keys), dtype=np.int64), np.ones(len(keys), dtype=bool)
    for rank, variable in enumerate(variables):
        own, uniques = _column(frame, variable)
        codes = own if rank == 0 else codes * len(uniques) + own
        met = pd.Index(uniques, dtype="object").get_indexer(pd.Index([key[rank] for key in keys], dtype="object"))
        known &= met >= 0
        wanted = wanted * len(uniques) + met
        size *= len(uniques)
        named.append(uniques)
    borne = np.bincount(codes, minlength=size) > 0
    places = np.full(size, -1, dtype=np.intp)
    places[wanted[known]] = np.flatnonzero(known)
    lost = np.flatnonzero(borne & (places < 0))
    if len(lost):
        parts = zip(named, np.unravel_index(int(lost[0]), [len(one) for one in named]), strict=True)
        raise SurveyError(
            f"La modalité {level_name(shown, ' × '.join(str(one[int(part)]) for one, part in parts))} est dans "
            "l'échantillon mais n'a pas de marge. Ajoutez son effectif, ou regroupez-la avec une modalité qui en a un."
        )
    places[~borne] = -1
    return codes, places


def _one_total(found: list[Margin], population: float | None) -> tuple[Margin, ...]:
    """Margins in people, all adding up to one total; raises SurveyError when they do not."""
    categorical = [margin for margin in found if not margin.is_numeric]
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
        margin if margin.is_numeric else replace(margin, targets=margin.targets * scale[margin.name])
        for margin in found
    )


def _refuse(name: str, levels: tuple[str, ...], wrong: np.ndarray, what: str, remedy: str) -> None:
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        others = int(wrong.sum()) - 1
        more = f" ({others} autre(s) de même)" if others else ""
        raise SurveyError(f"La modalité {level_name(name, levels[first])} {what}{more}. {remedy}")
