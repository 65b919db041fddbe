"""What a recording says of itself: ``manifest.json``, and ``manifest-<pid>.json`` per process."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar

MANIFEST = "manifest.json"
MANIFESTS = "manifest*.json"
"""One per process of the program that fed a network."""

RECORDED = ("manifest*.json", "[0-9a-f]*.input.npy", "[0-9a-f]*.output*.npy")
"""All that a recording consists of."""


@dataclass
class RecordedOutput:
    """One output of the network for one image: its name, and a ``.npy`` of shape (1, …)."""

    name: str
    file: str
    shape: list[int]


@dataclass
class RecordedTensor:
    """What a network was fed for one image."""

    image: str | None
    """Path of the image, absolute; None if it is not certain which image it was."""
    assigned: str
    """Why it is this image: the tensor looks like it and like no other image that was read, or it
    was the only image that its thread read before; empty without an image."""
    library: str
    """``onnxruntime``, ``cv2.dnn``, ``openvino`` or ``torch``."""
    network: str
    """The file of the network, or its class, if the library tells."""
    input: str
    """Name of the network's input; empty if the library does not tell."""
    tensor: str
    """A ``.npy`` in the folder, of shape (1, 3, H, W) or (1, H, W, 3), in the dtype that was
    fed."""
    outputs: list[RecordedOutput] = field(default_factory=list)
    """The raw outputs of the network."""


@dataclass
class Manifest:
    """A recording, or the part of it that one process of the program made."""

    SCHEMA: ClassVar[str] = "recording/1"

    command: list[str]
    """What was recorded."""
    folder: str
    """Where it ran."""
    most: int
    """Tensors that are recorded at most."""
    tensors: list[RecordedTensor] = field(default_factory=list)
    """In the order in which they were fed."""
    notes: list[str] = field(default_factory=list)
    """A sentence on each thing that is not recorded."""

    def write(self, path: Path) -> None:
        """Write the manifest, so that no reader ever sees half of it."""
        document = {"schema": f"yolo-parity/{self.SCHEMA}", **asdict(self)}
        temporary = path.with_name(f".{os.getpid()}.{path.name}")
        temporary.write_text(json.dumps(document, indent=1) + "\n")
        temporary.replace(path)
