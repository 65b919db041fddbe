"""YAML that somebody else wrote: plain and of bounded size, or refused in one sentence."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from parity.errors import UserError
from parity.foreign import name_in_words, shorten

MOST_VALUES = 100_000
"""Values of a document, each counted as often as it is referred to; chosen."""

LARGEST_BYTES = 1_000_000
"""Bytes of its text, at most; chosen: PyYAML reads them in two seconds."""

DEEPEST = 20
"""Levels of keys and lists within each other, at most; chosen: a configuration has five."""


NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")

NOT_DECIMAL = re.compile(r"[-+]?0[0-9_xb][^.]*\Z|.*:")
"""How a whole number begins that YAML 1.1 reads to the base 8, 16 or 2, and one to the base 60."""


class StrictLoader(yaml.SafeLoader):
    """Reads plain YAML in which each key stands once, and says where something is wrong."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return the value of a node; a number or a date that is none is a mistake in it."""
        try:
            value = super().construct_object(node, deep=deep)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(
                None, None, str(error).split(";", maxsplit=1)[0], node.start_mark
            ) from None
        except (AttributeError, LookupError):  # PyYAML's, of what is not of the kind of its tag
            kind = node.tag.rpartition(":")[2]
            raise yaml.constructor.ConstructorError(
                None, None, f"{shorten(node.value)} is no {kind}", node.start_mark
            ) from None
        if node.tag in NUMBERS and NOT_DECIMAL.match(node.value):
            problem = f"write numbers in decimal: {node.value} means {shorten(value)} in YAML"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return value

    merged = 0
    """Keys of mappings so far, each counted again where it is merged into another (``<<``)."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge other mappings into one: two of the same, again and again, would never end."""
        super().flatten_mapping(node)
        self.merged += len(node.value)
        if self.merged > MOST_VALUES:
            problem = f"it merges more than {MOST_VALUES:,} keys"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return keys with their values."""
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and counts[key.value] > 1 and key.value != "<<":
                problem = f"the key {shorten(key.value)} appears twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        return super().construct_mapping(node, deep=deep)


def parse_yaml(text: str, path: Path) -> Any:
    """Return what YAML says; what it refers to again and again is not counted yet.

    Raises
    ------
    UserError
        If it is broken or not plain; the sentence says where.
    """
    try:
        return yaml.load(text, StrictLoader)  # noqa: S506 - it is a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = name_in_words(error.problem or error.context)
        raise UserError(f"{path}: not valid YAML{place} ({said}).") from None
    except yaml.YAMLError as error:
        said = name_in_words(str(error).splitlines()[0])
        raise UserError(f"{path}: not valid YAML ({said}).") from None
    except RecursionError:
        raise UserError(f"{path}: its YAML is nested too deeply.") from None


def values_in(document: Any, where: str) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield every value of a document with the keys that lead to it, containers first.

    Raises
    ------
    UserError
        If they are too many or nested too deeply, as where something refers to itself; the sentence
        begins with its position.
    """
    left = MOST_VALUES
    waiting: list[tuple[Any, tuple[str, ...]]] = [(document, ())]
    while waiting:
        value, place = waiting.pop()
        left -= 1
        if left < 0:
            raise UserError(f"{where}: it holds more than {MOST_VALUES:,} values.")
        if len(place) > DEEPEST:
            raise UserError(
                f"{where}: {keys_in_words(place)} is nested too deeply, or refers to itself."
            )
        yield value, place
        if isinstance(value, dict):
            waiting += [(inner, (*place, str(key))) for key, inner in value.items()]
        elif isinstance(value, list | tuple):
            waiting += [(inner, (*place, str(i))) for i, inner in enumerate(value)]


def keys_in_words(place: tuple[str, ...]) -> str:
    """Return how a message names a value: the keys that lead to it."""
    return name_in_words(".".join(place))
