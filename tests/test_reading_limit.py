"""Boxes and labels that take more memory to read than they may are refused in a sentence.

They are read in a process of their own: one that has freed memory takes that again first.
"""

import re
import resource
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from parity.accuracy.tasks.task import MEASURED_TASKS
from parity.detection.head import NetworkHead
from parity.errors import UserError
from parity.external.reader import load_external
from parity.limits import TEXT_MB
from tests.malformed import IMAGES, NAMES

MB = 120
SAID = rf"mine\.json takes more than {MB} MB of memory to read \(limits\.text_mb\); divide it"
LISTS = "[" + "[]," * 3_000_000 + "[]]"
"""9 MB of text that become 200 MB of lists, and more of entries."""


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that takes more memory than it may."""
    monkeypatch.setenv(TEXT_MB, str(MB))
    (tmp_path / "mine.json").write_text(LISTS)
    return tmp_path / "mine.json"


def read(path: Path, what: str) -> tuple[str, bool]:
    """Return what is said of a file of boxes or labels, and whether the process is as before."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        if what == "boxes":
            load_external(path, IMAGES, NAMES)
        else:
            MEASURED_TASKS["detect"].labels(NetworkHead()).read(path, IMAGES, NAMES)
    except UserError as error:
        return str(error), resource.getrlimit(resource.RLIMIT_DATA) == before
    return "", False


def read_afresh(path: Path, what: str) -> tuple[str, bool]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(read, path, what).result()


@pytest.mark.parametrize(
    ("text", "what"),
    [(LISTS, "boxes"), ("{}\n" * 3_000_000, "boxes"), (LISTS, "labels")],
    ids=["boxes", "boxes one a line", "labels"],
)
def test_what_takes_too_much_memory_is_refused(large: Path, text: str, what: str) -> None:
    large.write_text(text)
    said, is_as_before = read_afresh(large, what)
    assert is_as_before
    assert re.search(SAID, said)
    assert said.startswith("labels: ") == (what == "labels")
