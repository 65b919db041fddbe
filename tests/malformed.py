"""Malformed files of boxes, labels and arrays, and configurations, as hypothesis makes them.

A *structured* file is written by the rules of a format out of parts of which some are wrong; a
*mutated* one is a correct file in which bytes were removed, repeated or overwritten.
"""

import json
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
    st.recursive(
        st.sampled_from([0, "x", None]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
        ),
        max_leaves=4,
    ),
)

image_names = st.sampled_from(["a.jpg", "b.png", "sub/b.png", "/x/sub/b", "a", "z.jpg", 36, "36"])
numbers = st.sampled_from([0.25, 0.5, 10, 20.5, 30, "40", 200])
boxes = st.lists(numbers, min_size=4, max_size=4)
scores = st.sampled_from([0.5, 0.75, 1, "0.5", 87.5])
classes = st.sampled_from([0, 1, 2, "2", "car", "0.0", "dog", -1])

IMAGE_KEYS = ["image", "file_name", "image_id", "path", "name"]
BOX_KEYS = ["box", "bbox", "xyxy", "xywh", "cxcywhn", "rect"]
CORNERS = [("x1", "y1", "x2", "y2"), ("x", "y", "w", "h"), ("cx", "cy", "width", "height")]
SCORE_KEYS = ["score", "conf", "confidence"]
CLASS_KEYS = ["class_id", "category_id", "label", "class"]
LIST_KEYS = ["detections", "boxes", "annotations", "results"]
HEADER_KEYS = [
    *["schema", "images", "categories", "made_by", "conf", "iou", "max_det", "box_format"],
    *["format", "names", *LIST_KEYS],
]


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Return an entry of a box."""
    record = {draw(st.sampled_from(IMAGE_KEYS)): draw(image_names)}
    if draw(st.booleans()):
        record[draw(st.sampled_from(BOX_KEYS))] = draw(boxes)
    else:
        record |= dict(zip(draw(st.sampled_from(CORNERS)), draw(boxes), strict=True))
    record[draw(st.sampled_from(SCORE_KEYS))] = draw(scores)
    record[draw(st.sampled_from(CLASS_KEYS))] = draw(classes)
    return record


rows = st.tuples(image_names, boxes, scores, classes).map(lambda r: [r[0], *r[1], r[2], r[3]])


@st.composite
def lists(draw: st.DrawFn) -> dict[str, Any]:
    """Return an entry of an image with a list of boxes, or with a list of each part."""
    record: dict[str, Any] = {draw(st.sampled_from(IMAGE_KEYS)): draw(image_names)}
    key = draw(st.sampled_from(LIST_KEYS))
    kind = draw(st.sampled_from(["records", "rows", "columns"]))
    count = draw(st.integers(0, 3))
    if kind == "records":
        record[key] = [draw(records()) for _ in range(count)]
    elif kind == "rows":
        record[key] = [draw(rows)[1:] for _ in range(count)]
    else:
        record[key] = [draw(boxes) for _ in range(count)]
        record["scores"] = [draw(scores) for _ in range(count)]
        record["class_ids"] = [draw(classes) for _ in range(count)]
    return record


own = st.builds(
    lambda name, count, box, score, label: {
        "name": name,
        "reason": "",
        "boxes": [box] * count,
        "scores": [score] * count,
        "class_ids": [label] * count,
    },
    image_names,
    st.integers(0, 2),
    boxes,
    scores,
    classes,
)


def several(each: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(each, max_size=4)


@st.composite
def headers(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Return an object with a list of entries and what may precede it."""
    header: dict[str, Any] = {
        key: draw(nasty)
        for key in draw(st.lists(st.sampled_from(HEADER_KEYS), max_size=2, unique=True))
    }
    if draw(st.booleans()):
        listed = {"id": draw(st.sampled_from([1, 36])), "file_name": draw(image_names)}
        header["images"] = draw(several(st.just(listed) | image_names | nasty))
    if draw(st.booleans()):
        category = {"id": draw(classes), "name": draw(classes)}
        header["categories"] = draw(several(st.just(category) | nasty))
    return header | {draw(st.sampled_from(LIST_KEYS)): draw(several(inner))}


DOCUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "COCO results": headers(records()) | several(records()),
    "JSON with a box per entry": several(records()) | headers(records()),
    "JSON with a list per image": several(lists()) | headers(lists()),
    "JSON with lists by image name": st.dictionaries(
        image_names.map(str), several(records()) | several(rows) | lists(), max_size=3
    ),
    "detections of this workflow": several(own).map(
        lambda images: {"schema": "yolo-parity/detections/1", "images": images}
    ),
    "rows without a header": several(rows),
}
"""Documents of the JSON formats, correct apart from accidents."""


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
def spoiled(draw: st.DrawFn, document: st.SearchStrategy[Any]) -> Any:
    """Return a document in which up to three values are replaced, removed or doubled."""
    found = json.loads(json.dumps(draw(document)))
    for _ in range(draw(st.integers(0, 3))):
        places = places_of(found)
        if not places:
            return draw(nasty)
        container, key = places[draw(st.integers(0, len(places) - 1))]
        kind = draw(st.sampled_from(["replace", "remove", "rename", "double"]))
        if kind == "remove":
            del container[key]
        elif kind == "replace" or (kind == "double" and isinstance(container, dict)):
            container[key] = draw(nasty)
        elif kind == "double":
            container.insert(key, container[key])
        elif isinstance(container, dict):
            container[draw(st.sampled_from(WORDS) | st.sampled_from(HEADER_KEYS))] = container[key]
    return found


def as_text(document: Any) -> str:
    """Return a document as JSON, with what ``json.dumps`` cannot write."""
    return json.dumps(document).replace(f'"{HUGE}"', DIGITS)


def files(name: str) -> st.SearchStrategy[bytes]:
    """Return structured files of a format."""
    if name in DOCUMENTS:
        return spoiled(DOCUMENTS[name]).map(lambda each: as_text(each).encode())
    return TABLES[name]


cells = st.one_of(
    image_names.map(str), numbers.map(str), scores.map(str), classes.map(str),
    st.sampled_from([word for word in WORDS if word.isprintable()]),
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Return a CSV file with a header."""
    mark = draw(st.sampled_from(",;\t"))
    columns = [
        draw(st.sampled_from(IMAGE_KEYS)),
        *draw(st.sampled_from(CORNERS)),
        draw(st.sampled_from(SCORE_KEYS)),
        draw(st.sampled_from(CLASS_KEYS)),
    ]
    lines = [columns, *draw(several(rows))]
    for _ in range(draw(st.integers(0, 3))):
        line = lines[draw(st.integers(0, len(lines) - 1))]
        kind = draw(st.sampled_from(["replace", "remove", "double"]))
        if not line:
            continue
        place = draw(st.integers(0, len(line) - 1))
        if kind == "replace":
            line[place] = draw(cells)
        elif kind == "remove":
            del line[place]
        else:
            line.insert(place, line[place])
    text = "\n".join(mark.join(map(str, line)) for line in lines)
    return text.encode(errors="replace")


@st.composite
def yolo_lines(draw: st.DrawFn) -> bytes:
    """Return a text file with a line per box."""
    lines = [
        [draw(classes), *(draw(st.sampled_from([0.1, 0.5, 0.25])) for _ in range(4)), draw(scores)]
        for _ in range(draw(st.integers(0, 3)))
    ]
    for line in lines:
        if draw(st.booleans()):
            line[draw(st.integers(0, len(line) - 1))] = draw(cells)
    return "\n".join(" ".join(map(str, line)) for line in lines).encode(errors="replace")


TABLES = {
    "CSV": tables(),
    "a JSON or CSV file per image": tables()
    | spoiled(several(records())).map(lambda each: as_text(each).encode()),
    "YOLO text files": yolo_lines(),
}

FRAGMENTS = [
    *[
        b"",
        b"\0",
        b"\xff",
        b"\xfe",
        b"\xef\xbb\xbf",
        b'"',
        b"'",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b":",
    ],
    *[
        b"\n",
        b"\r",
        b"\r\n",
        b";",
        b"\t",
        b" ",
        b"\\",
        b"-",
        b"1e999",
        b"NaN",
        b"Infinity",
        b"null",
    ],
    *[b"9" * 5000, b"\\ud800", "²".encode(), "é".encode("latin-1"), b"0", b".", b"[" * 2000],
]


@st.composite
def mutated(draw: st.DrawFn, correct: st.SearchStrategy[bytes]) -> bytes:
    """Return a file in which pieces are removed, repeated or overwritten."""
    data = draw(correct)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 16)))
        data = data[:start] + draw(st.sampled_from([*FRAGMENTS, data[start:end] * 2])) + data[end:]
    return draw(st.sampled_from([data, data, data, recoded(data)]))


def recoded(data: bytes) -> bytes:
    """Return a file in another encoding."""
    return data.decode(errors="ignore").encode("utf-16-le")
