"""A model has the size that its checkpoint was trained at, unless the configuration states one."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from parity.backends.trained_size import trained_size
from parity.planning.arms import plan_arms, plan_comparisons
from parity.planning.checks import checked
from parity.planning.config import Config
from parity.planning.plan import Plan
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
    assert configured(weights).size_of("m") == (320, 320)
    assert configured(weights, imgsz=640).size_of("m") == (640, 640)
    other = configured(weights, exports={"large": {"imgsz": 640}, "own": {}})
    sizes = [other.size_of("m", export) for export in ("large", "own")]
    assert sizes == [(640, 640), (320, 320)]


def test_every_model_has_the_size_that_it_was_trained_at(tmp_path: Path) -> None:
    models = {
        "small": {"weights": trained_at(320, tmp_path / "small.pt")},
        "large": {"weights": trained_at(1024, tmp_path / "large.pt")},
        "asked": {"weights": trained_at(320, tmp_path / "asked.pt"), "imgsz": [64, 96]},
    }
    exports = {"fp32": {}, "at320": {"imgsz": 320}}
    config = checked(complete({"models": models, "exports": exports}))
    sizes = [config.size_of(model, "fp32") for model in models]
    assert sizes == [(320, 320), (1024, 1024), (64, 96)]
    assert {config.size_of(model, "at320") for model in models} == {(320, 320)}
    arms = plan_arms(config)
    plan = Plan(config, arms, plan_comparisons(config, arms), ["0"], "")
    for model, size in zip(models, sizes, strict=True):
        told = {name: plan.arm(name, model)["imgsz"] for name in arms}
        assert told == {
            "pytorch-rect": size,
            "pytorch-square": size,
            "onnx-fp32": size,
            "onnx-at320": (320, 320),
            "pytorch-square-320": (320, 320),
        }
        export = SimpleNamespace(model=model, export="fp32")
        assert plan.export_options(export)["imgsz"] == list(size)
        assert plan.wanted(export)["imgsz"] == list(size)
    one = checked(complete({"models": models, "exports": exports, "imgsz": 320}))
    assert "pytorch-square-320" in plan_arms(one), "the third model has another size"
    del models["asked"]
    two = checked(complete({"models": models, "exports": exports, "imgsz": 320}))
    assert "pytorch-square-320" not in plan_arms(two), "it is the size of both"
