"""Gathering the comparisons of all images into the results of a model.

Files are read batch by batch. What stays in memory is one number per detection of an arm, three
per matched pair, and the worst images.
"""

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from parity.comparison.differences import ComparisonBatch
from parity.comparison.judgement import judge
from parity.comparison.results import (
    AlsoDiffering,
    ComparisonResults,
    ImageResults,
    Results,
    UnreadableImage,
)
from parity.comparison.settings import ComparisonSettings, comparison_with
from parity.comparison.tolerances import Tolerance
from parity.comparison.totals import ArmTotals, ComparisonTotals
from parity.detection.detection_files import NOT_LISTED, DetectionBatch, ImageDetections, MadeBy
from parity.detection.head import NetworkHead
from parity.documents import load
from parity.model_files.results import ExportDescription

LISTED = 1000
"""Images that are listed at least, if there are so many; chosen."""

ALSO = {
    (True, False): "runtime",
    (False, True): "geometry",
    (True, True): "both",
    (False, False): "neither",
}
"""Where a deployment differs, by whether its runtime and its geometry differ there, too."""


def summarise(
    model: str,
    *,
    exports: list[str],
    detections: list[str],
    comparisons: list[str],
    settings: Mapping[str, ComparisonSettings],
    note: str = "",
    listed: int = LISTED,
) -> Results:
    """Gather all files of a model into its results.

    Parameters
    ----------
    model : str
        Its name.
    exports : list of str
        Descriptions of the exports.
    detections : list of str
        Detections files; the folder that holds one is named after its arm.
    comparisons : list of str
        Comparison files; the folder that holds one is named after its comparison.
    settings : mapping of str to ComparisonSettings
        By comparison.
    note : str
        Where the images come from, if that is worth a word.
    listed : int
        How many images are listed at most; 1,000 if it is less. Every number of the others is kept
        in the files of their batches.
    """
    gathering = Gathering(by_folder(detections), settings, listed=listed)
    for arms, compared in by_batch(detections, comparisons):
        gathering.add(arms, compared)
    exported = {Path(path).stem: load(path, ExportDescription) for path in exports}
    return gathering.results(model, exported, note)


def by_folder(paths: list[str]) -> dict[str, list[str]]:
    """Group paths by the name of the folder that holds them, in the order given."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(Path(path).parent.name, []).append(path)
    return groups


def by_batch(
    detections: list[str], comparisons: list[str]
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Yield for every batch its detections files by arm and its comparison files by name."""
    batches: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    for kind, paths in enumerate((detections, comparisons)):
        for path in map(Path, paths):
            files = batches.setdefault(path.stem, ({}, {}))
            files[kind][path.parent.name] = str(path)
    yield from batches.values()


