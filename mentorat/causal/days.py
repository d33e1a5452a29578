"""Days as numbers, counted from 1970-01-01: what windows are made of."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MONTH_DAYS = 30.5
"""Length of a month of a window or of the censoring model: 183 days are six of them."""


def day_numbers(values: pd.Series) -> NDArray[np.float64]:
    """Days since 1970-01-01 of dates, datetimes or ISO texts, nan where unknown."""
    day = pd.to_datetime(values).to_numpy().astype("datetime64[D]")
    found = day.astype(np.int64).astype(np.float64)
    found[np.isnat(day)] = np.nan
    return found
