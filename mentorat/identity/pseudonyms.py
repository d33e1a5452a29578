"""Level-2 pseudonyms: HMAC-SHA-256 (RFC 2104) under the platform's keys, before anything is stored."""

import hmac
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mentorat.identity.keys import Key


def digest(key: Key, message: str) -> str:
    """HMAC-SHA-256 of `message`, 64 hexadecimal characters."""
    return hmac.digest(key.secret, message.encode(), "sha256").hex()


def pseudonymise(values: pd.Series, key: Key, domain: str, scope: pd.Series | None = None) -> pd.Series:
    """Pseudonyms of `values` (n strings, nulls kept) under `key`; same index, dtype `str`.

    The message is `domain|value`, or `domain|scope|value` where `scope` (n strings, same index) is given:
    two domains, or two scopes, never give the same pseudonym. Each distinct value is hashed once.
    """
    codes, uniques = pd.factorize(values)
    if scope is None:
        return _taken([digest(key, f"{domain}|{value}") for value in uniques], codes, values)
    scope_codes, scopes = pd.factorize(scope)
    # codes run from -1 (missing): one integer a pair
    width = len(scopes) + 1
    pairs, distinct = pd.factorize(np.where(codes < 0, -1, codes.astype(np.int64) * width + scope_codes + 1))
    hashes = []
    for pair in distinct.tolist():
        value, scope_code = divmod(pair, width)
        prefix = scopes[scope_code - 1] if scope_code else ""
        hashes.append(None if pair < 0 else digest(key, f"{domain}|{prefix}|{uniques[value]}"))
    return _taken(hashes, pairs, values)


def _taken(hashes: Sequence[str | None], codes: np.ndarray, like: pd.Series) -> pd.Series:
    taken = np.array([*hashes, None], dtype=object)[codes]  # code -1 takes the last, missing
    return pd.Series(taken, index=like.index, name=like.name, dtype="str")
