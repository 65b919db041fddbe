"""The obvious script: export the checkpoint, then loop over ``predict`` for the same three arms.

python bench/single_process.py yolo11n.pt images boxes.json
"""

import json
import os
import sys
from pathlib import Path

os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ["YOLO_OFFLINE"] = "true"

from ultralytics import YOLO

OPTIONS = {"conf": 0.25, "iou": 0.45, "imgsz": 640, "device": "cpu", "verbose": False}


def main(weights: str, images: str, destination: str) -> None:
    """Write the boxes, scores and classes of three arms."""
    exported = YOLO(weights).export(format="onnx", device="cpu")
    arms = {
        "pytorch-rect": (YOLO(weights), {"rect": True}),
        "pytorch-square": (YOLO(weights), {"rect": False}),
        "onnx-fp32": (YOLO(exported, task="detect"), {}),
    }
    found = {
        arm: {
            path.name: model.predict(path, **OPTIONS, **options)[0].boxes.data.tolist()
            for path in sorted(Path(images).iterdir())
        }
        for arm, (model, options) in arms.items()
    }
    Path(destination).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
