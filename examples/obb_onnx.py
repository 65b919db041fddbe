"""Detect oriented objects with an Ultralytics ONNX file, NumPy, OpenCV and ONNX Runtime.

Copy this file into your project. It gives the boxes of ``YOLO("model.onnx").predict``;
a decision can differ where an overlap equals the threshold within float32.

    python obb_onnx.py model.onnx boats.jpg --conf 0.25 --iou 0.7
"""

import argparse
import ast

import cv2
import numpy as np
import onnxruntime


class OrientedDetector:
    """A YOLOv8 or later model for oriented boxes, of fixed or dynamic input."""

    def __init__(self, path, threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(path, options, providers=providers)
        about = self.session.get_modelmeta().custom_metadata_map
        self.input = self.session.get_inputs()[0]
        self.names = ast.literal_eval(about["names"])
        self.stride = int(about["stride"])
        self.dynamic = not all(isinstance(side, int) for side in self.input.shape[2:])
        self.size = ast.literal_eval(about["imgsz"]) if self.dynamic else self.input.shape[2:]
        has_nms = ast.literal_eval(about.get("args", "{}")).get("nms")
        self.end2end = has_nms or about.get("end2end") == "True"

    def __call__(self, image, conf=0.25, iou=0.7, max_det=300):
        """Return oriented boxes (N, 5), scores (N,) and class ids (N,).

        A box is cx, cy, width, height in image px and an angle in radians.
        The image is (height, width, 3) uint8 in BGR order, as OpenCV reads it.
        """
        tensor = self.preprocess(image)
        outputs = self.session.run(None, {self.input.name: tensor})
        output = outputs[0][0].astype(np.float32)
        if self.end2end:
            rows = output[output[:, 4] > np.float32(conf)][:max_det]
            boxes, scores = rows[:, [0, 1, 2, 3, -1]], rows[:, 4]
            class_ids = rows[:, 5].astype(np.int32)
        else:
            boxes, scores, class_ids = decode(output, conf, len(self.names))
            kept = nms(boxes, scores, class_ids, iou)[:max_det]
            boxes, scores, class_ids = boxes[kept], scores[kept], class_ids[kept]
        return scale_oriented(boxes, tensor.shape[2:], image.shape[:2]), scores, class_ids

    def preprocess(self, image):
        """Letterbox an image into the input tensor and scale its pixels to [0, 1]."""
        ratio = min(self.size[0] / image.shape[0], self.size[1] / image.shape[1])
        height, width = (max(round(side * ratio), 1) for side in image.shape[:2])
        border_y, border_x = self.size[0] - height, self.size[1] - width
        if self.dynamic:  # the smallest rectangle that the network accepts
            border_y, border_x = border_y % self.stride, border_x % self.stride
        top, bottom = round(border_y / 2 - 0.1), round(border_y / 2 + 0.1)
        left, right = round(border_x / 2 - 0.1), round(border_x / 2 + 0.1)
        if image.shape[:2] != (height, width):
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        grey = (114, 114, 114)
        image = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=grey)
        batch = self.input.shape[0] if isinstance(self.input.shape[0], int) else 1
        tensor = np.zeros((batch, 3, *image.shape[:2]), np.float32)
        tensor[0] = image[..., ::-1].transpose(2, 0, 1)  # BGR to RGB, HWC to CHW
        tensor[0] /= np.float32(255)
        return tensor.astype(np.float16) if "float16" in self.input.type else tensor


def decode(output, conf, classes):
    """Keep the anchors that score above conf; output is (4 + classes + 1, anchors)."""
    scores = output[4 : 4 + classes]
    best = scores.max(axis=0)
    kept = np.flatnonzero(best > np.float32(conf))
    class_ids = scores[:, kept].argmax(axis=0).astype(np.int32)
    return output[[0, 1, 2, 3, -1]][:, kept].T, best[kept], class_ids


def nms(boxes, scores, class_ids, iou):
    """Return the indices of the boxes that no better box of their class resembles, best first."""
    order = np.argsort(-scores, kind="stable")
    boxes = boxes[order].astype(np.float32)
    boxes[:, :2] += class_ids[order].astype(np.float32)[:, None] * 7680  # keeps classes apart
    alike = np.triu(probabilistic_iou(boxes), 1)  # one that is dropped itself still suppresses
    return order[~(alike.astype(np.float64) > iou).any(axis=0)]


def probabilistic_iou(boxes):
    """Return how alike oriented boxes are, (N, N): 1 minus the Hellinger distance of Gaussians."""
    x, y, width, height, angle = boxes.T
    a, b, cos, sin = width**2 / 12, height**2 / 12, np.cos(angle), np.sin(angle)
    a, b, c = a * cos**2 + b * sin**2, a * sin**2 + b * cos**2, (a - b) * cos * sin
    sum_a, sum_b, sum_c = (each[:, None] + each for each in (a, b, c))
    dx, dy = x[:, None] - x, y[:, None] - y
    least = np.float32(1e-7)
    with np.errstate(all="ignore"):
        both = sum_a * sum_b - sum_c**2
        t1 = (sum_a * dy**2 + sum_b * dx**2) / (both + least) * np.float32(0.25)
        t2 = (sum_c * -dx * dy) / (both + least) * np.float32(0.5)
        own = np.maximum(a * b - c**2, 0)
        t3 = np.log(both / (4 * np.sqrt(own[:, None] * own) + least) + least) * np.float32(0.5)
        distance = (t1 + t2 + t3).clip(least, np.float32(100))
        return 1 - np.sqrt(np.float32(1) - np.exp(-distance) + least)


def scale_oriented(boxes, input_shape, image_shape):
    """Map oriented boxes back to image coordinates."""
    gain = min(input_shape[0] / image_shape[0], input_shape[1] / image_shape[1])
    fitted = [max(round(side * gain), 1) for side in image_shape]
    top, left = (round((a - b) / 2 - 0.1) for a, b in zip(input_shape, fitted, strict=True))
    gain_x, gain_y = fitted[1] / image_shape[1], fitted[0] / image_shape[0]
    x, y, width, height, angle = boxes.T
    scaled = [(x - left) / gain_x, (y - top) / gain_y, width / gain_x, height / gain_y, angle]
    return np.stack(scaled, axis=1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("images", nargs="+")
    parser.add_argument("--conf", type=float, default=0.25)
    parser.add_argument("--iou", type=float, default=0.7)
    arguments = parser.parse_args()
    detector = OrientedDetector(arguments.model)
    for path in arguments.images:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        found = detector(pixels, arguments.conf, arguments.iou)
        for (x, y, width, height, angle), score, class_id in zip(*found, strict=True):
            where = f"{x:.1f} {y:.1f}, {width:.1f} x {height:.1f}, {np.degrees(angle):.1f} degrees"
            print(f"{path}: {detector.names[class_id]} {score:.3f} at {where}")
