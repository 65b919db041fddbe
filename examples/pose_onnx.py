"""Find objects and their keypoints with an Ultralytics ONNX file, NumPy, OpenCV and ONNX Runtime.

Copy this file into your project. It gives what ``YOLO("model.onnx").predict`` does, bit for bit.

    python pose_onnx.py model.onnx bus.jpg --conf 0.25 --iou 0.7
"""

import argparse
import ast

import cv2
import numpy as np
import onnxruntime


class PoseEstimator:
    """A YOLOv8 or later pose model, of fixed or dynamic input, with or without NMS in the graph."""

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
        self.keypoint_shape = ast.literal_eval(about["kpt_shape"])

    def __call__(self, image, conf=0.25, iou=0.7, max_det=300):
        """Return boxes (N, 4), scores (N,), class ids (N,) and keypoints (N, K, 2 or 3).

        Boxes are x1, y1, x2, y2; keypoints are x, y and visibility; all in image px.
        The image is (height, width, 3) uint8 in BGR order, as OpenCV reads it.
        """
        tensor = self.preprocess(image)
        outputs = self.session.run(None, {self.input.name: tensor})
        output = outputs[0][0].astype(np.float32)
        if self.end2end:
            rows = output[output[:, 4] > np.float32(conf)][:max_det]
            boxes, scores, extras = rows[:, :4], rows[:, 4], rows[:, 6:]
            class_ids = rows[:, 5].astype(np.int32)
        else:
            boxes, scores, class_ids, extras = decode(output, conf, len(self.names))
            kept = nms(boxes, scores, class_ids, iou)[:max_det]
            boxes, scores, class_ids = boxes[kept], scores[kept], class_ids[kept]
            extras = extras[kept]
        shapes = tensor.shape[2:], image.shape[:2]
        keypoints = scale_keypoints(extras.reshape(len(extras), *self.keypoint_shape), *shapes)
        return scale_boxes(boxes, *shapes), scores, class_ids, keypoints

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
    """Keep the anchors that score above conf; output is (4 + classes + keypoints, anchors)."""
    scores = output[4 : 4 + classes]
    best = scores.max(axis=0)
    kept = np.flatnonzero(best > np.float32(conf))
    centres, half = output[:2, kept].T, output[2:4, kept].T / 2
    boxes = np.concatenate([centres - half, centres + half], axis=1)
    class_ids = scores[:, kept].argmax(axis=0).astype(np.int32)
    return boxes, best[kept], class_ids, np.ascontiguousarray(output[4 + classes :, kept].T)


def nms(boxes, scores, class_ids, iou):
    """Return the indices of the boxes that class-wise NMS keeps, best first."""
    offsets = class_ids.astype(np.float32)[:, None] * 7680  # keeps classes apart
    order = np.argsort(-scores, kind="stable")
    kept = []
    x1, y1, x2, y2 = (boxes + offsets)[order].T
    while len(order):
        kept.append(order[0])
        width = np.maximum(np.minimum(x2[0], x2) - np.maximum(x1[0], x1), 0)
        height = np.maximum(np.minimum(y2[0], y2) - np.maximum(y1[0], y1), 0)
        area, intersection = (x2 - x1) * (y2 - y1), width * height
        with np.errstate(invalid="ignore"):  # boxes of zero area
            overlap = intersection / (area[0] + area - intersection)
        left = ~(overlap.astype(np.float64) > iou)
        left[0] = False
        order, x1, y1, x2, y2 = order[left], x1[left], y1[left], x2[left], y2[left]
    return np.array(kept, int)


def scale_boxes(boxes, input_shape, image_shape):
    """Map boxes back to image coordinates; rounded sides give each axis a gain of its own."""
    gain = min(input_shape[0] / image_shape[0], input_shape[1] / image_shape[1])
    fitted = [max(round(side * gain), 1) for side in image_shape]
    top, left = (round((a - b) / 2 - 0.1) for a, b in zip(input_shape, fitted, strict=True))
    x = ((boxes[:, 0::2] - left) / (fitted[1] / image_shape[1])).clip(0, image_shape[1])
    y = ((boxes[:, 1::2] - top) / (fitted[0] / image_shape[0])).clip(0, image_shape[0])
    return np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=1)


def scale_keypoints(keypoints, input_shape, image_shape):
    """Map keypoints back to image coordinates; the visibility, where there is one, stays."""
    keypoints = keypoints.copy()
    points = keypoints[..., :2].reshape(-1, 2)
    keypoints[..., :2] = scale_boxes(np.tile(points, 2), input_shape, image_shape)[:, :2].reshape(
        keypoints[..., :2].shape
    )
    return keypoints


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("images", nargs="+")
    parser.add_argument("--conf", type=float, default=0.25)
    parser.add_argument("--iou", type=float, default=0.7)
    arguments = parser.parse_args()
    estimator = PoseEstimator(arguments.model)
    for path in arguments.images:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        found = estimator(pixels, arguments.conf, arguments.iou)
        for box, score, class_id, keypoints in zip(*found, strict=True):
            corners = " ".join(f"{side:.1f}" for side in box)
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y, *_ in keypoints)
            print(f"{path}: {estimator.names[class_id]} {score:.3f} at {corners}: {points}")
