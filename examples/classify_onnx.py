"""Classify images with an Ultralytics ONNX file, NumPy, OpenCV and ONNX Runtime.

Copy this file into your project. It gives the probabilities of
``YOLO("model.onnx").predict``, bit for bit.

    python classify_onnx.py model.onnx bus.jpg
"""

import argparse
import ast

import cv2
import numpy as np
import onnxruntime


class Classifier:
    """A YOLOv8 or later classification model."""

    def __init__(self, path, threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(path, options, providers=providers)
        about = self.session.get_modelmeta().custom_metadata_map
        self.input = self.session.get_inputs()[0]
        self.names = ast.literal_eval(about["names"])
        sides = self.input.shape[2:]
        fixed = all(isinstance(side, int) for side in sides)
        self.size = tuple(sides if fixed else ast.literal_eval(about["imgsz"]))

    def __call__(self, image):
        """Return the probabilities of all classes, (classes,).

        The image is (height, width, 3) uint8 in BGR order, as OpenCV reads it.
        """
        tensor = self.preprocess(image)
        return self.session.run(None, {self.input.name: tensor})[0][0].astype(np.float32)

    def preprocess(self, image):
        """Resize the shorter side to that of the input and keep the centre."""
        height, width = image.shape[:2]
        side = self.size[0]
        if self.size[0] != self.size[1]:
            shape = self.size
        elif height <= width:
            shape = side, int(side * width / height)
        else:
            shape = int(side * height / width), side
        image = resize(image, shape)
        top, left = (round((a - b) / 2) for a, b in zip(shape, self.size, strict=True))
        image = image[top : top + self.size[0], left : left + self.size[1]]
        batch = self.input.shape[0] if isinstance(self.input.shape[0], int) else 1
        tensor = np.zeros((batch, 3, *self.size), np.float32)
        tensor[0] = image[..., ::-1].transpose(2, 0, 1)  # BGR to RGB, HWC to CHW
        tensor[0] /= np.float32(255)
        return tensor.astype(np.float16) if "float16" in self.input.type else tensor


def resize(image, shape):
    """Resize as Pillow does with BILINEAR: averaging over all px that a new px covers."""
    for axis in (1, 0):  # columns first, rounded to uint8 in between
        if image.shape[axis] != shape[axis]:
            lines = np.moveaxis(image, axis, 0).astype(np.int64)
            summed = [
                np.tensordot(weights, lines[first : first + len(weights)], axes=1)
                for first, weights in taps(image.shape[axis], shape[axis])
            ]
            levels = (np.stack(summed) + (1 << 21)) >> 22
            image = np.moveaxis(levels.clip(0, 255).astype(np.uint8), 0, axis)
    return image


def taps(old, new):
    """Yield for every new px the first old one that counts and the weights, in units of 2^-22."""
    scale = old / new
    spread = max(scale, 1.0)
    for i in range(new):
        centre = (i + 0.5) * scale
        first, end = max(int(centre - spread + 0.5), 0), min(int(centre + spread + 0.5), old)
        distances = np.abs(np.arange(first, end) - centre + 0.5) / spread
        weights = np.maximum(1.0 - distances, 0.0)
        yield first, np.floor(weights / weights.sum() * (1 << 22) + 0.5).astype(np.int64)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("images", nargs="+")
    arguments = parser.parse_args()
    classifier = Classifier(arguments.model)
    for path in arguments.images:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        probabilities = classifier(pixels)
        best = np.argsort(-probabilities, kind="stable")[:5]
        labels = ", ".join(f"{classifier.names[i]} {probabilities[i]:.3f}" for i in best)
        print(f"{path}: {labels}")
