"""Demonstration keys, and pseudonyms of strings made of a seed and a number, never of a name."""

import hashlib
import hmac
from collections.abc import Iterable

from mentorat.identity.keys import ETUDE, PILOTAGE
from mentorat.identity.secret_key import DEMONSTRATION, PROGRAMME

KEYS = (PROGRAMME, PILOTAGE, ETUDE)
NEXT_KEY = "MENTORAT_CLE_PROGRAMME_SUIVANTE"
"""The programme's key after its rotation: one sender already uses it."""


def demonstration_key(name: str, graine: int) -> str:
    """The demonstration key called `name`: labelled so, and drawn from the seed (so it protects nothing)."""
    return DEMONSTRATION + hashlib.sha256(f"{name}|{graine}".encode()).hexdigest()


def level_one(messages: Iterable[str], key: str) -> list[str]:
    """Level-1 pseudonyms (64 hexadecimal characters, HMAC-SHA-256) of synthetic identity strings."""
    secret = key.encode()
    return [hmac.digest(secret, message.encode(), "sha256").hex() for message in messages]


def olinpe_number(messages: Iterable[str]) -> list[str]:
    """Numbers of OLINPE's shape (40 hexadecimal characters), without any link to level 1."""
    return [hashlib.sha256(f"numanonym|{message}".encode()).hexdigest()[:40] for message in messages]
