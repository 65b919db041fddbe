"""The documents that are made from something else are those that it makes now."""

import re

import pytest
import yaml

from docs.configuration import REFERENCE, allowed, render, rows
from docs.rule_graph import PLACE, README, draw, reduced
from parity.planning.schema import complete
from tests.conftest import ROOT


def test_the_reference_of_the_configuration_is_current() -> None:
    current = REFERENCE.read_text(encoding="utf-8") == render()
    assert current, "a schema changed: run `make docs` and commit the result"


def test_every_key_has_a_meaning() -> None:
    assert [row["path"] for row in rows() if not row["meaning"]] == []


def test_every_key_of_the_example_stands_in_it() -> None:
    config = complete(yaml.safe_load((ROOT / "config.yaml").read_text()))
    paths = {row["path"] for row in rows()}
    assert set(config) <= paths
    assert {f"thresholds.{key}" for key in config["thresholds"]} <= paths
    assert {f"exports.<name>.{key}" for key in config["exports"]["fp32"]} <= paths


def test_every_row_has_four_cells() -> None:
    lines = [line for line in render().splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {5}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({"type": "integer", "minimum": 1}, "a whole number, at least 1"),
        ({"enum": [8, 16]}, "`8`, `16`"),
        ({"anyOf": [{"type": "integer"}, {"const": "auto"}]}, "a whole number or `auto`"),
        ({"type": "array", "items": {"type": "string"}}, "a list (each: text)"),
        ({"type": ["object", "null"]}, "keys or nothing"),
    ],
)
def test_what_is_allowed_is_said_in_words(key: dict, words: str) -> None:
    assert allowed(key) == words


def test_the_graph_of_the_rules_is_current() -> None:
    drawn = PLACE.search(README.read_text(encoding="utf-8"))
    assert drawn is not None
    assert drawn[0] == draw(), "a rule changed: run `make docs` and commit the result"


def test_an_edge_that_follows_from_others_is_left_out() -> None:
    graph = {"a": {"b", "c", "d"}, "b": {"c"}, "c": {"d"}, "d": set()}
    assert reduced(graph) == {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": set()}
