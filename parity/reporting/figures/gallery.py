"""Writing the pictures of the worst images into a folder."""

import logging
from dataclasses import replace
from pathlib import Path

from parity.comparison.results import Results
from parity.data.batch_files import BatchImage, check_unchanged, slug
from parity.data.reading import read_image
from parity.documents import save
from parity.errors import UnreadableImageError, printable
from parity.files import atomic_folder
from parity.progress import reported
from parity.reporting.figures.drawing import write_jpeg
from parity.reporting.figures.label_bars import draw_labels
from parity.reporting.figures.pictures import draw_arms, draw_difference
from parity.reporting.image_records import Sources
from parity.reporting.picture_index import PICTURE_INDEX, PicturedImage, PictureIndex
from parity.tasks.task import TASKS

log = logging.getLogger(__name__)


def write_pictures(
    results: Results, sources: Sources, *, worst: int, destination: str | Path
) -> None:
    """Draw the worst images that can be read and list the pictures in ``pictures.json``.

    ``annotated_<image>.jpg`` shows every arm; ``difference_<comparison>_<image>.jpg`` shows a
    comparison beyond its tolerance on that image, see :func:`pair_name`. The list is a
    :class:`parity.reporting.picture_index.PictureIndex`.

    Parameters
    ----------
    results : Results
        What ``summarise`` wrote for the model.
    sources : Sources
        Files of the model.
    worst : int
        Pictures are drawn of so many images at most.
    destination : str or Path
        The folder; what is there is replaced as a whole once all pictures are drawn.
    """
    readable = [
        row for row in results.images if len(row.reasons) + len(row.not_stated) < len(row.arms)
    ]
    wanted = {row.name: row for row in readable[:worst]}
    entries: dict[str, PicturedImage] = {}
    with atomic_folder(destination) as folder:
        records = sources.records(wanted)
        for record in reported(records, len(wanted), "images drawn"):
            row = wanted[record.image.name]
            entry = PicturedImage(
                name=row.name,
                arms={arm: record.arms[arm] for arm in row.arms},
                comparisons={
                    name: record.comparisons[name]
                    for name, measured in row.comparisons.items()
                    if not measured.passed
                },
            )
            entries[row.name] = draw_image(record.image, entry, folder, results)
        images = [entries[name] for name in wanted if name in entries]
        save(folder / PICTURE_INDEX, PictureIndex(results.model, images))


def draw_image(
    image: BatchImage, entry: PicturedImage, folder: Path, results: Results
) -> PicturedImage:
    """Draw one image; return its entry with the names of its pictures."""
    name, arms = entry.name, entry.arms
    try:
        check_unchanged(image)
        pixels = read_image(image.path)
    except UnreadableImageError as error:  # the other backend's reader may have managed
        log.warning("%s gets no picture: %s", printable(name), error)
        return entry
    annotated = f"annotated_{slug(name)}.jpg"
    labels = not TASKS[results.task].has_boxes
    draw = draw_labels if labels else draw_arms
    write_jpeg(folder / annotated, draw(pixels, name, arms, results.names))
    pictures: dict[str, str] = {}
    drawn: dict[tuple[str, str], str] = {}  # two comparisons may be of the same two arms
    for comparison, compared in entry.comparisons.items():
        about = results.comparisons[comparison]
        pair = (about.reference, about.candidate)
        if pair not in drawn:
            drawn[pair] = f"difference_{pair_name(comparison, name)}.jpg"
            sides = {arm: arms[arm] for arm in pair}
            picture = (
                draw_labels(pixels, f"{comparison}: {name}", sides, results.names)
                if labels
                else draw_difference(pixels, comparison, sides, compared, results.names)
            )
            write_jpeg(folder / drawn[pair], picture)
        pictures[comparison] = drawn[pair]
    return replace(entry, annotated=annotated, differences=pictures)


def pair_name(comparison: str, image: str) -> str:
    """Return a file name that no other comparison and image share.

    An underscore separates the two; where the name of the comparison has one itself, a digest of
    both is added.
    """
    if "_" in comparison:
        return slug(f"{comparison}/{image}")
    return f"{comparison}_{slug(image)}"
