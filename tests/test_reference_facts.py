"""What the reference says of itself survives being written, and a damaged file is noticed."""

from pathlib import Path

import pytest

from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.documents import save
from parity.errors import UserError
from parity.model_files.reference_facts import load_facts
from parity.model_files.results import ReferenceFacts


@pytest.mark.parametrize("trust", [False, True])
def test_the_facts_of_a_checkpoint_are_read_as_they_were_written(
    yolo11n_pt: Path, tmp_path: Path, trust: bool
) -> None:
    facts = obtain_checkpoint(str(yolo11n_pt), tmp_path / "own.pt", trust=trust)
    save(tmp_path / "facts.json", facts)
    assert load_facts(tmp_path / "facts.json") == facts
    assert (facts.names[79], facts.stride, facts.trained) == ("toothbrush", 32, (640, 640))


def test_the_facts_of_a_file_are_what_it_says(yolo11n_onnx: Path) -> None:
    facts = load_facts(yolo11n_onnx)
    assert (facts.names[79], facts.stride, facts.trained) == ("toothbrush", 32, None)


def test_a_damaged_file_is_said_to_be_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("results/checkpoint/m.json")
    path.parent.mkdir(parents=True)
    save(path, ReferenceFacts({0: "a"}, 32))
    path.write_text(path.read_text().replace("32", "64"))
    with pytest.raises(UserError, match=r"m\.json is damaged: run again"):
        load_facts(path)
