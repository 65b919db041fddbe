"""What TF32, the default of ONNX Runtime's CUDA provider, changes in the raw output.

    python -m bench.tf32 results/export/yolo11n/fp32.onnx photographs

Needs an NVIDIA GPU and requirements-cuda.txt. TF32 and float32 on the GPU, which the arms use, are
compared with the CPU.
"""

import argparse
import sys

import numpy as np
import onnxruntime

from parity.backends.onnx_network import OnnxNetwork
from parity.data.listing import find_images

CUDA = "CUDAExecutionProvider"
SEEN = 0.05
"""Boxes whose best score is lower are left out; chosen: below any usual threshold."""


def main() -> None:
    """Measure and print the largest differences."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("model", help="an export for detection with a raw output")
    arguments.add_argument("images")
    given = arguments.parse_args()
    if CUDA not in onnxruntime.get_available_providers():
        sys.exit("ONNX Runtime has no CUDA here: see requirements-cuda.txt")
    onnxruntime.preload_dlls()
    network = OnnxNetwork.load(given.model, threads=2)
    sessions = {
        name: onnxruntime.InferenceSession(given.model, providers=[(CUDA, {"use_tf32": setting})])
        for name, setting in (("float32", "0"), ("TF32", "1"))
    }
    largest = {name: np.zeros(2) for name in sessions}
    for path in find_images(given.images).values():
        tensor = network.preprocess(network.read(path))
        expected = network.forward(tensor)
        seen = expected[4:].max(axis=0) > SEEN
        for name, session in sessions.items():
            (found,) = session.run(None, {session.get_inputs()[0].name: tensor})
            off = np.abs(found[0] - expected)
            box = off[:4, seen].max(initial=0)
            largest[name] = np.maximum(largest[name], (box, off[4:].max()))
        network.release(tensor)
    for name, (box, score) in largest.items():
        print(f"{name}: boxes {box:.3g} px, scores {score:.2g}")


if __name__ == "__main__":
    main()
