"""What a checkpoint says of its model beside the architecture: task and names."""

from typing import Any

import parity.model_files.families  # noqa: F401 - its modules register the families
from parity.backends.pytorch.transcription.arguments import mapping_of
from parity.backends.pytorch.transcription.stored_model import StoredModel, what_stands
from parity.backends.trust import REMEDY
from parity.errors import UserError, shown
from parity.model_files.families.family import FAMILIES
from parity.tasks.task import TASKS, supported_models

OTHER_MODELS = {
    "ultralytics.nn.tasks.DepthModel": "a model for depth",
    "ultralytics.nn.tasks.SemanticSegmentationModel": "a model for semantic segmentation",
    "models.yolo.Model": "a YOLOv5 or YOLOv7 checkpoint of the old format",
    "models.yolo.DetectionModel": "a YOLOv5 checkpoint of the old format",
    "models.yolo.SegmentationModel": "a YOLOv5 segmentation checkpoint of the old format",
}
PROMPTED_MODELS = {
    "ultralytics.nn.tasks.WorldModel": "a YOLO-World model",
    "ultralytics.nn.tasks.YOLOEModel": "a YOLOE model",
    "ultralytics.nn.tasks.YOLOESegModel": "a YOLOE model",
}
"""Models that find what a text names; once their classes are set, they predict as others do."""
ALIASES = {"ultralytics.nn.tasks.YOLOv10DetectionModel": "ultralytics.nn.tasks.DetectionModel"}
"""Classes of models under the names that they had in other versions."""

PACKAGES = frozenset(["collections", "numpy", "pathlib", "torch", "torchvision", "ultralytics"])
"""Whose classes checkpoints of Ultralytics hold."""
FUNCTIONS = frozenset(
    [
        "_codecs.encode",
        *("builtins.bytearray", "builtins.complex", "builtins.getattr", "builtins.set"),
        *("argparse.Namespace", "types.SimpleNamespace"),
    ]
)
"""What else they ask for: ``getattr`` names the method that a fused layer runs."""

MAX_NAME = 1_000
"""Characters of the name of a class (chosen)."""


def task_of(stored: StoredModel) -> str:
    """Return the task of a model, by its class, see :func:`model_class_of`.

    Raises
    ------
    UserError
        If it is a model of another kind, if the checkpoint asks for what none needs, or if it
        says that its task is another; the message follows the name of the file.
    """
    check_supported_kind(stored.kind)
    if stored.kind in PROMPTED_MODELS:
        raise UserError(
            f"is {PROMPTED_MODELS[stored.kind]}, which works only as it was saved; set its "
            f"classes, save it, and {REMEDY}"
        )
    needed = {module.kind for path, module in stored.modules.items() if path}
    wanted = sorted(map(shown, filter(_is_foreign, stored.kinds - needed)))
    if wanted:
        raise UserError(
            f"is a pickle that asks for {', '.join(wanted[:10])}, which a YOLO model does not "
            f"need and which could run code; {REMEDY}"
        )
    task = _supported().get(_present(stored.kind))
    if task is None:
        raise UserError(
            f"is a pickle that asks for {shown(stored.kind)} where a model belongs; only "
            f"{supported_models()} work"
        )
    for arguments in stored.arguments:
        said = arguments.get("task", task)
        if said != task:
            what = repr(shown(said)) if isinstance(said, str) else what_stands(said)
            raise UserError(f"says that its task is {what}, but it holds a model for {task}")
    return task


def check_supported_kind(kind: str) -> None:
    """Check that a class of model is none of those that are known not to work.

    Raises
    ------
    UserError
        If it is; the message follows the name of the file.
    """
    if kind in OTHER_MODELS and kind not in _supported():
        raise UserError(
            f"is {OTHER_MODELS[kind]}; only {supported_models()} of YOLOv8 and later work"
        )


def model_class_of(stored: StoredModel) -> str:
    """Return the class of ``ultralytics.nn.tasks`` that a model is."""
    return _present(stored.kind).rpartition(".")[2]


def _present(kind: str) -> str:
    return ALIASES.get(kind, kind)


def _supported() -> dict[str, str]:
    """Return tasks by the full names of the classes of their models."""
    tasks = {task.model_class: name for name, task in TASKS.items()}
    tasks |= {family.model_class: "detect" for family in FAMILIES.values() if family.model_class}
    return {f"ultralytics.nn.tasks.{model_class}": task for model_class, task in tasks.items()}


def _is_foreign(kind: str) -> bool:
    name = kind.replace("__builtin__.", "builtins.")
    return name not in FUNCTIONS and name.partition(".")[0] not in PACKAGES


def checked_names(stored: Any, count: int) -> dict[int, str]:
    """Return class names by id.

    Parameters
    ----------
    stored : object
        What a checkpoint holds as the names.
    count : int
        Classes of the head.

    Raises
    ------
    UserError
        If they are no names of so many classes; the message follows the name of the file.
    """
    given = dict(enumerate(stored)) if isinstance(stored, list | tuple) else mapping_of(stored)
    if not given:
        raise UserError("does not name its classes")
    if len(given) != count:
        raise UserError(f"names {len(given)} classes, but its head has {count}")
    names = {_class_id(key): _class_name(value) for key, value in given.items()}
    if sorted(names) != list(range(count)):
        raise UserError(f"does not number its classes from 0 to {count - 1}")
    return names


def _class_id(key: Any) -> int:
    if type(key) is int:
        return key
    if isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) <= len("10000"):
        return int(key)
    raise UserError(f"numbers a class with {what_stands(key)} instead of a whole number")


def _class_name(value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise UserError(f"names a class with {what_stands(value)} instead of a text")
    name = str(value)
    if len(name) > MAX_NAME:
        raise UserError(f"names a class with more than {MAX_NAME:,} characters")
    return name
