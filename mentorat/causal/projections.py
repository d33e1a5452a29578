"""Least squares seen as projections: which columns say something new, and what others leave unexplained."""

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Floats = NDArray[np.float64]


def independent_columns(design: Floats, weights: Floats) -> NDArray[np.bool_]:
    """Flags of the columns of `design` (n × K) that no earlier ones repeat, under `weights` (n)."""
    scaled = design * np.sqrt(weights)[:, None]
    pivots = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))
    kept: NDArray[np.bool_] = pivots > 1e-8 * np.linalg.norm(scaled, axis=0)
    return kept


def orthonormal_basis(columns: Floats) -> Floats:
    """Orthonormal basis (n × rank) of the span of `columns` (n × K)."""
    scaled = columns / np.maximum(np.linalg.norm(columns, axis=0), np.finfo(np.float64).tiny)
    q, r, _ = linalg.qr(scaled, mode="economic", pivoting=True, check_finite=False)
    kept: Floats = q[:, np.abs(np.diag(r)) > 1e-9]
    return kept


def residue(values: Floats, basis: Floats) -> Floats:
    """What is left of `values` (n, or n × k) outside the span of an orthonormal `basis` (n × r)."""
    left: Floats = values - basis @ (basis.T @ values)
    return left
