"""Limits on what a file from outside may cost; the key ``limits`` of the configuration.

They reach every process of a run through its environment, and OpenCV reads its own from there. Only
the limit of pixels is a parameter of rules besides: the others change no result.
"""

import os
import re
from dataclasses import dataclass
from typing import Self

PIXELS = "OPENCV_IO_MAX_IMAGE_PIXELS"
"""Read by OpenCV when it is imported."""

GRAPH_SECONDS = "YOLO_PARITY_GRAPH_SECONDS"
GRAPH_MB = "YOLO_PARITY_GRAPH_MB"
TEXT_MB = "YOLO_PARITY_TEXT_MB"

NUMBER = re.compile(r"\d{1,18}(\.\d+)?", re.ASCII)
WHOLE = re.compile(r"\d{1,18}", re.ASCII)
OTHERS = tuple(f"OPENCV_IO_MAX_IMAGE_{side}" for side in ("WIDTH", "HEIGHT", "PARAMS"))
"""Further limits of OpenCV, which would refuse images by them."""


@dataclass(frozen=True)
class Limits:
    """How much a file may cost."""

    pixels: int = 1 << 30
    """Of an image; OpenCV's own limit by default."""
    graph_seconds: float = 60.0
    """Until an ONNX graph is checked or loaded, or has run on one image."""
    graph_mb: float = 2000.0
    """Memory that this takes, MB."""
    text_mb: float = 2000.0
    """Memory that reading boxes or labels takes, MB."""

    @classmethod
    def current(cls) -> Self:
        """Return the limits of this process."""
        return cls(
            pixels=int(os.environ.get(PIXELS, cls.pixels)),
            graph_seconds=float(os.environ.get(GRAPH_SECONDS, cls.graph_seconds)),
            graph_mb=float(os.environ.get(GRAPH_MB, cls.graph_mb)),
            text_mb=float(os.environ.get(TEXT_MB, cls.text_mb)),
        )

    def set(self) -> None:
        """Set the limits of all processes that this one starts."""
        os.environ[PIXELS] = str(self.pixels)
        os.environ[GRAPH_SECONDS] = str(self.graph_seconds)
        os.environ[GRAPH_MB] = str(self.graph_mb)
        os.environ[TEXT_MB] = str(self.text_mb)


def forget_others() -> None:
    """Take out of the environment what limits OpenCV otherwise, and limits that are no numbers.

    OpenCV reads its limits when it is imported, and ends the process where one is no number.
    """
    for name in OTHERS:
        os.environ.pop(name, None)
    for name in (PIXELS, GRAPH_SECONDS, GRAPH_MB, TEXT_MB):
        written = WHOLE if name == PIXELS else NUMBER
        if not written.fullmatch(os.environ.get(name, "")):
            os.environ.pop(name, None)


forget_others()
