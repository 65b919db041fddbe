"""The stages of a deployment, by which faults are ordered and named."""

from typing import Literal

FaultStage = Literal[
    "reading",
    "geometry",
    "input_tensor",
    "network",
    "decoding",
    "nms",
    "thresholds",
    "rescaling",
    "keypoints",
    "angles",
    "masks",
    "output",
    "class_ids",
]

STAGE_TITLES: dict[FaultStage, str] = {
    "reading": "reading the image",
    "geometry": "geometry (resizing and padding)",
    "input_tensor": "input tensor",
    "network": "network",
    "decoding": "decoding",
    "nms": "NMS",
    "thresholds": "thresholds",
    "rescaling": "rescaling boxes",
    "keypoints": "keypoints",
    "angles": "angles of oriented boxes",
    "masks": "masks",
    "output": "output format",
    "class_ids": "class ids",
}
"""What people read for each stage, in the order in which a deployment runs them."""

FAULT_STAGES = tuple(STAGE_TITLES)

PREPROCESSING_STAGES: tuple[FaultStage, ...] = ("reading", "geometry", "input_tensor")
"""The stages before the network; what they do decides its input."""

BEFORE_OUTPUT_STAGES: tuple[FaultStage, ...] = (*PREPROCESSING_STAGES, "network")
"""The stages that decide the raw output."""

SHAPE_STAGES: dict[str, tuple[FaultStage, ...]] = {
    "pose": ("keypoints",),
    "obb": ("angles",),
    "segment": ("masks",),
}
"""The stage of what a task adds to boxes, by task."""
