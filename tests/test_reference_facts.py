"""What the reference says of itself survives being written, and a damaged file is noticed."""

from pathlib import Path

import numpy as np
import pytest

from parity.backends.pytorch.checkpoint_facts import facts_of_checkpoint
from parity.errors import UserError
from parity.model_files.reference_facts import ReferenceFacts


def test_the_facts_of_a_checkpoint_are_read_as_they_were_written(
    yolo11n_pt: Path, tmp_path: Path
) -> None:
    facts = facts_of_checkpoint(yolo11n_pt)
    facts.save(tmp_path / "facts.npz")
    read = ReferenceFacts.load(tmp_path / "facts.npz")
    assert (read.names, read.stride, read.trained) == (facts.names, 32, (640, 640))
    assert list(read.weights) == list(facts.weights)
    for name, weights in facts.weights.items():
        np.testing.assert_array_equal(read.weights[name], weights, err_msg=name)


@pytest.mark.parametrize("name", ["facts", "weight 1", "", "weight ", "naïve ÿ 犬"])
def test_no_name_of_a_weight_is_taken_for_anything_else(tmp_path: Path, name: str) -> None:
    facts = ReferenceFacts({0: "a", 10: "b"}, 16, {name: np.arange(3, dtype=np.float32)})
    facts.save(tmp_path / "facts.npz")
    read = ReferenceFacts.load(tmp_path / "facts.npz")
    assert (list(read.weights), read.names, read.trained) == ([name], {0: "a", 10: "b"}, None)


@pytest.mark.parametrize("kept", [100, -1], ids=["truncated", "other numbers"])
def test_a_damaged_file_is_said_to_be_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("results/checkpoint/m.npz")
    path.parent.mkdir(parents=True)
    ReferenceFacts({0: "a"}, 32, {"w": np.full(9, 7, np.float32)}).save(path)
    whole = path.read_bytes()
    number = np.full(9, 7, np.float32).tobytes()
    path.write_bytes(whole[:kept] if kept > 0 else whole.replace(number, bytes(len(number))))
    with pytest.raises(UserError, match=r"m\.npz is damaged \(.*\): run again"):
        ReferenceFacts.load(path)
