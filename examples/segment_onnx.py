"""Find objects and their masks with an Ultralytics ONNX file, NumPy, OpenCV and ONNX Runtime.

Copy this file into your project. It gives the boxes of
``YOLO("model.onnx").predict(retina_masks=True)`` and its masks but for single px.

    python segment_onnx.py model.onnx bus.jpg --conf 0.25 --iou 0.7
"""

import argparse
import ast
import math

import cv2
import numpy as np
import onnxruntime


class Segmenter:
    """A YOLOv8 or later segmentation model, of fixed or dynamic input."""

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
        """Return boxes (N, 4), scores (N,), class ids (N,) and masks (N, height, width).

        Boxes are x1, y1, x2, y2 in image px; a mask is 1 where its object is.
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
        boxes = scale_boxes(boxes, tensor.shape[2:], image.shape[:2])
        masks = make_masks(outputs[1][0].astype(np.float32), extras, boxes, image.shape[:2])
        kept = masks.any(axis=(1, 2))
        return boxes[kept], scores[kept], class_ids[kept], masks[kept]

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
    """Keep the anchors that score above conf; output is (4 + classes + 32, anchors)."""
    scores = output[4 : 4 + classes]
    best = scores.max(axis=0)
    kept = np.flatnonzero(best > np.float32(conf))
    centres, half = output[:2, kept].T, output[2:4, kept].T / 2
    boxes = np.concatenate([centres - half, centres + half], axis=1)
    class_ids = scores[:, kept].argmax(axis=0).astype(np.int32)
    return boxes, best[kept], class_ids, np.ascontiguousarray(output[4 + classes :, kept].T)


def make_masks(prototypes, coefficients, boxes, shape):
    """Make masks of the size of an image and clear what lies outside of their boxes."""
    count, *low = prototypes.shape
    logits = (coefficients @ prototypes.reshape(count, -1)).reshape(-1, *low)
    gain = min(4 * low[0] / shape[0], 4 * low[1] / shape[1])
    border = [4 * full - max(round(side * gain), 1) for full, side in zip(low, shape, strict=True)]
    odd = border[0] | border[1]
    factor = 4 // math.gcd(4, odd | odd // 2)  # the least that cuts the border between px
    larger = [side * factor for side in low]
    gain = min(larger[0] / shape[0], larger[1] / shape[1])
    height, width = (max(round(side * gain), 1) for side in shape)
    top, left = round((larger[0] - height) / 2 - 0.1), round((larger[1] - width) / 2 - 0.1)
    masks = np.zeros((len(boxes), *shape), np.uint8)
    for mask, low_logits, box in zip(masks, logits, np.ceil(boxes).astype(int), strict=True):
        x1, y1, x2, y2 = box
        inside = resize(low_logits, larger)[top : top + height, left : left + width]
        mask[y1:y2, x1:x2] = resize(inside, shape)[y1:y2, x1:x2] > 0
    return masks


def resize(values, shape):
    """Resize bilinearly where the size differs."""
    if values.shape == tuple(shape):
        return values
    return cv2.resize(values, shape[::-1], interpolation=cv2.INTER_LINEAR)


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("images", nargs="+")
    parser.add_argument("--conf", type=float, default=0.25)
    parser.add_argument("--iou", type=float, default=0.7)
    arguments = parser.parse_args()
    segmenter = Segmenter(arguments.model)
    for path in arguments.images:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        found = segmenter(pixels, arguments.conf, arguments.iou)
        for box, score, class_id, mask in zip(*found, strict=True):
            corners = " ".join(f"{side:.1f}" for side in box)
            name = segmenter.names[class_id]
            print(f"{path}: {name} {score:.3f} at {corners}, {mask.sum()} px")
