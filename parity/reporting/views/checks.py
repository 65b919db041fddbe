"""Whether the output of each arm can be right at all, and which images could not be read."""

from collections.abc import Iterator
from itertools import islice

from parity.comparison.results import Results
from parity.reporting.views.blocks import Text, table
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.wording import count, number
from parity.sentences import listing
from parity.tasks.task import TASKS

CHECK_HEADER = (
    "arm",
    "images",
    "unreadable",
    "detections",
    "mean score",
    "classes",
    "failed checks",
)
UNREADABLE_HEADER = ("image", "reason", "arm")
ABOUT = (
    "Every detection must be finite, lie inside its image, have a positive area, a score in (0, 1] "
    "and a known class."
)
ABOUT_LABELS = "Every label must have a probability in (0, 1] and a known class."
MOST_CLASSES = 5


def prepare(model: Model) -> View:
    """Return the checks of the arms' outputs, and the images that some arm could not read."""
    results = model.results
    unread = [*unreadable_rows(results)]
    return View(
        (
            Text(ABOUT if TASKS[results.task].has_boxes else ABOUT_LABELS),
            table("Output checks", CHECK_HEADER, check_rows(results)),
            table("Unreadable images", UNREADABLE_HEADER, unread)
            if unread
            else Text("Every arm could read every image."),
        ),
        folded=True,
    )


def check_rows(results: Results) -> Iterator[tuple[str, ...]]:
    """Yield per arm its images, detections, mean score, commonest classes, failed checks."""
    for arm, totals in results.arms.items():
        failed = [f"{many:,} × {check}" for check, many in totals.failed_checks.items()]
        yield (
            arm,
            f"{totals.images:,}",
            f"{totals.unreadable:,}",
            f"{totals.detections:,}",
            number(totals.mean_score),
            classes_in_words(totals.classes),
            listing(failed) or "none",
        )


def classes_in_words(classes: dict[str, int]) -> str:
    """Return how many detections are of each of the commonest classes."""
    said = [f"{many:,} {name}" for name, many in islice(classes.items(), MOST_CLASSES)]
    left = len(classes) - MOST_CLASSES
    return ", ".join([*said, count(left, "more class", "more classes")] if left > 0 else said)


def unreadable_rows(results: Results) -> Iterator[tuple[str, str, str]]:
    """Yield image, reason and the arms that give it."""
    for image in results.unreadable:
        arms: dict[str, list[str]] = {}
        for arm, reason in image.reasons.items():
            arms.setdefault(reason, []).append(arm)
        for reason, names in arms.items():
            every = len(names) == len(image.arms)
            yield image.name, reason, "every arm" if every else listing(names)


SECTIONS.add("checks", Section("Output checks", 120, prepare))
