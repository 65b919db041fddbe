"""Malformed input for the readers: of boxes, labels, arrays, recordings and configurations.

*Spoiled* input is made by hypothesis: a correct document in which values are replaced, removed,
renamed or doubled. *Mutants* are files in which tokens or bytes are, fast enough for a million of
them; the same number gives the same mutant.
"""

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

IMAGES = {"a.jpg": (480, 640), "sub/b.png": (100, 200), "000000000036.jpg": (50, 50)}
NAMES = {0: "person", 1: "bicycle", 2: "car"}

DIGITS = "9" * 5000
HUGE = "@huge@"
"""Stands for a number of 5,000 digits, which ``json.dumps`` cannot write."""

WORDS = [
    *["", " ", "²", "٣", "1_000", "nan", "-inf", "1e999", "0x10", "1.7", "-0.5", "90", "50%", "%"],
    *["0.0", "1,5", "a" * 5000, "a/" * 5000, "\0", "\n", "\ud800", "\u2028", "=1+1", "../a.jpg"],
    *["[1, 2, 3, 4]", "{'x1': 1}", "[" * 300, "car", "a.jpg", "A", "None", "null", DIGITS],
]
NUMBERS = [
    *[0, 1, -1, 2, 36, 90, 2**31, 2**53 + 1, 2**70, 10**400, -(10**300), 0.5, 1.7, -0.5, 1e308],
    *[float("nan"), float("inf"), -0.0, 1e-320, HUGE, True, False, None],
]
nasty = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(WORDS),
    st.sampled_from([[], {}, [[]], [1, 2], {"a": [1]}, [None], {"x": {"y": {"z": {}}}}]),
)

BOX = [10, 20, 30, 60]
ENTRY = {"image": "a.jpg", "box": BOX, "score": 0.5, "label": "car"}
COCO = {"image_id": 36, "bbox": BOX, "score": 0.5, "category_id": 2}
LIST = {"file_name": "sub/b.png", "boxes": [BOX, BOX], "scores": [0.5, 0.25], "class_ids": [0, 2]}
OWN = {"name": "a.jpg", "reason": "", "boxes": [BOX], "scores": [0.5], "class_ids": [1]}
ROW = ["a.jpg", *BOX, 0.5, 2]

DOCUMENTS: dict[str, list[Any]] = {
    "COCO results": [
        [COCO, COCO | {"score": 0.25}],
        {
            "images": [{"id": 36, "file_name": "a.jpg"}, {"id": 7, "file_name": "sub/b.png"}],
            "categories": [{"id": 2, "name": "car"}, {"id": 1, "name": "dog"}],
            "annotations": [COCO, COCO | {"image_id": 7}],
        },
    ],
    "JSON with a box per entry": [
        [ENTRY, {"path": "b.png", "xywh": BOX, "conf": "50%", "class_id": 0}],
        [{"image": "a", "x1": 1, "y1": 2, "x2": 3, "y2": 4, "class": "2.0"}, {"image": "z.jpg"}],
        {"conf": 0.25, "iou": 0.5, "box_format": "xyxy", "images": ["a.jpg"], "results": [ENTRY]},
    ],
    "JSON with a list per image": [
        [LIST, {"image": "a.jpg", "detections": [{"bbox": BOX, "score": 0.5, "class_id": 2}]}],
        [{"image": "a.jpg", "detections": [ROW[1:], ROW[1:]]}, {"image": "b.png", "boxes": []}],
    ],
    "JSON with lists by image name": [
        {"a.jpg": [ROW[1:]], "b.png": []},
        {
            "a.jpg": [{"box": BOX, "class": 1}],
            "000000000036.jpg": LIST | {"file_name": "x/000000000036.jpg"},
        },
        {"results": {"a.jpg": json.dumps([{"box": BOX, "class": 1}])}},
    ],
    "detections of this workflow": [
        {
            "schema": "yolo-parity/detections/1",
            "made_by": {"thresholds": {"conf": 0.25, "iou": 0.5, "max_det": 300}},
            "images": [OWN, OWN | {"name": "b.png", "boxes": [], "scores": [], "class_ids": []}],
        }
    ],
    "rows without a header": [[ROW, ["b.png", *ROW[1:]]]],
    "JSON labels": [
        {"a.jpg": {"car": 0.75, "person": 0.25}, "b.png": {"car": 0.5}},
        {"a.jpg": [["car", 0.75], ["person", 0.25]]},
        [{"image": "a.jpg", "labels": ["car", 0], "probabilities": [0.75, 0.25]}],
    ],
}
"""Correct documents of the JSON formats."""

