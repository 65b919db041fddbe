"""Gathering the comparisons of all images into the numbers of a run.

Files are read batch by batch. What stays in memory is one number per detection of an arm, three
per matched pair, and the worst images.
"""

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from parity.comparison.differences import COMPARISON
from parity.comparison.tolerances import Tolerance, judge
from parity.comparison.totals import ArmTotals, ComparisonTotals
from parity.detection.detection_files import NOT_LISTED, load_detections
from parity.files import read_json

RESULTS = "results/1"
LISTED = 1000


def summarise(
    exports: list[str],
    detections: list[str],
    comparisons: list[str],
    settings: dict[str, dict[str, Any]],
    *,
    listed: int = LISTED,
) -> dict[str, Any]:
    """Gather all files of a model into one set of results.

    Parameters
    ----------
    exports : list of str
        Descriptions of the exports.
    detections : list of str
        Detections files; the folder that holds one is named after its arm.
    comparisons : list of str
        Comparison files; the folder that holds one is named after its comparison.
    settings : dict
        By comparison, the fields of :class:`parity.planning.plan.Comparison`.
    listed : int
        How many images are listed at most; 1,000 if it is less.

    Returns
    -------
    dict
        ``names``, ``thresholds``, ``arms``, ``exports``, ``comparisons``; ``images_total``;
        ``images_listed`` and ``images``, the worst first; ``images_unreadable`` (by any arm), and
        the first of these as ``unreadable``. No more images than that are listed in either, and
        every number of the others is kept in the files of their batches.
    """
    exported = {Path(path).stem: read_json(path, "export/1") for path in exports}
    gathering = Gathering(by_folder(detections), settings, listed=listed)
    for arms, compared in by_batch(detections, comparisons):
        gathering.add(arms, compared)
    return {**gathering.results(), "exports": exported}


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
    """The numbers of a run as they grow with every batch."""

    def __init__(
        self, arms: Iterable[str], settings: dict[str, dict[str, Any]], *, listed: int = LISTED
    ) -> None:
        """Start with nothing.

        Parameters
        ----------
        arms : iterable of str
            Names of the arms.
        settings : dict
            By comparison, the fields of :class:`parity.planning.plan.Comparison`.
        listed : int
            See :func:`summarise`.
        """
        self.settings = settings
        self.listed = max(listed, LISTED)
        self.made_by: dict[str, dict[str, Any]] = {}
        self.arms = {arm: ArmTotals() for arm in arms}
        self.comparisons = {
            name: ComparisonTotals(Tolerance(**each["tolerance"]))
            for name, each in settings.items()
        }
        self.also_differing = {
            name: Counter({"runtime": 0, "geometry": 0, "both": 0, "neither": 0})
            for name, each in settings.items()
            if each["effect"] == "deployment"
        }
        self.total = self.unreadable = 0
        self.worst: list[dict[str, Any]] = []
        self.unread: list[dict[str, Any]] = []

    def add(self, arms: dict[str, str], comparisons: dict[str, str]) -> None:
        """Add the images of a batch.

        Parameters
        ----------
        arms, comparisons : dict of str to str
            Its detections files by arm, its comparison files by name.
        """
        rows: dict[str, dict[str, Any]] = {}
        for arm, path in arms.items():
            document = load_detections(path)
            made_by = self.made_by.setdefault(arm, document["made_by"])
            names = {int(class_id): name for class_id, name in made_by["names"].items()}
            for record in document["images"]:
                row = rows.setdefault(record["name"], _row_of(record))
                row["arms"][arm] = self.arms[arm].add(record, names)
                if record["reason"] == NOT_LISTED:
                    row["not_stated"].append(arm)
                elif record["reason"]:
                    row["reasons"][arm] = record["reason"]
        for name, path in comparisons.items():
            for record in read_json(path, COMPARISON)["images"]:
                measured = self.comparisons[name].add(record)
                rows[record["name"]]["comparisons"][name] = measured
        for name, tally in self.also_differing.items():
            tally.update(cause for row in rows.values() for cause in self._also(name, row))
        unread = [row for row in rows.values() if row["reasons"]]
        self.total += len(rows)
        self.unreadable += len(unread)
        self.worst = heapq.nsmallest(self.listed, chain(self.worst, rows.values()), key=_rank_of)
        self.unread = heapq.nsmallest(self.listed, chain(self.unread, unread), key=_name_of)

    def _also(self, name: str, row: dict[str, Any]) -> Iterator[str]:
        """Yield which effects differ on an image where a deployment does; nothing elsewhere."""
        own = self.settings[name]
        allowed = self.comparisons[name].tolerance
        measured = row["comparisons"]
        if name not in measured or judge(measured[name], allowed):
            return
        runtime = self._find("runtime", own["candidate"])
        control = self.settings[runtime]["reference"] if runtime else ""
        geometry = self._find("geometry", control)
        differs = [
            bool(of) and of in measured and not judge(measured[of], allowed)
            for of in (runtime, geometry)
        ]
        yield {
            (True, False): "runtime",
            (False, True): "geometry",
            (True, True): "both",
            (False, False): "neither",
        }[differs[0], differs[1]]

    def _find(self, effect: str, candidate: str) -> str:
        for name, each in self.settings.items():
            if each["effect"] == effect and each["candidate"] == candidate:
                return name
        return ""

    def results(self) -> dict[str, Any]:
        """Return the numbers of the run, see :func:`summarise`."""
        reference = next(iter(self.made_by.values()))
        measured = {
            name: {**self.settings[name], **totals.as_json()}
            for name, totals in self.comparisons.items()
            if totals.images
        }
        for name, tally in self.also_differing.items():
            if name in measured:
                measured[name]["also_differing"] = dict(tally)
        return {
            "names": reference["names"],
            "thresholds": reference["thresholds"],
            "arms": {
                arm: {"made_by": self.made_by[arm], **totals.as_json()}
                for arm, totals in self.arms.items()
            },
            "comparisons": measured,
            "images_total": self.total,
            "images_listed": len(self.worst),
            "images_unreadable": self.unreadable,
            "images": self.worst,
            "unreadable": [
                {
                    "name": row["name"],
                    "reasons": row["reasons"],
                    "arms": [arm for arm in row["arms"] if arm not in row["not_stated"]],
                }
                for row in self.unread
            ],
        }


def _row_of(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": record["name"],
        "sha256": record["sha256"],
        "height": record["height"],
        "width": record["width"],
        "reasons": {},
        "not_stated": [],
        "arms": {},
        "comparisons": {},
    }


def _name_of(image: dict[str, Any]) -> str:
    return image["name"]


def _rank_of(image: dict[str, Any]) -> tuple[float, float, float, str]:
    """Return what sorts the worst image first.

    Lost and added detections and images read by one arm only weigh most, over all comparisons;
    then the largest difference of a box, then of a score, a difference that is no number first;
    equal images are in the order of their names.
    """
    rows = image["comparisons"].values()
    return (
        -sum(row["missing"] + row["extra"] + row["unread"] for row in rows),
        -_worst([row["box_px"] for row in rows]),
        -_worst([row["score"] for row in rows]),
        image["name"],
    )


def _worst(differences: list[float]) -> float:
    return max((math.inf if math.isnan(d) else d for d in differences), default=0.0)
