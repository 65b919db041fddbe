"""What made a result: digests of code and models, versions of packages."""

import hashlib
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

REGISTERS = "parity.registry.import_modules"


IMPORT = re.compile(
    r"""^[ ]*
    (?:from[ ]+(?P<module>[\w.]+)[ ]+)?
    import[ ]+(?P<names>\([^)]*\)|[^\n;]+)""",
    re.MULTILINE | re.VERBOSE,
)
"""An import, wherever it stands; parsing the whole library would take a third of planning."""


def imported_names(code: str) -> set[str]:
    """Return the dotted names that code imports, those imported from modules included."""
    names: set[str] = set()
    for match in IMPORT.finditer(code):
        entries = re.sub(r"#.*", "", match["names"]).strip("()").split(",")
        found = [entry.split()[0] for entry in entries if entry.strip()]
        module = match["module"]
        names.update([module, *(f"{module}.{name}" for name in found)] if module else found)
    return names


@cache
def library(root: Path) -> dict[str, Path]:
    """Return the file of every module and package of the library by its dotted name."""
    names = {file: file.relative_to(root).with_suffix("") for file in root.glob("parity/**/*.py")}
    return {".".join(name.parts).removesuffix(".__init__"): file for file, name in names.items()}


@cache  # reading the workflow asks for every rule, and rules share most of the library
def local_imports(source: Path, root: Path = ROOT) -> frozenset[Path]:
    """Return the files of the library that importing what a file imports would run.

    Packages count: importing ``a.b.c`` runs ``a/__init__.py`` and ``a/b/__init__.py``. A package
    that imports its modules by :func:`parity.registry.import_modules` counts with all of them.
    """
    names = imported_names(source.read_text())
    run = {name[:end] for name in names for end in (*_dots(name), len(name))}
    paths = {library(root)[name] for name in run & library(root).keys()}
    if source.name == "__init__.py" and REGISTERS in names:
        paths.update(source.parent.glob("*.py"))
    return frozenset(paths)


def _dots(name: str) -> list[int]:
    return [position for position, letter in enumerate(name) if letter == "."]


@cache
def named_digest(path: Path, root: Path) -> bytes:
    """Return the name of a file below the root and its digest, read once for all rules."""
    name = str(path)[len(str(root)) :].encode()
    return name + hashlib.sha256(path.read_bytes()).digest()


def fingerprint(script: str, *companions: str, root: Path = ROOT) -> str:
    """Return a hash of a script and of every file of the library that it depends on.

    Given to a rule as a parameter, it makes Snakemake rerun exactly what an edit touches.

    Parameters
    ----------
    script : str
        Path of the script below the root.
    *companions : str
        Files, or folders with all that is in them, that it reads beside Python code.
    root : Path
        Folder of the project.
    """
    seen: set[Path] = set()
    queue = {root / script}
    while queue:
        path = queue.pop()
        seen.add(path)
        queue |= local_imports(path, root) - seen
    for companion in companions:
        place = root / companion
        seen.update(p for p in ([place] if place.is_file() else place.rglob("*")) if p.is_file())
    entries = sorted(named_digest(path, root) for path in seen)
    return hashlib.sha256(b"".join(entries)).hexdigest()[:12]


ALTERNATIVES = {
    "onnxruntime": ("onnxruntime-gpu",),
    "opencv-python": (
        "opencv-python-headless",
        "opencv-contrib-python",
        "opencv-contrib-python-headless",
    ),
}
"""Packages that bring the same module as another one."""


def versions(*packages: str) -> dict[str, str]:
    """Return the installed version of each package, or that of one that takes its place."""
    return dict(_installed(package) for package in packages)


def _installed(package: str) -> tuple[str, str]:
    for name in (package, *ALTERNATIVES.get(package, ())):
        try:
            return name, version(name)
        except PackageNotFoundError:
            continue
    raise PackageNotFoundError(package)


def sha256(path: str | Path) -> str:
    """Return the digest of a file."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
