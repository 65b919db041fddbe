"""What the report says about single images that differ."""

from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from parity.reporting.views.tables import image_difference
from parity.reporting.wording import listing

MOST_OBJECTS = 12


def image_details(
    results: dict[str, Any], pictures: dict[str, Any], folder: str
) -> list[dict[str, Any]]:
    """Return what is known of every image with a difference beyond a tolerance; worst first.

    Parameters
    ----------
    results : dict
        The results of a model.
    pictures : dict
        What ``pictures.json`` lists.
    folder : str
        Where the pictures are, relative to the report, quoted.

    Returns
    -------
    list of dict
        ``name``, ``size``, ``pictures`` (caption and address), ``arms`` (name and detections in
        words) and ``comparisons`` (name, sides, difference, objects that are not matched).
    """
    drawn = {entry["name"]: entry for entry in pictures["images"]}
    details = []
    for image in results["images"]:
        beyond = {
            name: measured
            for name, measured in image["comparisons"].items()
            if not measured["passed"]
        }
        if not beyond:
            continue
        entry = drawn.get(image["name"])
        details.append(
            {
                "name": image["name"],
                "size": f"{image['width']} × {image['height']} px",
                "pictures": _pictures(entry, folder) if entry else [],
                "arms": _arms(image, entry, results["names"]),
                "comparisons": [
                    _comparison(name, measured, entry, results) for name, measured in beyond.items()
                ],
            }
        )
    return details


def _pictures(entry: dict[str, Any], folder: str) -> list[dict[str, Any]]:
    if not entry["annotated"]:
        return []
    files = {"every arm": entry["annotated"]}
    for name, file in entry["differences"].items():
        files[f"difference, {name}"] = file
    return [
        {"caption": caption, "address": Markup(f"{folder}/{quote(file)}")}  # noqa: S704 - quoted
        for caption, file in files.items()
    ]


def _arms(
    image: dict[str, Any], entry: dict[str, Any] | None, names: dict[str, str]
) -> list[dict[str, str]]:
    said = []
    for arm, counts in image["arms"].items():
        if arm in image["reasons"]:
            text = f"unreadable ({image['reasons'][arm]})"
        elif arm in image["not_stated"]:
            text = "not stated"
        elif entry is None or not counts["detections"]:
            text = f"{counts['detections']} detected" if counts["detections"] else "nothing"
        else:
            record = entry["arms"][arm]
            every = range(len(record["scores"]))
            text = listing([describe(record, i, names) for i in every], limit=MOST_OBJECTS)
        said.append({"name": arm, "detections": text})
    return said


def describe(record: dict[str, Any], index: int, names: dict[str, str]) -> str:
    """Return a detection in words, such as ``giraffe 94.9 %``."""
    class_id = record["class_ids"][index]
    name = names.get(str(class_id), f"class {class_id}")
    score = record["scores"][index]
    return name if score is None else f"{name} {100 * score:.1f} %"


def place(record: dict[str, Any], index: int) -> str:
    """Return where a detection is, in whole px of the image."""
    x1, y1, x2, y2 = (f"{side:.0f}" for side in record["boxes"][index])
    return f"({x1}, {y1}) to ({x2}, {y2})"


def _comparison(
    name: str, measured: dict[str, Any], entry: dict[str, Any] | None, results: dict[str, Any]
) -> dict[str, Any]:
    about = results["comparisons"][name]
    compared = entry["comparisons"].get(name) if entry else None
    objects: list[str] = []
    if entry and compared:
        names = results["names"]
        reference, candidate = (entry["arms"][about[side]] for side in ("reference", "candidate"))
        for kind, record in (("missing", reference), ("extra", candidate)):
            objects += [
                f"{kind}: {describe(record, i, names)} at {place(record, i)}"
                for i in compared[kind]
            ]
        objects += [
            f"class-flipped: {describe(reference, pair['reference'], names)} became "
            f"{describe(candidate, pair['candidate'], names)} "
            f"at {place(reference, pair['reference'])}"
            for pair in compared["flipped"]
        ]
    left = len(objects) - MOST_OBJECTS
    objects[MOST_OBJECTS:] = [f"and {left:,} more"] if left > 0 else []
    return {
        "name": name,
        "sides": f"{about['candidate']} against {about['reference']}",
        "difference": image_difference(measured),
        "objects": objects,
    }
