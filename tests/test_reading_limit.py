"""Boxes and labels that take more memory to read than they may are refused in a sentence."""

import resource
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


def test_boxes(large: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(UserError, match=SAID):
        load_external(large, IMAGES, NAMES)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_boxes_one_a_line(large: Path) -> None:
    large.write_text("{}\n" * 3_000_000)
    with pytest.raises(UserError, match=SAID):
        load_external(large, IMAGES, NAMES)


def test_labels(large: Path) -> None:
    labels = MEASURED_TASKS["detect"].labels(NetworkHead())
    with pytest.raises(UserError, match=f"labels: .*{SAID}"):
        labels.read(large, IMAGES, NAMES)
