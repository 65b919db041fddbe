"""Programs around the lines of fixes, so that they run: numbers go in and come out as text."""

import ast
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from parity.diagnosis.fixes.fix import FIXES, FixValues, fill_in
from parity.diagnosis.languages import Language

VALUES = [
    FixValues(96, 96, None, classes=3, conf=0.25, iou=0.7, max_det=300),
    FixValues(64, 96, None, classes=3, conf=0.001, iou=0.45, max_det=5),
    FixValues(160, 96, 32, classes=3, conf=0.4, iou=0.5, max_det=20),
]
"""A square, a rectangle, and minimal rectangles in the largest."""

Arrays = dict[str, np.ndarray]
Run = Callable[[str, int, Arrays], Arrays]
"""Runs a step, with values of a place in VALUES: arrays by name go in and come out."""

HEADERS = "/usr/include/opencv4"
"""Where Debian's libopencv-imgproc-dev puts OpenCV's headers."""

STEPS = {
    "letterbox": ("letterbox", "input_tensor"),
    "resizing": ("resizing",),
    "decoding": ("decoding",),
    "nms": ("nms",),
    "rescaling": ("rescaling",),
    "clipping": ("clipping",),
    "units": ("units",),
    "origin": ("origin",),
    "centre": ("centre",),
    "turning": ("turning",),
    "corners": ("corners",),
    "fractions": ("fractions",),
    "thresholds": ("conf", "iou", "max_det"),
}
"""The subjects whose lines each step runs in Python, C++ and JavaScript."""


def lines(subject: str, language: Any, values: FixValues) -> str:
    return FIXES[subject].lines(language, values)


def run_python(step: str, place: int, given: Arrays) -> Arrays:
    """Run a step in this process."""
    names: dict[str, Any] = {"np": np, "cv2": cv2, "ast": ast, **given}
    if step == "rescaling":
        names |= {"canvas": np.empty(given["input"]), "image": np.empty(given["size"])}
    if step in {"clipping", "units", "origin", "centre", "turning"}:
        names |= dict(zip(("image_h", "image_w"), given["size"].tolist(), strict=True))
    if step == "resizing":
        names |= dict(zip(("new_h", "new_w"), given["size"].tolist(), strict=True))
    if step in {"corners", "fractions"}:
        keys = ("x", "y", "w", "h") if step == "corners" else ("x1", "y1", "x2", "y2")
        names |= dict(zip(keys, given["numbers"], strict=True))
    if step == "decoding":
        names["output"] = given["raw"][None]
    for subject in STEPS[step]:
        exec(lines(subject, "python", VALUES[place]), names)  # noqa: S102 - what is tested
    if step == "thresholds":
        names["numbers"] = [names["conf"], names["iou"], names["max_det"]]
    if step == "letterbox":
        names["tensor"] = names["tensor"][0]
    return {name: np.asarray(value) for name, value in names.items() if isinstance(value, Result)}


Result = np.ndarray | list

CPP_HEAD = r"""
#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>
#include <opencv2/imgproc.hpp>

using Boxes = std::vector<std::array<float, 4>>;
template <class T> std::vector<T> take() {
    size_t many;
    std::cin >> many;
    std::vector<double> found(many);
    for (auto &each : found) std::cin >> each;
    return std::vector<T>(found.begin(), found.end());
}
template <class T> void give(const std::string &name, const T *first, size_t many) {
    std::cout << name << " " << many;
    for (size_t i = 0; i < many; i++) std::cout << " " << +first[i];
    std::cout << "\n";
}
template <class T> void give(const std::string &name, const std::vector<T> &all) {
    give(name, all.data(), all.size());
}
void give(const std::string &name, const Boxes &all) {
    give(name, all.data()->data(), 4 * all.size());
}
void give(const std::string &name, const cv::Mat &all) {
    give(name, all.data, all.total() * all.elemSize());
}
cv::Mat take_image() {
    auto shape = take<int>();
    auto levels = take<uchar>();
    return cv::Mat(shape[0], shape[1], CV_8UC3, levels.data()).clone();
}
cv::Mat take_size() {
    auto size = take<int>();
    return cv::Mat(size[0], size[1], CV_8U);
}
Boxes take_boxes() {
    auto flat = take<float>();
    Boxes boxes(flat.size() / 4);
    for (size_t i = 0; i < flat.size(); i++) boxes[i / 4][i % 4] = flat[i];
    return boxes;
}
"""

