"""The images, the worst first: what each arm detects in them and how far the arms differ.

The page shows them in a browser, and the tables below it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parity.comparison.differences import ImageComparison
from parity.comparison.judgement import judge
from parity.comparison.results import ImageDifferences, ImageResults, Results
from parity.comparison.tolerances import FLOAT32_ROUNDING
from parity.detection.detection_files import ImageDetections
from parity.documents import load
from parity.reporting.picture_index import PICTURE_INDEX, PicturedImage, PictureIndex
from parity.reporting.task_wording import words_of
from parity.reporting.verdict import KIND_TITLES, image_verdict, objects_by_kind, quantity
from parity.reporting.views.blocks import (
    Block,
    Group,
    Link,
    Links,
    Note,
    Sentences,
    Text,
    table,
)
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.wording import count
from parity.sentences import listing
from parity.tasks.task import TASKS

MOST_DETAILS = 50
MOST_OBJECTS = 12

VERDICTS = (
    'The verdict on an image is "fail" if it exceeds the tolerance of a comparison that decides '
    'the verdict of the run, and "differs" if it exceeds the tolerance of another one.'
)


@dataclass(frozen=True)
class ImagesView(View):
    """The blocks, and what the browser of the page shows."""

    results: Results
    """What the browser filters by."""
    browsers: tuple[str, ...]
    """The folder that ``browse`` wrote; nothing without it."""


def prepare(model: Model) -> ImagesView:
    """Return the images of a model."""
    results = model.results
    pictured: dict[str, tuple[str, PicturedImage]] = {}
    for folder in model.inputs.get("pictures", ()):
        index = load(Path(folder) / PICTURE_INDEX, PictureIndex)
        pictured |= {entry.name: (folder, entry) for entry in index.images}
    header = ("image", *results.arms, *results.comparisons, "verdict")
    total = results.images_total
    return ImagesView(
        blocks=(
            Group(
                "All images in a table",
                (table("Worst first", header, image_rows(results), total=total), Note(VERDICTS)),
                folded=True,
            ),
            Group(
                "Images that differ, one by one",
                tuple(_details(results, pictured)),
                folded=True,
            ),
        ),
        results=results,
        browsers=tuple(model.inputs.get("browsers", ())),
    )


def image_rows(results: Results) -> Iterator[tuple[str, ...]]:
    """Yield per image the detections of each arm, each difference and a verdict; worst first."""
    gates = {name for name, each in results.comparisons.items() if each.gated}
    for image in results.images:
        verdict = image_verdict(image, gates)
        said = [
            "–"
            if verdict == "unreadable" or about.candidate in image.not_stated
            else difference_in_words(image.comparisons[name], results.task)
            for name, about in results.comparisons.items()
        ]
        counts = [_count_cell(image, arm) for arm in results.arms]
        yield (image.name, *counts, *said, verdict)


def _count_cell(image: ImageResults, arm: str) -> str:
    if arm in image.reasons:
        return "unreadable"
    return "not stated" if arm in image.not_stated else str(image.arms[arm].detections)


def difference_in_words(measured: ImageDifferences, task: str) -> str:
    """Return how two arms differ on an image, in a few words."""
    if measured.unread:
        return "read by one arm only"
    if not measured.matched + measured.missing + measured.extra + measured.tied:
        return "nothing detected"
    counts = objects_by_kind(measured)
    said = [
        f"{many} {KIND_TITLES[kind]}" for kind, many in counts.items() if many and kind != "matched"
    ]
    said += [f"{measured.tied} tied"] if measured.tied else []
    if measured.matched:
        known = {*vars(measured), *measured.measures}
        said += [
            quantity(name, measured.amount(name), task)
            for name in words_of(task).quantities
            if name in known
        ]
    numbers = ", ".join(said)
    if not measured.passed:
        return numbers
    same = judge(measured, FLOAT32_ROUNDING, measured.rounding).passed
    return f"same: {numbers}" if same else f"within the tolerance: {numbers}"


def _details(results: Results, pictured: dict[str, tuple[str, PicturedImage]]) -> Iterator[Block]:
    differing = [
        image
        for image in results.images
        if not all(measured.passed for measured in image.comparisons.values())
    ]
    if not differing:
        yield Text("No image differs beyond a tolerance.")
    for image in differing[:MOST_DETAILS]:
        folder, entry = pictured.get(image.name, ("", None))
        yield Group(image.name, tuple(image_blocks(image, entry, folder, results)))
    left = len(differing) - MOST_DETAILS
    if left > 0:
        yield Note(f"{count(left, 'more image')} in comparison_results.json.")


def image_blocks(
    image: ImageResults, entry: PicturedImage | None, folder: str, results: Results
) -> Iterator[Block]:
    """Yield what is known of an image that differs.

    Parameters
    ----------
    image : ImageResults
        Its numbers.
    entry : PicturedImage, optional
        Its pictures and what they show.
    folder : str
        Where the pictures are.
    results : Results
        The results of the model.
    """
    yield Text(f"{image.width} × {image.height} px")
    if entry and entry.annotated:
        files = {"every arm": entry.annotated}
        files |= {f"difference, {name}": file for name, file in entry.differences.items()}
        yield Links(tuple(Link(text, f"{folder}/{file}") for text, file in files.items()))
    yield Sentences(
        tuple(f"{arm}: {_detections(image, arm, entry, results.names)}" for arm in image.arms)
    )
    for name, measured in image.comparisons.items():
        if measured.passed:
            continue
        about = results.comparisons[name]
        said = difference_in_words(measured, results.task)
        yield Text(f"{name}, {about.candidate} vs. {about.reference}: {said}")
        compared = entry.comparisons.get(name) if entry else None
        if entry and compared:
            sides = entry.arms[about.reference], entry.arms[about.candidate]
            places = TASKS[results.task].has_boxes
            said_of = unmatched_objects(compared, *sides, names=results.names, places=places)
            yield Sentences(tuple(said_of))


def _detections(
    image: ImageResults, arm: str, entry: PicturedImage | None, names: dict[int, str]
) -> str:
    many = image.arms[arm].detections
    if arm in image.reasons:
        return f"unreadable ({image.reasons[arm]})"
    if arm in image.not_stated:
        return "not stated"
    if entry is None or not many:
        return f"{many} detected" if many else "nothing"
    found = entry.arms[arm]
    every = [detection_in_words(found, i, names) for i in range(len(found.scores))]
    return listing(every, limit=MOST_OBJECTS)


def unmatched_objects(
    compared: ImageComparison,
    reference: ImageDetections,
    candidate: ImageDetections,
    *,
    names: dict[int, str],
    places: bool,
) -> list[str]:
    """Return the objects of an image that are not matched; the first of them, if they are many.

    ``places`` says whether they have places in the image.
    """
    said = []

    def at(found: ImageDetections, index: int) -> str:
        return f" at {place_in_words(found, index)}" if places else ""

    for kind, found, indices in (
        ("missing", reference, compared.missing),
        ("extra", candidate, compared.extra),
    ):
        said += [f"{kind}: {detection_in_words(found, i, names)}{at(found, i)}" for i in indices]
    said += [
        f"class-flipped: {detection_in_words(reference, pair.reference, names)} became "
        f"{detection_in_words(candidate, pair.candidate, names)}{at(reference, pair.reference)}"
        for pair in compared.flipped
    ]
    left = len(said) - MOST_OBJECTS
    return [*said[:MOST_OBJECTS], *([f"and {left:,} more"] if left > 0 else [])]


def detection_in_words(found: ImageDetections, index: int, names: dict[int, str]) -> str:
    """Return a detection in words, such as ``giraffe 94.9 %``."""
    class_id, score = found.class_ids[index], found.scores[index]
    name = names.get(class_id, f"class {class_id}")
    return name if score is None else f"{name} {100 * score:.1f} %"


def place_in_words(found: ImageDetections, index: int) -> str:
    """Return where a detection is, in whole px of the image."""
    x1, y1, x2, y2 = (f"{side:.0f}" for side in found.boxes[index])
    return f"({x1}, {y1}) to ({x2}, {y2})"


SECTIONS.add("images", Section("Images", 20, prepare, lists=True))
