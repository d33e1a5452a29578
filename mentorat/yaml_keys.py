"""YAML that says one thing: each key told once, no alias, no value that does not exist."""

from typing import Any

import yaml


class RepeatedKey(yaml.MarkedYAMLError):
    """A key given twice; `key` is its name, `problem_mark` its place."""

    def __init__(self, key: str, mark: Any) -> None:
        super().__init__(problem="repeated", problem_mark=mark)
        self.key = key


class AliasGiven(yaml.MarkedYAMLError):
    """An alias (`*name`): a few lines of them unfold into gigabytes."""


class ImpossibleValue(yaml.MarkedYAMLError):
    """A value of the right shape that does not exist: 30 February."""


class PlainYaml:
    """Mixed into a loader of PyYAML, before it: of two keys alike it would keep the last in silence."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Raises AliasGiven."""
        if self.check_event(yaml.AliasEvent):  # type: ignore[attr-defined]
            raise AliasGiven(problem="alias", problem_mark=self.peek_event().start_mark)  # type: ignore[attr-defined]
        return super().compose_node(parent, index)  # type: ignore[misc]

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Raises RepeatedKey."""
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise RepeatedKey(str(key.value), key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)  # type: ignore[misc]

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Raises ImpossibleValue."""
        try:
            return super().construct_object(node, deep)  # type: ignore[misc]
        except ValueError:
            raise ImpossibleValue(problem="impossible", problem_mark=node.start_mark) from None


def yaml_fault(error: yaml.YAMLError) -> str:
    """Where and why a text is refused, in French: « ligne 3 : la clé « port » est donnée deux fois »."""
    kinds: dict[type[yaml.YAMLError], str] = {
        AliasGiven: "un renvoi (« * ») à une autre ligne n'est pas accepté : écrivez la valeur",
        ImpossibleValue: "cette valeur n'existe pas (une date hors du calendrier, par exemple)",
    }
    told = kinds.get(type(error), "l'écriture YAML n'est pas lisible")
    if isinstance(error, RepeatedKey):
        told = f"la clé « {error.key} » est donnée deux fois"
    mark = getattr(error, "problem_mark", None)
    return told if mark is None else f"ligne {mark.line + 1} : {told}"
