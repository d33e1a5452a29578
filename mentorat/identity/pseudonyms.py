"""Level-2 pseudonyms: HMAC-SHA-256 (RFC 2104) under the platform's keys, before anything is stored."""

import hashlib
import hmac
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mentorat.identity.secret_key import Key


def digest(key: Key, message: str) -> str:
    """HMAC-SHA-256 of `message`, 64 hexadecimal characters."""
    return hmac.digest(key.secret, message.encode(), "sha256").hex()


def _digester(key: Key) -> Callable[[str], str]:
    """`digest` under one key, made ready once: both hashes of RFC 2104 start from a copy instead of the key, which
    halves the time of millions of pseudonyms.
    """
    block = (key.secret if len(key.secret) <= 64 else hashlib.sha256(key.secret).digest()).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digested(message: str) -> str:
        first, second = inner.copy(), outer.copy()
        first.update(message.encode())
        second.update(first.digest())
        return second.hexdigest()

    return digested


def pseudonymise(values: pd.Series, key: Key, domain: str, scope: pd.Series | None = None) -> pd.Series:
    """Pseudonyms of `values` (n strings, nulls kept) under `key`; same index, dtype `str`.

    The message is `domain|value`, or `domain|scope|value` where `scope` (n strings, same index) is given:
    two domains, or two scopes, never give the same pseudonym. Each distinct value is hashed once.
    """
    codes, uniques = pd.factorize(values)
    digested = _digester(key)
    if scope is None:
        return _taken([digested(f"{domain}|{value}") for value in uniques.tolist()], codes, values)
    scope_codes, scopes = pd.factorize(scope)
    # codes run from -1 (missing): one integer a pair
    width = len(scopes) + 1
    pairs, distinct = pd.factorize(np.where(codes < 0, -1, codes.astype(np.int64) * width + scope_codes + 1))
    names, places = uniques.tolist(), scopes.tolist()
    hashes = []
    for pair in distinct.tolist():
        value, scope_code = divmod(pair, width)
        prefix = places[scope_code - 1] if scope_code else ""
        hashes.append(None if pair < 0 else digested(f"{domain}|{prefix}|{names[value]}"))
    return _taken(hashes, pairs, values)


def _taken(hashes: Sequence[str | None], codes: np.ndarray, like: pd.Series) -> pd.Series:
    taken = np.array([*hashes, None], dtype=object)[codes]  # code -1 takes the last, missing
    return pd.Series(taken, index=like.index, name=like.name, dtype="str")
