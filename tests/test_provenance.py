"""Provenance: code counts as input, and exactly the code that a script runs."""

import ast
import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from parity import provenance
from parity.provenance import (
    ALTERNATIVES,
    ROOT,
    fingerprint,
    imported_names,
    local_imports,
    sha256,
    versions,
)

FILES = {
    "scripts/one.py": "import numpy\nfrom parity.a import f\n",
    "scripts/two.py": "from parity.deep.b import g\n",
    "parity/__init__.py": "",
    "parity/a.py": "from parity import c\n\ndef f():\n    from parity.late import h\n",
    "parity/c.py": "",
    "parity/late.py": "",
    "parity/unused.py": "",
    "parity/deep/__init__.py": "X = 1\n",
    "parity/deep/b.py": "import parity.deep.d\n",
    "parity/deep/d.py": "",
    "parity/kinds/__init__.py": "from parity.registry import import_modules\n",
    "parity/kinds/first.py": "",
    "parity/kinds/second.py": "from parity.kinds import first\n",
    "parity/registry.py": "",
    "scripts/three.py": "from parity.kinds.first import h\n",
    "numpy.py": "",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small project, whose files are read anew each time: tests change them."""
    for name in ("local_imports", "named_digest"):
        monkeypatch.setattr(provenance, name, getattr(provenance, name).__wrapped__)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "one", "two", "reason"),
    [
        ("scripts/one.py", True, False, "the script itself"),
        ("parity/a.py", True, False, "what it imports"),
        ("parity/c.py", True, False, "what that imports, from a package"),
        ("parity/late.py", True, False, "what a function imports"),
        ("parity/deep/b.py", False, True, "a module of a package"),
        ("parity/deep/d.py", False, True, "imported by its whole name"),
        ("parity/deep/__init__.py", False, True, "packages run their own file"),
        ("parity/__init__.py", True, True, "and so does the library"),
        ("parity/unused.py", False, False, "what nobody imports"),
        ("numpy.py", False, False, "what lies outside the library"),
    ],
)
def test_what_a_change_makes_stale(
    house: Path, changed: str, one: bool, two: bool, reason: str
) -> None:
    scripts = ("scripts/one.py", "scripts/two.py")
    before = [fingerprint(script, root=house) for script in scripts]
    (house / changed).write_text(FILES[changed] + "# a word more\n")
    after = [fingerprint(script, root=house) for script in scripts]
    assert [a != b for a, b in zip(before, after, strict=True)] == [one, two], reason
    (house / changed).write_text(FILES[changed])
    assert [fingerprint(script, root=house) for script in scripts] == before, "and back"


def test_imports_are_those_that_python_sees() -> None:
    for path in [*ROOT.glob("parity/**/*.py"), *ROOT.glob("scripts/*.py")]:
        seen: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
            if isinstance(node, ast.Import):
                seen.update(names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                seen.update([node.module, *(f"{node.module}.{name}" for name in names)])
        assert imported_names(path.read_text()) == seen, path


def test_a_registry_counts_with_all_its_modules(house: Path) -> None:
    before = fingerprint("scripts/three.py", root=house)
    (house / "parity/kinds/second.py").write_text("X = 1\n")
    changed = fingerprint("scripts/three.py", root=house)
    assert changed != before
    (house / "parity/kinds/third.py").write_text("")
    assert fingerprint("scripts/three.py", root=house) != changed, "a new module registers itself"


def test_moving_the_project_changes_nothing(house: Path, tmp_path: Path) -> None:
    before = fingerprint("scripts/one.py", root=house)
    moved = house.rename(tmp_path.with_name(tmp_path.name + " moved"))
    assert fingerprint("scripts/one.py", root=moved) == before


def test_what_a_script_reads_beside_code_counts(house: Path) -> None:
    (house / "templates/deep").mkdir(parents=True)
    (house / "templates/deep/report.j2").write_text("a")
    plain = fingerprint("scripts/one.py", root=house)
    with_folder = fingerprint("scripts/one.py", "templates", root=house)
    assert plain != with_folder
    (house / "templates/deep/report.j2").write_text("b")
    assert fingerprint("scripts/one.py", "templates", root=house) != with_folder
    assert fingerprint("scripts/one.py", root=house) == plain


def test_modules_that_import_each_other_end(house: Path) -> None:
    (house / "parity/c.py").write_text("import parity.a\n")
    assert len(fingerprint("scripts/one.py", root=house)) == 12


@pytest.mark.parametrize(
    ("script", "torch"),
    [
        ("scripts/infer_onnx.py", False),
        ("scripts/detect_onnx.py", False),
        ("scripts/compare.py", False),
        ("scripts/infer_pytorch.py", True),
        ("scripts/detect_pytorch.py", True),
        ("scripts/export.py", True),
    ],
)
def test_only_some_scripts_depend_on_the_pytorch_backend(script: str, torch: bool) -> None:
    seen: set[Path] = set()
    queue = {ROOT / script}
    while queue:
        path = queue.pop()
        seen.add(path)
        queue |= local_imports(path) - seen
    assert any("pytorch" in path.relative_to(ROOT).parts for path in seen) == torch


def test_every_script_has_a_fingerprint_of_its_own() -> None:
    scripts = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("scripts/*.py"))
    assert len(scripts) >= 8
    assert len({fingerprint(script) for script in scripts}) == len(scripts)


def test_digests_are_those_of_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content" * 10**6)
    assert sha256(tmp_path / "a") == hashlib.sha256(b"content" * 10**6).hexdigest()


def test_versions_are_those_installed() -> None:
    assert versions("numpy", "onnx") == {"numpy": version("numpy"), "onnx": version("onnx")}


def test_a_package_counts_that_takes_the_place_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ALTERNATIVES, "onnxruntime-of-others", ("not-installed", "numpy"))
    assert versions("onnxruntime-of-others") == {"numpy": version("numpy")}
    with pytest.raises(PackageNotFoundError, match="neither"):
        versions("neither")
