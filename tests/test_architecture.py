"""docs/architecture.md names the folders, modules and rules that there are."""

import re
from pathlib import Path

from tests.conftest import ROOT, project_files
from tests.test_house import LAYERS, RULES

TEXT = (ROOT / "docs" / "architecture.md").read_text()
TREE = re.search(r"^```text\nparity/\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| [^|]+ \| ([^|]+) \| ", re.MULTILINE)


def drawn() -> list[str]:
    """Return the folders of the tree in its order, relative to the library."""
    assert TREE
    folders: list[str] = []
    for line in TREE[1].splitlines():
        indent, name = re.match(r"( +)([a-z_]+)/ +\S", line).groups()  # type: ignore[union-attr]
        above = folders[-1].split("/")[: len(indent) // 2 - 1] if folders else []
        folders.append("/".join([*above, name]))
    return folders


def test_the_tree_has_the_folders_of_the_library() -> None:
    modules = [p for p in project_files() if p.parts[0] == "parity" and p.suffix == ".py"]
    folders = {str(Path(*p.parts[1:-1])) for p in modules} - {"."}
    assert sorted(drawn()) == sorted(folders)


def test_the_tree_is_in_the_order_of_the_layers() -> None:
    assert tuple(folder for folder in drawn() if "/" not in folder) == LAYERS


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:parity|rules|schemas|scripts|tests)/[\w./]*\w\.\w+)`", TEXT))
    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).is_file()} == set()


def test_every_rule_that_is_named_exists() -> None:
    cells = " ".join(ROW.findall(TEXT))
    named = set(re.findall(r"`(\w+)`", cells))
    assert len(named) > 10
    assert named <= set(RULES)
