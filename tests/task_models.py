"""Checkpoints of every task: Ultralytics' architectures with what YOLO11n learned for boxes."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Build

TASK_MODELS = {
    "segment": ("yolo11n-seg.yaml", "SegmentationModel"),
    "pose": ("yolo11n-pose.yaml", "PoseModel"),
    "obb": ("yolo11n-obb.yaml", "OBBModel"),
    "classify": ("yolo11n-cls.yaml", "ClassificationModel"),
}
"""Architecture and class of ``ultralytics.nn.tasks`` by task."""

TASK_CLASSES = 80
"""Classes of each, those of COCO, so that the rows of boxes and scores are the trained ones."""


IMGSZ = {"segment": 320, "pose": 320, "obb": 320, "classify": 224}
"""Sides of the inputs, px: the smallest at which the samples hold several objects."""


SPREADS = {"segment": 60.0, "pose": 0.3, "obb": 0.3}
"""Standard deviations of the last weights of masks, keypoints and angles; random prototypes are so
small that masks need large ones for logits of about 1."""


def build_task(build: "Build", task: str, trained: Path) -> Path:
    """Return a folder with a checkpoint of a task, ``model.pt``, and its export, ``model.onnx``.

    Parameters
    ----------
    build : Build
        Makes a folder once for all tests.
    task : str
        A key of :data:`TASK_MODELS`.
    trained : Path
        A checkpoint of YOLO11n.
    """

    def fill(folder: Path) -> None:
        from parity.backends.pytorch.export import export_onnx

        checkpoint = make_checkpoint(task, trained, folder / "model.pt")
        export_onnx(checkpoint, folder / "model.onnx", imgsz=IMGSZ[task])

    return build(f"task-{task}", fill)


def make_checkpoint(task: str, trained: Path, destination: Path) -> Path:
    """Write a checkpoint of a task; what YOLO11n lacks (masks, keypoints, angles) is random.

    Parameters
    ----------
    task : str
        A key of :data:`TASK_MODELS`.
    trained : Path
        A checkpoint of YOLO11n.
    destination : Path
        Where to write.
    """
    import torch
    from ultralytics import YOLO
    from ultralytics.nn import tasks

    architecture, model_class = TASK_MODELS[task]
    torch.manual_seed(0)
    learned = YOLO(trained).model
    model = getattr(tasks, model_class)(architecture, nc=TASK_CLASSES, verbose=False)
    model.load(learned, verbose=False)
    model.names, model.args, model.task = dict(learned.names), {}, task
    head = model.model[-1]
    for branch in getattr(head, "cv4", ()):
        torch.nn.init.normal_(branch[-1].weight, 0, SPREADS[task])
    if task == "classify":
        torch.nn.init.normal_(head.linear.weight, 0, 0.3)
    written = YOLO(architecture)
    written.model = model.eval()
    written.save(destination)
    return destination
