"""Reference figures as test cases: each id of a `reference.json` is tested, or said not to apply and why.

A module of tests declares `COVERED` (pattern of ids → what it calls) through `cases` and `NOT_APPLICABLE` (pattern →
reason); `assert_complete` holds the two together.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"


@cache
def reference(case: str) -> dict[str, Any]:
    """Value of each figure of `data/<case>/reference.json`, by id.

    A file that is a tree of numbers rather than a list of figures has the path of each as its id (`a/b/0`).
    """
    content = json.loads((DATA / case / "reference.json").read_text(encoding="utf-8"))
    if "figures" not in content:
        return dict(_leaves({name: value for name, value in content.items() if name != "software"}))
    return {figure["id"]: figure["value"] for figure in content["figures"]}


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict | list):
        for name, inside in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _leaves(inside, f"{path}/{name}" if path else str(name))
    else:
        yield path, node


def cases(case: str, *patterns: str) -> list[Any]:
    """The ids of a case that match one of the patterns (`*` any text), as test parameters; never none."""
    found = [name for name in reference(case) if any(fnmatchcase(name, pattern) for pattern in patterns)]
    assert found, f"{case}: no figure matches {patterns}"
    return [pytest.param(name, id=name) for name in found]


def assert_complete(case: str, covered: Iterable[str], not_applicable: Mapping[str, str]) -> None:
    """Every id of the case matches a covered pattern or one with a reason, never both; no pattern matches nothing."""
    told = list(covered)
    for name in reference(case):
        tested = any(fnmatchcase(name, pattern) for pattern in told)
        excused = any(fnmatchcase(name, pattern) for pattern in not_applicable)
        assert tested != excused, f"{case}: {name} is {'both tested and excused' if tested else 'neither'}"
    for pattern in [*told, *not_applicable]:
        assert any(fnmatchcase(name, pattern) for name in reference(case)), f"{case}: {pattern} matches no figure"
    assert all(not_applicable.values())
