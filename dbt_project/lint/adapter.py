"""Stand-in for dbt's `adapter` while SQL is linted: sqlfluff's jinja knows no engine to dispatch to.

A dispatched macro is written as a call of its own name, which is SQL enough to lint.
"""

from collections.abc import Callable


def dispatch(name: str) -> Callable[..., str]:
    """A function that writes the call `name(arguments)`."""
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})" if arguments else name
