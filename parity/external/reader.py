"""Reading somebody's boxes in the formats that people write, recognised by content."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from parity.errors import UserError
from parity.external.box_formats import Entry, parse_box, parse_number, to_xyxy
from parity.external.observations import UNKNOWN_LABEL, Declared, Observations, Observed

IMAGE_KEYS = ("image", "image_name", "image_path", "filename", "file_name", "file", "path", "name",
              "img")  # fmt: skip
SCORE_KEYS = ("score", "confidence", "conf", "probability", "prob")
CLASS_KEYS = ("class_id", "category_id", "cls_id", "class_index", "classId", "id_class")
LABEL_KEYS = ("label", "class_name", "category_name", "class", "cls", "category", "className")
LIST_KEYS = ("detections", "predictions", "annotations", "results", "boxes", "objects")
FORMAT_KEYS = ("box_format", "bbox_format", "format")


@dataclass
class Gathered:
    """Entries while a file is read."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    box_format: str = ""


def load_external(
    source: str | Path,
    images: dict[str, tuple[int, int]],
    names: dict[int, str],
    *,
    declared: Declared | None = None,
    box_format: str = "",
    tensors: str | Path | None = None,
    raws: str | Path | None = None,
) -> Observations:
    """Read somebody's boxes.

    Parameters
    ----------
    source : str or Path
        COCO results JSON, a JSON list or object of entries, a folder of YOLO txt files, CSV, or
        our own detections JSON.
    images : dict of str to (int, int)
        Height and width in px of the images of the run, by name.
    names : dict of int to str
        The model's class names.
    declared : Declared, optional
        What the user says; what a JSON says of conf, iou and max_det counts where they do not.
    box_format : str, optional
        ``xyxy``, ``xywh`` or ``cxcywh``, with ``n`` at the end if normalised; inferred if empty.
    tensors, raws : str or Path, optional
        Folders of .npy per image: inputs and raw outputs of the network.

    Raises
    ------
    UserError
        If something is malformed; the sentence says which entry.
    """
    source = Path(source)
    if not source.exists():
        raise UserError(f"{source} does not exist; name a file or a folder of detections.")
    gathered = Gathered(box_format=box_format)
    find = _finder(images)
    if source.is_dir():
        _read_yolo(source, images, gathered)
    else:
        text = source.read_text(encoding="utf-8-sig", errors="replace")
        if text.lstrip()[:1] in ("[", "{"):
            _read_json(source, text, find, gathered)
        else:
            _read_csv(source, text, find, gathered)
    if not any(name in images for name in gathered.entries):
        known = next(iter(sorted(images)), "none")
        raise UserError(f"{source} names none of the images of this run, such as {known}.")
    return _observations(
        source, images, names, gathered, declared=declared, tensors=tensors, raws=raws
    )


Find = Callable[[str, str], str | None]
"""Finds the image of the run that a given name means; told where it stands, for messages."""


def _finder(images: dict[str, tuple[int, int]]) -> Find:
    by_end: dict[str, list[str]] = {}
    for name in images:
        parts = Path(name).parts
        for start in range(len(parts)):
            by_end.setdefault("/".join(parts[start:]), []).append(name)
        by_end.setdefault(Path(name).stem, []).append(name)

    def find(given: str, where: str) -> str | None:
        parts = str(given).replace("\\", "/").split("/")
        for start in range(len(parts)):
            matches = sorted(set(by_end.get("/".join(parts[start:]), [])))
            if len(matches) == 1:
                return matches[0]
            if matches:
                raise UserError(f"{where}: {given} could be {matches[0]} or {matches[1]}.")
        matches = by_end.get(Path(parts[-1]).stem, [])
        return matches[0] if len(matches) == 1 else None

    return find


def _read_json(source: Path, text: str, find: Find, gathered: Gathered) -> None:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{source}: not valid JSON at line {error.lineno}, column {error.colno} ({error.msg})."
        ) from None
    entries: Any = document
    ids: dict[Any, str] = {}
    if isinstance(document, dict):
        if str(document.get("schema", "")).startswith("yolo-parity/detections"):
            _read_own(source, document, find, gathered)
            return
        _read_header(source, document, find, gathered, ids)
        entries = next((document[k] for k in LIST_KEYS if isinstance(document.get(k), list)), None)
        if entries is None:
            entries = _by_image(source, document)
    if not isinstance(entries, list):
        raise UserError(f"{source}: expected a list of detections.")
    _read_entries(source, entries, find, gathered, ids)


