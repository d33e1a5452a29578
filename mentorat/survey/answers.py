"""What every method asks of answers before it starts; each refusal names the column and the remedy."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mentorat.survey.design import SurveyError

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of the answers; SurveyError when it is not there."""
    if name not in frame.columns:
        raise SurveyError(f"La colonne « {name} » manque dans les réponses. Ajoutez-la, ou retirez-la de la demande.")
    return frame[name]


def arm_of(frame: pd.DataFrame, treatment: str) -> Booleans:
    """The treatment as booleans. SurveyError: a missing value, other values than true and false, one arm only."""
    values = column(frame, treatment)
    if values.isna().any():
        raise SurveyError(
            f"La colonne « {treatment} » (groupe) est vide sur {int(values.isna().sum())} ligne(s) : le groupe d'un "
            "jeune ne s'impute pas. Complétez-la, ou retirez ces lignes."
        )
    if not set(values.unique().tolist()) <= {True, False}:  # 0 and 1 are equal to them
        raise SurveyError(f"La colonne « {treatment} » (groupe) doit valoir vrai ou faux.")
    arm: Booleans = values.to_numpy(dtype=bool)
    if arm.all() or not arm.any():
        raise SurveyError(f"La colonne « {treatment} » ne distingue qu'un groupe : il en faut deux pour comparer.")
    return arm


def weights_of(weights: ArrayLike | None, n: int) -> Floats:
    """Weights as numbers, 1 without any. SurveyError: text, another length, a weight empty, zero or negative."""
    if weights is None:
        return np.ones(n)
    try:
        found = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise SurveyError("Les poids contiennent du texte. Donnez des nombres, un par ligne.") from None
    if found.shape != (n,):
        raise SurveyError(f"Il y a {found.size} poids pour {n} lignes. Donnez-en un par ligne.")
    if not (np.isfinite(found).all() and (found > 0).all()):
        raise SurveyError("Un poids est nul, négatif ou vide : corrigez-le, ou retirez la ligne.")
    return found


def numbers(frame: pd.DataFrame, name: str) -> Floats:
    """Answers as numbers, nan where missing; an ordered category gives its rank from 0. SurveyError on other text."""
    values = column(frame, name)
    if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered:
        codes = values.cat.codes.to_numpy(dtype=np.float64)
        return np.where(codes < 0, np.nan, codes)
    try:
        found = pd.to_numeric(values.astype("object").where(values.notna(), None))
    except (TypeError, ValueError):
        raise SurveyError(
            f"L'item « {name} » contient du texte. Donnez des nombres ou une échelle ordonnée (codes dans l'ordre)."
        ) from None
    return found.to_numpy(dtype=np.float64, na_value=np.nan)


def refuse_flat(values: pd.Series) -> None:
    """SurveyError on an item answered by nobody, or by all alike."""
    count = values.nunique()
    if count == 0:
        raise SurveyError(f"Personne n'a répondu à l'item « {values.name} » : retirez-le, ou vérifiez sa colonne.")
    if count == 1:
        raise SurveyError(f"L'item « {values.name} » est constant : toutes les réponses sont les mêmes. Retirez-le.")
