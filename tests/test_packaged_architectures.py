"""An architecture that Ultralytics brings is known as such, and one that is larger is not."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ultralytics.nn.tasks import yaml_model_load

from parity.backends.pytorch.packaged_architectures import is_packaged
from parity.backends.pytorch.transcription.architecture import checked_architecture
from tests.conftest import ROOT

MODELS = {
    "yolo11n": "DetectionModel",
    "yolo26x": "DetectionModel",
    "yolov8s-seg": "SegmentationModel",
    "yolo11m-pose": "PoseModel",
    "yolo11l-obb": "OBBModel",
    "yolov8n-p2": "DetectionModel",
}


def packaged(name: str) -> dict[str, Any]:
    return checked_architecture(yaml_model_load(f"{name}.yaml"), MODELS[name])


@pytest.mark.parametrize("name", MODELS)
def test_what_ultralytics_brings_is_known_for_any_usual_number_of_classes(name: str) -> None:
    assert is_packaged(packaged(name), MODELS[name])
    assert is_packaged({**packaged(name), "nc": 3}, MODELS[name])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"nc": 9999}, "so many classes make a model of another size"),
        ({"kpt_shape": [9999, 3]}, "and so do keypoints"),
        ({"channels": 9999}, "and channels of the image"),
        ({"reg_max": 9999}, "and distances of the box"),
        ({"scales": {"n": [10.0, 10.0, 9999]}}, "and other scales"),
        ({"yaml_file": "yolov8n.yaml"}, "another architecture is in that file"),
        ({"yaml_file": "../yolo11n.yaml.yaml"}, "there is no such file"),
        ({"backbone": []}, "layers are missing"),
        ({"activation": "nn.ReLU()"}, "it is run with another activation"),
    ],
)
def test_any_other_is_not(change: dict[str, Any], why: str) -> None:
    assert not is_packaged({**packaged("yolo11n"), **change}, "DetectionModel"), why


def test_a_usual_checkpoint_is_loaded_without_the_compiler_of_torch(
    yolo11n_pt: Path, tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "from parity.backends.pytorch.transcription.transcription import transcribe\n"
        f"transcribe({str(yolo11n_pt)!r}, {str(tmp_path / 'a.pt')!r})\n"
        "assert 'torch._dynamo' not in sys.modules, 'its import takes a second'\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300)