HEADER = "image,x1,y1,x2,y2,score,label\n"
TEXTS: dict[str, list[str]] = {
    "CSV": [
        HEADER + "a.jpg,10,20,30,60,0.5,car\nb.png,1,2,3,4,50%,2.0\nz.jpg,,,,,,\n",
        'image;box;conf;class_id\na.jpg;"[10, 20, 30, 60]";0.5;2\n',
        "file\tcx\tcy\tw\th\tconf\tcls\na.jpg\t0.5\t0.5\t0.1\t0.2\t0.9\t0\n",
    ],
    "rows without a header": ["a.jpg,10,20,30,60,0.5,car\nb.png,1,2,3,4,0.25,dog\n"],
    "JSON with a box per entry": [f"{json.dumps(ENTRY)}\n{json.dumps({'image': 'b.png'})}\n"],
    "a JSON or CSV file per image": [
        'name,class,confidence,box\ncar,2,0.5,"[10, 20, 30, 60]"\n',
        "name,class,confidence,x1,y1,x2,y2\ncar,2,0.5,10,20,30,60\nperson,0,0.75,1,2,3,4\n",
    ],
    "label rows": ["0.75 car\n0.25 person\n", "car 0.75\nperson 0.25\n"],
    "shape text files": [
        "2 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5 0.75\n0 0.2 0.1 0.3 0.2 0.2 0.3 0.1 0.2 0.5\n",
        "imagesource:x\ngsd:1\n10 20 30 20 30 60 10 60 car 0\n",
    ],
    "YOLO text files": ["2 0.5 0.5 0.1 0.2 0.75\n0 0.25 0.5 0.1 0.2 0.5\n", "10 20 30 60 0.5 2\n"],
}
"""Correct files of the formats."""

TASK_OF = {"JSON labels": "classify", "label rows": "classify", "shape text files": "obb"}
"""What the files of a format hold, if it is more or less than boxes."""

RUNS = {"size": [480, 640], "counts": [1000, 50, 306150]}
POINTS = [12, 25, 2, 0, 0, 0]
"""Two keypoints, of which one is not labelled."""
CORNERS = [[10, 20, 30, 20, 30, 60, 10, 60]]

OUTLINE = [[10, 20], [30, 20], [30, 60], [10, 60]]
INSIDE = {"size": [480, 640], "counts": [4820, *[40, 440] * 19, 40, 640 * 480 - 29 * 480 - 60]}
"""What an outline encloses, column by column."""
BOTH = [[12, 25], [0, 0]]
SHAPED = {
    "pose": [
        [ENTRY | {"keypoints": POINTS, "kpts": BOTH, "landmarks": {"x": [12, 0], "y": [25, 0]}}],
        [ENTRY | {"kp0_x": 12, "kp0_y": 25, "kp1_x": 0, "kp1_y": 0, "keypoint": [12, 25, 0, 0]}],
        [LIST | {"keypoints": [POINTS, POINTS], "landmarks": [BOTH, BOTH]}],
    ],
    "obb": [
        [ENTRY | {"xywhr": [20, 40, 20, 40, 0], "corners": OUTLINE, "polygon": CORNERS}],
        [ENTRY | {"center": [20, 40], "size": {"w": 20, "h": 40}, "angle": 0, "quad": OUTLINE}],
        [LIST | {"oriented": [[20, 40, 20, 40, 0]] * 2, "quads": CORNERS * 2}],
    ],
    "segment": [
        [ENTRY | {"segmentation": CORNERS, "mask": INSIDE, "points": OUTLINE}],
        [ENTRY | {"rle": INSIDE, "contours": [[[point] for point in OUTLINE]], "mask_path": ""}],
        [ENTRY | {"polygon": {"x": [10, 30, 30, 10], "y": [20, 20, 60, 60]}, "rle": INSIDE}],
        [LIST | {"masks": [CORNERS, OUTLINE], "polygons": CORNERS * 2}],
    ],
}
"""Entries that say a shape in several ways, by task."""

LABELS = {
    "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.png"}],
    "categories": [{"id": 3, "name": "car"}, {"id": 4, "name": "dog"}],
    "annotations": [
        {"image_id": 1, "category_id": 3, "bbox": BOX, "area": 40.5, "iscrowd": 0},
        {"image_id": 2, "category_id": 4, "bbox": BOX, "segmentation": [[1, 2, 3, 4, 5, 6]]},
    ],
}
LABELS_OF_TASKS = {
    task: LABELS | {"annotations": [each | shape for each in LABELS["annotations"]]}
    for task, shape in {
        "detect": {},
        "segment": {"segmentation": CORNERS},
        "pose": {"keypoints": POINTS},
        "obb": {"segmentation": CORNERS},
        "classify": {},
    }.items()
}
"""Correct COCO files by task."""
LABELS_OF_TASKS["segment"]["annotations"][0]["segmentation"] = RUNS

YOLO_LABELS = {
    "detect": "2 0.5 0.5 0.1 0.2\n0 0.1 0.1 0.3 0.1 0.3 0.5\n",
    "segment": "2 0.5 0.5 0.1 0.2 0.7 0.2\n0 0.1 0.1 0.3 0.1 0.3 0.5 0.2 0.4\n",
    "pose": "2 0.5 0.5 0.1 0.2 0.5 0.5 2 0 0 0\n0 0.5 0.5 0.1 0.2 0.5 0.5 0.1 0.1\n",
    "obb": "2 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5\n0 0.2 0.1 0.3 0.2 0.2 0.3 0.1 0.2\n",
}
"""Correct text files by task."""