def _read_entries(
    source: Path, entries: list[Any], find: Find, gathered: Gathered, ids: dict[Any, str]
) -> None:
    unknown = 0
    for index, entry in enumerate(entries):
        where = f"{source}, entry {index + 1}"
        if not isinstance(entry, dict):
            raise UserError(f"{where}: expected an object with an image, a box and a score.")
        given = next((entry[k] for k in IMAGE_KEYS if k in entry), None)
        if given is None and "image_id" in entry:
            given = ids.get(entry["image_id"], entry["image_id"])
        if given is None:
            raise UserError(f"{where}: names no image (image, file_name or image_id).")
        name = find(str(given), where) or _coco_name(find, given, where)
        if name is None:
            unknown += 1
            continue
        own = gathered.entries.setdefault(name, [])
        if not entry.keys() - {*IMAGE_KEYS, "image_id"}:
            continue  # it states that there is nothing in the image
        inner = next((entry[k] for k in LIST_KEYS if isinstance(entry.get(k), list)), None)
        if inner is not None and all(isinstance(box, dict) for box in inner):
            for number, box in enumerate(inner):
                own.append(_entry(box, f"{where}, box {number + 1}", "image_id" in box))
        elif inner is not None:
            own.extend(_columns(entry, inner, where))
        else:
            own.append(_entry(entry, where, "image_id" in entry))
    if unknown:
        gathered.notes.append(f"{unknown} entries of images that are not in this run are left out.")


def _coco_name(find: Find, given: Any, where: str) -> str | None:
    return find(f"{given:012d}", where) if isinstance(given, int) else None


def _by_image(source: Path, document: dict[str, Any]) -> list[dict[str, Any]]:
    lists = {key: value for key, value in document.items() if isinstance(value, list)}
    if not lists:
        raise UserError(f"{source}: holds no list of detections.")
    return [{"image": key, "detections": value} for key, value in lists.items()]


def _read_header(
    source: Path, document: dict[str, Any], find: Find, gathered: Gathered, ids: dict[Any, str]
) -> None:
    for key in ("conf", "iou", "max_det", "imgsz", "names"):
        if document.get(key) is not None:
            gathered.said[key] = document[key]
    given = next((document[k] for k in FORMAT_KEYS if isinstance(document.get(k), str)), "")
    gathered.box_format = gathered.box_format or _format_of(given)
    listed = document.get("images")
    for index, image in enumerate(listed if isinstance(listed, list) else []):
        where = f"{source}, image {index + 1}"
        if isinstance(image, dict):
            name = next((image[k] for k in IMAGE_KEYS if k in image), None)
            if name is None:
                continue
            ids[image.get("id")] = name
        else:
            name = image
        found = find(str(name), where)
        if found is not None and not any(
            isinstance(image, dict) and isinstance(image.get(k), list) for k in LIST_KEYS
        ):
            gathered.entries.setdefault(found, [])


def _format_of(words: str) -> str:
    words = words.lower().replace(" ", "").replace("_", "")
    for kind, spellings in {
        "cxcywh": ("cxcywh", "xcenter", "centre", "center"),
        "xyxy": ("xyxy", "x1y1x2y2", "ltrb", "xminyminxmaxymax", "pascal"),
        "xywh": ("xywh", "ltwh", "coco"),
    }.items():
        if any(spelling in words for spelling in spellings):
            fraction = "normali" in words or words.endswith(f"{kind}n") or "fraction" in words
            return f"{kind}n" if fraction else kind
    return ""


def _read_own(source: Path, document: dict[str, Any], find: Find, gathered: Gathered) -> None:
    thresholds = document.get("made_by", {}).get("thresholds", {})
    gathered.said.update(thresholds)
    gathered.box_format = "xyxy"
    for index, record in enumerate(document["images"]):
        where = f"{source}, image {index + 1}"
        name = find(record["name"], where)
        if name is not None and not record["reason"]:
            gathered.entries[name] = _columns(record, record["boxes"], where)


def _columns(record: dict[str, Any], boxes: list[Any], where: str) -> list[Entry]:
    def column(keys: Iterable[str]) -> list[Any] | None:
        for key in keys:
            for spelling in (key, f"{key}s", f"{key}es"):
                if isinstance(record.get(spelling), list):
                    return record[spelling]
        return None

    scores, ids, labels = column(SCORE_KEYS), column(CLASS_KEYS), column(LABEL_KEYS)
    for values in (scores, ids, labels):
        if values is not None and len(values) != len(boxes):
            raise UserError(f"{where}: {len(boxes)} boxes, but {len(values)} scores or classes.")
    entries = []
    for i, box in enumerate(boxes):
        one = {"box": box}
        for key, values in (("score", scores), ("class_id", ids), ("label", labels)):
            if values is not None:
                one[key] = values[i]
        entries.append(_entry(one, f"{where}, box {i + 1}", False))
    return entries


def _entry(entry: dict[str, Any], where: str, coco: bool) -> Entry:
    box, kind = parse_box(entry, where, coco)
    given = next((entry[k] for k in SCORE_KEYS if entry.get(k) not in (None, "")), None)
    score = math.nan if given is None else parse_number(given, f"{where}: the score")
    if score > 1.0 + 1e-6 and score <= 100 and isinstance(given, str) and "%" in given:
        score /= 100
    label: int | str | None = next((entry[k] for k in CLASS_KEYS if k in entry), None)
    if label is None or label == "":
        label = next((entry[k] for k in LABEL_KEYS if k in entry), None)
    if label is None or label == "":
        raise UserError(f"{where}: names no class (class_id or label).")
    return Entry(box, kind, score, label, where)


