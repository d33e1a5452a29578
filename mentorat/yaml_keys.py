"""Keys of a YAML mapping, each told once: of two alike, a reader of YAML keeps the last in silence."""

from typing import Any

import yaml


class RepeatedKey(yaml.MarkedYAMLError):
    """A key given twice; `key` is its name, `problem_mark` its place."""

    def __init__(self, key: str, mark: Any) -> None:
        super().__init__(problem="repeated", problem_mark=mark)
        self.key = key


def refuse_repeated(node: Any) -> None:
    """Raise RepeatedKey when a mapping node gives a key twice."""
    seen: set[str] = set()
    for key, _ in node.value:
        if str(key.value) in seen:
            raise RepeatedKey(str(key.value), key.start_mark)
        seen.add(str(key.value))
