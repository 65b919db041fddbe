"""The size of the checkpoint is that of the run, unless the configuration states another."""

from pathlib import Path

import pytest

from parity.backends.trained_size import trained_size
from parity.planning.checks import checked
from parity.planning.config import Config
from parity.planning.schema import complete


def trained_at(imgsz: object, path: Path) -> str:
    """Write what a checkpoint says of its training, without a model."""
    import torch

    torch.save({"train_args": {"imgsz": imgsz}}, path)
    return str(path)


@pytest.mark.parametrize(
    ("imgsz", "expected"),
    [
        (320, (320, 320)),
        ([320, 640], (320, 640)),
        (300, (320, 320)),
        (None, (640, 640)),
        ("320", (640, 640)),
        (-1, (640, 640)),
        (10**6, (640, 640)),
        ([1, 2, 3], (640, 640)),
    ],
)
def test_the_size_is_read_of_a_checkpoint(
    imgsz: object, expected: tuple[int, int], tmp_path: Path
) -> None:
    assert trained_size(trained_at(imgsz, tmp_path / "best.pt")) == expected


def test_the_size_that_only_the_model_states_counts(tmp_path: Path) -> None:
    import torch

    model = torch.nn.Identity()
    model.args = {"imgsz": 320}
    torch.save({"model": model, "train_args": {}}, tmp_path / "best.pt")
    assert trained_size(str(tmp_path / "best.pt")) == (320, 320)


def test_the_size_is_read_of_an_export(yolo11n_onnx: Path) -> None:
    assert trained_size(str(yolo11n_onnx)) == (640, 640)


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint"])
@pytest.mark.parametrize("name", ["best.pt", "best.onnx"])
def test_what_cannot_be_read_has_the_usual_size(
    name: str, content: bytes | None, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert trained_size(str(tmp_path / name)) == (640, 640)


def configured(weights: str, **keys: object) -> Config:
    return checked(complete({"models": {"m": {"weights": weights}}, **keys}))


def test_the_configuration_overrides_the_checkpoint(tmp_path: Path) -> None:
    weights = trained_at(320, tmp_path / "best.pt")
    assert configured(weights).size == (320, 320)
    assert configured(weights, imgsz=640).size == (640, 640)
    other = configured(weights, exports={"large": {"imgsz": 640}, "own": {}})
    assert (other.size_of("large"), other.size_of("own")) == ((640, 640), (320, 320))