MANIFEST = {
    "schema": "yolo-parity/recording/1",
    "command": ["python"],
    "folder": "/x",
    "most": 50,
    "tensors": [
        {
            "image": "/x/a.jpg",
            "assigned": "content",
            "library": "torch",
            "network": "Yolo",
            "input": "",
            "tensor": "1.input.npy",
            "outputs": [{"name": "o", "file": "1.output0.npy", "shape": [1, 5, 7]}],
        }
    ],
    "notes": ["Full."],
}

CONFIG = {
    "models": {"a": {"weights": "a.pt", "trust": False}},
    "images": "images",
    "imgsz": [640, 320],
    "exports": {"fp32": {"opset": 18, "dynamic": True}, "int8": {"quantize": 8}},
    "thresholds": {"conf": 0.25, "iou": 0.45, "max_det": 300},
    "sweep": {"conf": {"start": 0.05, "stop": 0.9, "step": 0.05}, "iou": [0.45, 0.5]},
    "external": {"mine": {"inject": [], "names": ["person"], "raw_shape": [1, 84, 8400]}},
    "tolerances": {"missing": 1, "box_px": 0.5},
    "gate": ["geometry"],
    "images_per_job": "auto",
    "device": "cpu",
}


def places_of(document: Any) -> list[tuple[Any, Any]]:
    """Return every container of a document with every key or index in it."""
    if isinstance(document, dict):
        keys: list[Any] = list(document)
    elif isinstance(document, list):
        keys = list(range(len(document)))
    else:
        return []
    return [place for key in keys for place in [(document, key), *places_of(document[key])]]


@st.composite
def spoiled(draw: st.DrawFn, correct: list[Any]) -> Any:
    """Return one of some documents, in which one to three values are wrong."""
    found = json.loads(json.dumps(draw(st.sampled_from(correct))))
    for _ in range(draw(st.integers(1, 3))):
        places = places_of(found)
        if not places:
            return copy.deepcopy(draw(nasty))
        container, key = draw(st.sampled_from(places))
        kind = draw(st.sampled_from(["replace", "replace", "remove", "rename", "double"]))
        if kind == "remove":
            del container[key]
        elif kind == "double" and isinstance(container, list):
            container.insert(key, container[key])
        elif kind == "rename" and isinstance(container, dict):
            container[draw(st.sampled_from(WORDS))] = container.pop(key)
        else:
            container[key] = copy.deepcopy(draw(nasty))
    return found


def as_text(document: Any) -> str:
    """Return a document as JSON, with what ``json.dumps`` cannot write."""
    return json.dumps(document).replace(f'"{HUGE}"', DIGITS)


def files_of(name: str) -> list[bytes]:
    """Return correct files of a format."""
    documents = [json.dumps(document) for document in DOCUMENTS.get(name, [])]
    return [text.encode() for text in [*documents, *TEXTS.get(name, [])]]


TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[-+\w.]+|\s+|.', re.DOTALL)
TOKENS = [
    *[b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-1", b"1.7", b'"0.0"', b"90", b"-0.5"],
    *[b"1e308", b"1180591620717411303424", DIGITS.encode(), b'"\\ud800"', '"²"'.encode(), b"[]"],
    *[b"{}", b"[[1]]", b'"a.jpg"', b'"z/a.jpg"', b"36", b'"box"', b'"image"', b"[" * 300, b'""'],
    *[b"\\u0000", b"\0", b"\xff", b"\xef\xbb\xbf", b'"', b"'", b"[", b"]", b"{", b"}", b",", b":"],
    *[b"\n", b"\r", b";", b"\t", b" ", b"\\", b"-", b"%", b"#", b"&a ", b"*a", b"!!set ", b"<<: "],
    *["é".encode("latin-1"), "\u2028".encode(), b"a" * 5000, b"a/" * 3000, b"0" * 140_000],
]


def mutants(correct: list[bytes], numbers: range) -> Iterator[tuple[int, bytes]]:
    """Yield the mutants of some correct files that have some numbers."""
    split = [TOKEN.findall(data) for data in correct]
    for number in numbers:
        choose = random.Random(number)  # noqa: S311
        tokens = list(choose.choice(split))
        for _ in range(choose.randint(1, 4)):
            place = choose.randrange(len(tokens)) if tokens else 0
            other = choose.randrange(len(tokens)) if tokens else 0
            kind = choose.randrange(8)
            if kind < 3:
                tokens[place : place + 1] = [choose.choice(TOKENS)]
            elif kind == 3:
                del tokens[place : place + choose.randint(1, 3)]
            elif kind == 4:
                tokens[place:place] = tokens[other : other + choose.randint(1, 8)]
            elif kind == 5:
                tokens[place : place + 1] = tokens[other : other + 1]
            else:
                tokens[place:place] = [choose.choice(TOKENS)]
        data = b"".join(tokens)
        kind = choose.randrange(60)
        if kind == 0:
            data = data[: choose.randrange(len(data) + 1)]
        elif kind == 1:
            data = data.decode(errors="ignore").encode("utf-16")
        elif kind == 2 and data:
            data = bytes(choose.randrange(256) if choose.random() < 0.05 else b for b in data)
        yield number, data