CPP_STEPS = {
    "letterbox": (
        "cv::Mat image = take_image();",
        'give("canvas", canvas); give("tensor", tensor);',
    ),
    "resizing": (
        "cv::Mat image = take_image(); auto s = take<int>(); int new_h = s[0], new_w = s[1];",
        'give("resized", resized);',
    ),
    "decoding": (
        "auto output = take<float>(); int anchors = output.size() / 7;",
        'give("boxes", boxes); give("scores", scores); give("class_ids", class_ids);',
    ),
    "nms": (
        "Boxes boxes = take_boxes(); auto scores = take<float>(); auto class_ids = take<int>();",
        'give("kept", kept);',
    ),
    "rescaling": (
        "cv::Mat canvas = take_size(), image = take_size(); Boxes boxes = take_boxes();",
        'give("boxes", boxes);',
    ),
    "clipping": (
        "cv::Mat image = take_size(); Boxes boxes = take_boxes();",
        'give("boxes", boxes);',
    ),
    "units": ("cv::Mat image = take_size(); Boxes boxes = take_boxes();", 'give("boxes", boxes);'),
    "origin": ("cv::Mat image = take_size(); Boxes boxes = take_boxes();", 'give("boxes", boxes);'),
    "centre": ("cv::Mat image = take_size(); Boxes boxes = take_boxes();", 'give("boxes", boxes);'),
    "turning": (
        "cv::Mat image = take_size(); Boxes boxes = take_boxes();",
        'give("boxes", boxes);',
    ),
    "corners": (
        "auto n = take<float>(); float x = n[0], y = n[1], w = n[2], h = n[3];",
        'give("corners", Boxes{corners});',
    ),
    "fractions": (
        "auto n = take<float>(); float x1 = n[0], y1 = n[1], x2 = n[2], y2 = n[3];",
        'give("box", Boxes{box});',
    ),
    "thresholds": ("", 'give("numbers", std::vector<float>{conf, iou, float(max_det)});'),
}
"""What stands before and after the lines of each step in C++."""


TOGETHER = {
    "cpp": (
        "cv::Mat image; std::vector<float> output; int anchors = 0;",
        "float x = 0, y = 0, w = 0, h = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0;",
    ),
    "javascript": ("let image, output, x, y, w, h, x1, y1, x2, y2;",),
}
"""What stands before the lines of all steps, in one function."""


def check_together(language: Language) -> None:
    """Check that the lines of all steps can stand in one function: no name is declared twice."""
    subjects = [subject for step in STEPS.values() for subject in step]
    body = "\n".join([*TOGETHER[language], fill_in(subjects, VALUES[0])[language]])
    if language == "cpp":
        text = f"{CPP_HEAD}\nvoid all() {{\n{body}\n}}"
        command = ["g++", "-std=c++17", "-fsyntax-only", "-isystem", HEADERS, "-xc++", "-"]
    else:
        text, command = f'"use strict";\n(() => {{\n{body}\n}});', ["node", "--check", "-"]
    ended = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def cpp_program() -> str:
    """Return a program that runs every step in C++."""
    functions = [CPP_HEAD]
    calls = []
    for place, values in enumerate(VALUES):
        for step, (before, after) in CPP_STEPS.items():
            body = [before, *(lines(s, "cpp", values) for s in STEPS[step]), after]
            functions.append("\n".join([f"void {step}_{place}() {{", *body, "}"]))
            calls.append(f'    if (step == "{step}_{place}") {step}_{place}();')
    main = ["int main() {", "    std::string step;", "    std::cin >> step;"]
    main += ["    std::cout << std::setprecision(9);", *calls, "}"]
    return "\n".join([*functions, *main])