class Gathering:
    """The results of a model as they grow with every batch."""

    def __init__(
        self,
        arms: Iterable[str],
        settings: Mapping[str, ComparisonSettings],
        *,
        listed: int = LISTED,
    ) -> None:
        """Start with nothing.

        Parameters
        ----------
        arms : iterable of str
            Names of the arms.
        settings : mapping of str to ComparisonSettings
            By comparison.
        listed : int
            See :func:`summarise`.
        """
        self.settings = settings
        self.listed = max(listed, LISTED)
        self.made_by: dict[str, MadeBy] = {}
        self.arms = {arm: ArmTotals() for arm in arms}
        self.comparisons = {n: ComparisonTotals(each.tolerance) for n, each in settings.items()}
        self.effects = {
            name: self._effects_of(each)
            for name, each in settings.items()
            if each.effect == "deployment"
        }
        self.also_differing = {name: Counter[str]() for name in self.effects}
        self.total = self.unreadable = 0
        self.worst: list[ImageResults] = []
        self.unread: list[ImageResults] = []

    def add(self, arms: Mapping[str, str], comparisons: Mapping[str, str]) -> None:
        """Add the images of a batch.

        Parameters
        ----------
        arms, comparisons : mapping of str to str
            Its detections files by arm, its comparison files by name.
        """
        rows: dict[str, ImageResults] = {}
        batches = {arm: load(path, DetectionBatch) for arm, path in arms.items()}
        heads = [batch.made_by.head for batch in batches.values()]
        clips = all(head.clips for head in heads if head)  # boxes from elsewhere name no head
        for arm, batch in batches.items():
            made_by = self.made_by.setdefault(arm, batch.made_by)
            for image in batch.images:
                row = rows.setdefault(image.name, _row_of(image))
                row.arms[arm] = self.arms[arm].add(image, made_by.names, clips=clips)
                if image.reason == NOT_LISTED:
                    row.not_stated.append(arm)
                elif image.reason:
                    row.reasons[arm] = image.reason
        for name, path in comparisons.items():
            for compared in load(path, ComparisonBatch).images:
                rows[compared.name].comparisons[name] = self.comparisons[name].add(compared)
        for name, counts in self.also_differing.items():
            tolerance = self.settings[name].tolerance
            for row in rows.values():
                if _differs(row, name, tolerance):
                    runtime, geometry = (_differs(row, n, tolerance) for n in self.effects[name])
                    counts[ALSO[runtime, geometry]] += 1
        unread = [row for row in rows.values() if row.reasons]
        self.total += len(rows)
        self.unreadable += len(unread)
        self.worst = heapq.nsmallest(self.listed, chain(self.worst, rows.values()), key=_rank_of)
        self.unread = heapq.nsmallest(self.listed, chain(self.unread, unread), key=_name_of)

    def _effects_of(self, deployment: ComparisonSettings) -> tuple[str, str]:
        """Return the runtime and the geometry comparison that a deployment consists of."""
        runtime = comparison_with(self.settings, "runtime", candidate=deployment.candidate)
        control = self.settings[runtime].reference if runtime else ""
        return runtime, comparison_with(self.settings, "geometry", candidate=control)

    def results(self, model: str, exports: dict[str, ExportDescription], note: str = "") -> Results:
        """Return the results of a model, see :func:`summarise`."""
        first = next(iter(self.made_by.values()))
        thresholds = next(each.thresholds for each in self.made_by.values() if each.thresholds)
        return Results(
            model=model,
            images_note=note,
            names=first.names,
            thresholds=thresholds,
            arms={arm: totals.results(self.made_by[arm]) for arm, totals in self.arms.items()},
            exports=exports,
            comparisons={
                name: self._comparison(name)
                for name, totals in self.comparisons.items()
                if totals.images
            },
            images_total=self.total,
            images_listed=len(self.worst),
            images_unreadable=self.unreadable,
            images=self.worst,
            unreadable=[
                UnreadableImage(
                    name=row.name,
                    reasons=row.reasons,
                    arms=[arm for arm in row.arms if arm not in row.not_stated],
                )
                for row in self.unread
            ],
        )

    def _comparison(self, name: str) -> ComparisonResults:
        also = self.also_differing.get(name)
        settings = self.settings[name]
        return ComparisonResults(
            **vars(settings),
            **vars(self.comparisons[name].results()),
            also_differing=None if also is None else AlsoDiffering(**also),
            task=(self.made_by[settings.reference].head or NetworkHead()).task,
        )


def _row_of(image: ImageDetections) -> ImageResults:
    return ImageResults(
        name=image.name,
        sha256=image.sha256,
        height=image.height,
        width=image.width,
        reasons={},
        not_stated=[],
        arms={},
        comparisons={},
    )


def _differs(image: ImageResults, comparison: str, tolerance: Tolerance) -> bool:
    measured = image.comparisons.get(comparison)
    return measured is not None and not judge(measured, tolerance).passed


def _name_of(image: ImageResults) -> str:
    return image.name


def _rank_of(image: ImageResults) -> tuple[float, float, float, float, str]:
    """Return what sorts the worst image first.

    Lost and added detections and images that only one arm could read weigh most, over all
    comparisons; then the largest difference of a mask, of a box or keypoint, and of a score, NaN
    first; equal images are sorted by name.
    """
    found = image.comparisons.values()
    return (
        -sum(each.missing + each.extra + each.unread for each in found),
        -_worst([each.measures.get("mask", 0.0) for each in found]),
        -_worst([d for c in found for d in (c.box_px, c.measures.get("keypoint_px", 0.0))]),
        -_worst([each.score for each in found]),
        image.name,
    )


def _worst(differences: list[float]) -> float:
    return max((math.inf if math.isnan(d) else d for d in differences), default=0.0)
