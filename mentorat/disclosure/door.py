"""The one door out: what report code may read, and the trace that each release leaves.

A `ReleasedTable` cannot be built by hand: only the release functions of this package hold the token its
constructor asks for. Report code takes released tables only, so a figure that skipped the rules cannot reach
a page by accident (Python offers no more than that: it is a type and a habit, not a wall).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from mentorat.disclosure.rules import AUDIENCES, Audience

_TOKEN = object()


def content_hash(frame: pd.DataFrame) -> str:
    """SHA-256 of what is released: columns and values as CSV, in their order."""
    return hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class ReleasedTable:
    """A table that passed the rules of its audience, with the record of what was done to it."""

    name: str
    audience: Audience
    _content: pd.DataFrame
    _audit: dict[str, Any]
    token: InitVar[object]

    def __post_init__(self, token: object) -> None:
        if token is not _TOKEN:
            raise TypeError("a ReleasedTable comes from a release function, never from its constructor")

    @property
    def frame(self) -> pd.DataFrame:
        """A copy of the released rows: changing it changes nothing here."""
        return self._content.copy()

    @property
    def audit(self) -> dict[str, Any]:
        """table, audience, rules, threshold, cells, hidden_primary, hidden_secondary, reason, sha256."""
        return dict(self._audit)


@dataclass(frozen=True, eq=False)
class ReleasedDocument:
    """A page made of released tables only."""

    name: str
    audience: Audience
    html: str
    _audit: dict[str, Any]
    token: InitVar[object]

    def __post_init__(self, token: object) -> None:
        if token is not _TOKEN:
            raise TypeError("a ReleasedDocument comes from release_document, never from its constructor")

    @property
    def audit(self) -> dict[str, Any]:
        """table, audience, rules, tables it is made of, reason, sha256."""
        return dict(self._audit)


def open_door(
    frame: pd.DataFrame,
    *,
    name: str,
    audience: Audience,
    rule_ids: Sequence[str],
    threshold: int | None,
    cells: int,
    primary: int,
    secondary: int,
    reason: str,
) -> ReleasedTable:
    """Wrap a protected frame. For the release functions of this package only, which have done the
    protecting."""
    if audience not in AUDIENCES:
        raise ValueError(f"unknown audience {audience!r}")
    content = frame.reset_index(drop=True)
    audit = {
        "table": name,
        "audience": audience,
        "rules": list(rule_ids),
        "threshold": threshold,
        "cells": cells,
        "hidden_primary": primary,
        "hidden_secondary": secondary,
        "reason": reason,
        "sha256": content_hash(content),
    }
    return ReleasedTable(name, audience, content, audit, _TOKEN)


def release_document(html: str, sources: Sequence[ReleasedTable], name: str = "document") -> ReleasedDocument:
    """Release a page whose figures all come from `sources`; it is for the narrowest audience among them.

    Raises ValueError without any source, and TypeError when one of them is not a ReleasedTable.
    """
    if not sources:
        raise ValueError("a document is released with the tables it is made of")
    if not all(isinstance(source, ReleasedTable) for source in sources):
        raise TypeError("a document is made of released tables only")
    audience: Audience = "partenaire" if any(s.audience == "partenaire" for s in sources) else "public"
    audit = {
        "table": name,
        "audience": audience,
        "rules": sorted({rule for source in sources for rule in source.audit["rules"]}),
        "sources": [source.audit["sha256"] for source in sources],
        "reason": "document composé des seules tables diffusées : " + ", ".join(source.name for source in sources),
        "sha256": hashlib.sha256(html.encode()).hexdigest(),
    }
    return ReleasedDocument(name, audience, html, audit, _TOKEN)


def write_audit(tables: Iterable[ReleasedTable | ReleasedDocument], path: Path) -> None:
    """Add one JSON line a release to `path` (never published: it alone holds the time, UTC)."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lines = [json.dumps({**table.audit, "time": now}, ensure_ascii=False, sort_keys=True) for table in tables]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.writelines(line + "\n" for line in lines)