def build_cpp(folder: Path) -> Run:
    """Compile the program and return what runs it."""
    source, program = folder / "fixes.cpp", folder / "fixes"
    source.write_text(cpp_program())
    flags = ["-std=c++17", "-Wall", "-Werror", "-isystem", HEADERS]
    libraries = ["-lopencv_imgproc", "-lopencv_core"]
    command = ["g++", *flags, str(source), "-o", str(program), *libraries]
    subprocess.run(command, check=True, capture_output=True, text=True)

    def run(step: str, place: int, given: Arrays) -> Arrays:
        text = [f"{step}_{place}"]
        for name, array in given.items():
            if name == "image":
                text.append(f"3 {array.shape[0]} {array.shape[1]} 3")
            text.append(" ".join(map(repr, [array.size, *array.ravel().tolist()])))
        ended = subprocess.run(
            [program], input="\n".join(text), check=True, capture_output=True, text=True
        )
        words = [line.split(" ") for line in ended.stdout.splitlines()]
        return {name: np.array(numbers, float) for name, _, *numbers in words}

    return run


JS_HEAD = """
const resize = (image, newW, newH) => {
  RESIZING
  return resized;
};

class OffscreenCanvas {
  constructor(width, height) { Object.assign(this, { width, height }); }
  getContext() {
    const canvas = this, data = new Uint8ClampedArray(4 * this.width * this.height);
    const at = (x, y) => 4 * (y * canvas.width + x);
    return {
      fillRect(left, top, width, height) {
        const levels = [...this.fillStyle.match(/\\d+/g).map(Number), 255];
        for (let y = top; y < top + height; y++)
          for (let x = left; x < left + width; x++) data.set(levels, at(x, y));
      },
      drawImage(image, left, top, width, height) {
        const drawn = resize(image, width, height);
        for (let y = 0; y < height; y++)
          data.set(drawn.data.subarray(4 * y * width, 4 * (y + 1) * width), at(left, top + y));
      },
      getImageData: () => ({ data }),
    };
  }
}

const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const size = (name) => ({ height: given[name][0], width: given[name][1] });
const flat = (all) => Array.from(all).flat();
const { boxes, scores, class_ids: classIds } = given;
"""

JS_STEPS = {
    "letterbox": ("const { image } = given;", "({ canvas: flat(data), tensor: flat(tensor) })"),
    "resizing": (
        "const { image } = given, [newH, newW] = given.size;",
        "({ resized: flat(resized.data) })",
    ),
    "decoding": (
        "const output = given.raw.flat();",
        "({ boxes: flat(boxes), scores, class_ids: classIds })",
    ),
    "nms": ("", "({ kept })"),
    "rescaling": (
        'const canvas = size("input"), image = size("size");',
        "({ boxes: flat(rescaled) })",
    ),
    "clipping": ('const image = size("size");', "({ boxes: flat(clipped) })"),
    "units": ('const image = size("size");', "({ boxes: flat(inPx) })"),
    "origin": ('const image = size("size");', "({ boxes: flat(counted) })"),
    "centre": ('const image = size("size");', "({ boxes: flat(moved) })"),
    "turning": ('const image = size("size");', "({ boxes: flat(movedBack) })"),
    "corners": ("const [x, y, w, h] = given.numbers;", "({ corners })"),
    "fractions": ("const [x1, y1, x2, y2] = given.numbers;", "({ box })"),
    "thresholds": ("", "({ numbers: [conf, iou, maxDet] })"),
}
"""What stands before the lines of each step in JavaScript, and what they result in."""


def run_javascript(step: str, place: int, given: Arrays) -> Arrays:
    """Run a step with Node.js; what is an image in BGR becomes one in RGBA, and back."""
    values = VALUES[place]
    before, after = JS_STEPS[step]
    head = JS_HEAD.replace("RESIZING", lines("resizing", "javascript", values))
    body = [before, *(lines(s, "javascript", values) for s in STEPS[step])]
    shown = f"process.stdout.write(JSON.stringify{after});"
    program = "\n".join(['"use strict";', head, "{", *body, shown, "}"])
    plain: dict[str, Any] = {name: array.tolist() for name, array in given.items()}
    if "image" in given:
        height, width = given["image"].shape[:2]
        rgba = cv2.cvtColor(given["image"], cv2.COLOR_BGR2RGBA)
        plain["image"] = {"data": rgba.ravel().tolist(), "width": width, "height": height}
    ended = subprocess.run(
        ["node", "-e", program],  # noqa: S607
        input=json.dumps(plain),
        check=True,
        capture_output=True,
        text=True,
    )
    found = {name: np.array(value, float) for name, value in json.loads(ended.stdout).items()}
    for name in {"canvas", "resized"} & set(found):
        found[name] = found[name].reshape(-1, 4)[:, 2::-1]
    return found