def _read_csv(source: Path, text: str, find: Find, gathered: Gathered) -> None:
    first = text.lstrip().split("\n", 1)[0]
    if not first.strip():
        raise UserError(f"{source} is empty.")
    delimiter = max(",;\t", key=first.count)
    if delimiter not in first:
        raise UserError(f"{source} is neither JSON nor CSV.")
    rows = csv.DictReader(io.StringIO(text.lstrip()), delimiter=delimiter, skipinitialspace=True)
    header = [h.strip() for h in rows.fieldnames or [] if h]
    if not any(key in header for key in (*IMAGE_KEYS, "image_id")):
        raise UserError(f"{source}: its first line must name the columns, image among them.")
    for row in rows:
        where = f"{source}, line {rows.line_num}"
        if None in row or None in row.values():
            raise UserError(f"{where}: has another number of columns than the first line.")
        clean = {key.strip(): value.strip() for key, value in row.items() if key}
        given = next((clean[k] for k in (*IMAGE_KEYS, "image_id") if clean.get(k)), None)
        if given is None:
            raise UserError(f"{where}: names no image.")
        name = find(given, where)
        if name is None:
            continue
        own = gathered.entries.setdefault(name, [])
        if any(clean.get(k) for k in SCORE_KEYS) or len(list(filter(None, clean.values()))) > 1:
            own.append(_entry({k: v for k, v in clean.items() if v != ""}, where, False))


def _read_yolo(source: Path, images: dict[str, tuple[int, int]], gathered: Gathered) -> None:
    gathered.box_format = gathered.box_format or "cxcywhn"
    files = {path.stem: path for path in sorted(source.rglob("*.txt"))}
    if not files:
        raise UserError(f"{source} holds no .txt file.")
    for name in images:
        path = files.get(Path(name).stem)
        if path is None:
            continue
        own = gathered.entries.setdefault(name, [])
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            where = f"{path}, line {number}"
            values = [parse_number(v, where) for v in line.split()]
            if not values:
                continue
            if len(values) not in (5, 6):
                raise UserError(f"{where}: expected class, cx, cy, width, height and a score.")
            score = values[5] if len(values) == 6 else math.nan
            own.append(Entry(values[1:5], "", score, int(values[0]), where))


def _observations(
    source: Path,
    images: dict[str, tuple[int, int]],
    names: dict[int, str],
    gathered: Gathered,
    *,
    declared: Declared | None,
    tensors: str | Path | None,
    raws: str | Path | None,
) -> Observations:
    entries = {name: own for name, own in gathered.entries.items() if name in images}
    boxes, notes = to_xyxy(entries, images, gathered.box_format)
    known = {name.lower(): class_id for class_id, name in names.items()}
    labels: dict[str, int] = {}
    observed = {}
    for name, own in entries.items():
        ids = [_class_id(entry, known, labels) for entry in own]
        scores = np.array([entry.score for entry in own], np.float64)
        observed[name] = Observed(boxes[name], scores, np.array(ids, np.int64))
    missing = len(images) - len(observed)
    if missing:
        notes.append(f"{missing} images of the run are not stated and left out.")
    said = declared or Declared()
    for key in ("conf", "iou", "max_det"):
        if getattr(said, key) is None and isinstance(gathered.said.get(key), int | float):
            said = Declared(**{**said.__dict__, key: gathered.said[key]})
            notes.append(f"{source.name} says {key} {gathered.said[key]:g}.")
    return Observations(
        images=observed,
        declared=said,
        notes=(*gathered.notes, *notes),
        labels={class_id: label for label, class_id in labels.items()},
        tensors=load_arrays(tensors, observed),
        raws=load_arrays(raws, observed),
    )


def _class_id(entry: Entry, known: dict[str, int], labels: dict[str, int]) -> int:
    if isinstance(entry.label, int | float):
        return int(entry.label)
    text = str(entry.label).strip()
    if text.lstrip("-").isdigit():
        return int(text)
    if text.lower() in known:
        return known[text.lower()]
    return labels.setdefault(text, UNKNOWN_LABEL + len(labels))


def load_arrays(folder: str | Path | None, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Return the arrays of a folder by the image that they are named after.

    Raises
    ------
    UserError
        If one cannot be read, or none belongs to an image.
    """
    if folder is None:
        return {}
    files = {path.stem: path for path in Path(folder).rglob("*.npy")}
    arrays = {}
    for name in names:
        path = files.get(Path(name).stem) or files.get(Path(name).name)
        if path is None:
            continue
        try:
            arrays[name] = np.load(path, allow_pickle=False).astype(np.float32)
        except (ValueError, OSError) as error:
            raise UserError(f"{path} is no array that NumPy reads ({error}).") from None
    if not arrays:
        raise UserError(f"{folder} holds no .npy named after one of the images.")
    return arrays
