"""Counting how far two arms agree at many thresholds, from candidates alone.

No network runs. NMS at the lowest confidence threshold, without a limit on the count, followed by a
cut at a higher confidence and at the limit, keeps the same boxes as NMS at the higher one: only a
better box ever suppresses a box, and the cut removes none of those. So each IoU threshold costs one
NMS per image and arm, and the detections at any confidence are the first few of one list.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from parity.comparison.differences import MatchingSettings
from parity.comparison.matching import AllowedPairs, best_pairing
from parity.comparison.threshold_grid import Axes
from parity.detection.candidate_files import CandidateBatch, ImageCandidates, NetworkRun
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.documents import save
from parity.errors import UserError
from parity.integrity import of_other_images
from parity.postprocessing.postprocess import detect_boxes
from parity.tasks.task import TASKS


@dataclass(frozen=True)
class ArmCounts:
    """How many detections an arm has at many thresholds."""

    ignores_iou: bool
    """Whether no IoU threshold applies: its boxes are finished, or it has none."""
    detections: np.ndarray
    """(I, K) int64. At each of ``axes.tuned_iou`` and ``axes.tuned_conf``."""


@dataclass(frozen=True)
class MatchCounts:
    """How far two arms agree at many thresholds."""

    matched: np.ndarray
    overlap: np.ndarray
    """(I, K) int64 and float64. Matched pairs and the sum of their overlaps, both arms at each of
    ``axes.iou`` and ``axes.conf``."""
    tuned: np.ndarray
    """(I, K) int64. Matched pairs of the candidate at each of ``axes.tuned_iou`` and
    ``axes.tuned_conf`` with the reference at the operating point."""


@dataclass(frozen=True)
class SweepCounts:
    """The counts of a batch at many thresholds: a sweep file."""

    SCHEMA: ClassVar[str] = "sweep/1"

    axes: Axes
    matching: MatchingSettings
    """How detections were paired."""
    images: int
    arms: dict[str, ArmCounts]
    """By arm."""
    comparisons: dict[str, MatchCounts]
    """By comparison."""
    task: str
    """Of the models, a key of :data:`parity.tasks.task.TASKS`."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """What one IoU threshold leaves of an image: detections by falling score, uncut.

    Two are equal only if they are the same object, so that counts of them can be cached.
    """

    detections: Detections
    """In image px."""
    max_det: int
    """Detections reported at most."""

    def counts(self, conf: tuple[float, ...]) -> np.ndarray:
        """Return how many of the first detections each confidence keeps.

        Parameters
        ----------
        conf : tuple of float
            K thresholds; a score must exceed them in float32.

        Returns
        -------
        (K,) int64
        """
        rising = self.detections.scores[::-1]
        passing = len(rising) - np.searchsorted(rising, np.array(conf, np.float32), side="right")
        return np.minimum(passing, self.max_det)


def rank_image(
    image: ImageCandidates, *, conf: float, ious: tuple[float, ...], max_det: int, head: NetworkHead
) -> list[Ranked]:
    """Suppress the candidates of an image once per IoU threshold.

    Parameters
    ----------
    image : ImageCandidates
        Candidates in input px.
    conf : float
        The lowest confidence that will be asked for.
    ious : tuple of float
        IoU thresholds.
    max_det : int
        Detections reported at most.
    head : NetworkHead
        What the candidates come from; no IoU threshold applies to finished boxes and to labels.

    Returns
    -------
    list of Ranked
        One per IoU threshold; thresholds that keep the same boxes share one object.
    """
    ranked: list[Ranked] = []
    for iou in ious:
        if ranked and ignores_iou(head):
            ranked.append(ranked[0])
            continue
        everything = len(image.candidates)
        kept = detect_boxes(image, conf=conf, iou=iou, max_det=everything, head=head)
        same = (other for other in ranked if other.detections.equals(kept))
        ranked.append(next(same, None) or Ranked(_by_falling_score(kept), max_det))
    return ranked


def ignores_iou(head: NetworkHead) -> bool:
    """Return whether no IoU threshold applies to what a network returns."""
    return head.finished or not TASKS[head.task].has_boxes


def _by_falling_score(detections: Detections) -> Detections:
    return detections.at(np.argsort(-detections.scores, kind="stable"))


def count_matches(
    pairs: AllowedPairs, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Match the first detections of both lists, see :func:`parity.comparison.matching.match`.

    A pair whose members have no other partner is matched whenever both are present; only the
    others need an assignment, and only where a cut changes which of them are present.

    Parameters
    ----------
    pairs : AllowedPairs
        Of the two lists, in the order in which they are cut.
    rows, columns : (K,) int
        How many detections of the reference and of the candidate count.

    Returns
    -------
    matched : (K,) int64
        Matched pairs of equal class.
    overlap : (K,) float64
        Sum of their overlaps.
    """
    i, j = np.nonzero(pairs.of_one_class)
    single = (pairs.of_one_class.sum(axis=1)[i] == 1) & (pairs.of_one_class.sum(axis=0)[j] == 1)
    there = (i[single] < rows[:, None]) & (j[single] < columns[:, None])
    matched = there.sum(axis=1)
    overlap = there @ pairs.overlap[i[single], j[single]]
    if not single.all():
        contested = _contested(pairs, np.unique(i[~single]), np.unique(j[~single]), rows, columns)
        matched, overlap = matched + contested[0], overlap + contested[1]
    return matched, overlap


def _contested(
    pairs: AllowedPairs, i: np.ndarray, j: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    block = np.ix_(i, j)
    overlap, closeness, allowed = (
        pairs.overlap[block],
        pairs.closeness[block],
        pairs.of_one_class[block],
    )
    matched, sums = np.zeros(len(rows), np.int64), np.zeros(len(rows))
    cuts = zip(np.searchsorted(i, rows), np.searchsorted(j, columns), strict=True)
    known: dict[tuple[int, int], tuple[int, float]] = {}
    for k, (height, width) in enumerate(cuts):
        if (height, width) not in known:
            cut = slice(height), slice(width)
            made = best_pairing(overlap[cut], closeness[cut], allowed[cut])
            known[height, width] = len(made), overlap[made[:, 0], made[:, 1]].sum()
        matched[k], sums[k] = known[height, width]
    return matched, sums


def sweep_image(
    reference: list[Ranked], candidate: list[Ranked], axes: Axes, *, iou: float
) -> MatchCounts:
    """Count the matches of two arms on one image at all thresholds.

    Parameters
    ----------
    reference, candidate : list of Ranked
        One entry for each of ``axes.tuned_iou``.
    axes : Axes
        The thresholds.
    iou : float
        Smallest overlap of a matched pair.
    """
    operating = reference[axes.tuned_iou.index(axes.operating_iou)]
    (fixed,) = operating.counts((axes.operating_conf,))

    @cache
    def pairs(one: Ranked, other: Ranked) -> AllowedPairs:
        return AllowedPairs.of(one.detections, other.detections, iou=iou)

    @cache
    def at_cells(one: Ranked, other: Ranked) -> tuple[np.ndarray, np.ndarray]:
        return count_matches(pairs(one, other), one.counts(axes.conf), other.counts(axes.conf))

    @cache
    def tuned(other: Ranked) -> np.ndarray:
        counts = other.counts(axes.tuned_conf)
        return count_matches(pairs(operating, other), np.full_like(counts, fixed), counts)[0]

    indices = [axes.tuned_iou.index(value) for value in axes.iou]
    cells = [at_cells(reference[i], candidate[i]) for i in indices]
    return MatchCounts(
        matched=np.array([matched for matched, _ in cells]),
        overlap=np.array([overlap for _, overlap in cells]),
        tuned=np.array([tuned(other) for other in candidate]),
    )


def sweep_arm(batch: CandidateBatch, axes: Axes) -> list[list[Ranked]]:
    """Return, image by image, what each IoU threshold of the axes leaves of an arm."""
    check_limits(batch.made_by, min(axes.tuned_conf))
    return [
        rank_image(
            image,
            conf=min(axes.tuned_conf),
            ious=axes.tuned_iou,
            max_det=axes.max_det,
            head=batch.made_by.head,
        )
        for image in batch.images
    ]


def check_limits(made_by: NetworkRun, lowest: float) -> None:
    """Check that every detection that a sweep asks for is among the candidates of an arm.

    Parameters
    ----------
    made_by : NetworkRun
        What made the candidates.
    lowest : float
        The lowest confidence of the sweep.

    Raises
    ------
    UserError
        If it is too low.
    """
    if lowest < made_by.floor:
        raise UserError(
            f"sweep.conf has {lowest}, below the floor {made_by.floor} of the stored candidates; "
            "lower candidates.floor or raise sweep.conf."
        )
    baked = made_by.baked
    if baked is not None and np.float32(lowest) < np.float32(baked.conf):
        raise UserError(
            f"sweep.conf has {lowest}, below the confidence threshold {baked.conf:g} that is baked "
            "into the graph of an export; raise sweep.conf or use an export without it."
        )


def sweep(
    arms: dict[str, CandidateBatch], comparisons: dict[str, list[str]], axes: Axes, *, iou: float
) -> SweepCounts:
    """Count at all thresholds, over the images of a batch.

    Parameters
    ----------
    arms : dict of str to CandidateBatch
        Candidates by arm, all of the same images.
    comparisons : dict of str to list of str
        Reference and candidate arm by comparison.
    axes : Axes
        The thresholds; for labels, which have no IoU, only the run's own IoU threshold is kept.
    iou : float
        Smallest overlap of a matched pair.

    Raises
    ------
    UserError
        If the arms differ in their images, or a threshold lies below what was stored.
    """
    identities = {tuple((i.name, i.sha256) for i in batch.images) for batch in arms.values()}
    if len(identities) != 1:
        raise of_other_images(f"the candidates of {', '.join(arms)}")
    task = next(iter(arms.values())).made_by.head.task
    axes = axes if TASKS[task].has_boxes else axes.without_iou
    ranked = {arm: sweep_arm(batch, axes) for arm, batch in arms.items()}
    compared = {
        name: add_counts(
            [
                sweep_image(*both, axes, iou=iou)
                for both in zip(ranked[reference], ranked[candidate], strict=True)
            ]
        )
        for name, (reference, candidate) in comparisons.items()
    }
    return SweepCounts(
        axes=axes,
        matching=MatchingSettings(iou),
        images=len(identities.pop()),
        arms={
            arm: ArmCounts(
                ignores_iou=ignores_iou(batch.made_by.head),
                detections=np.sum(
                    [[each.counts(axes.tuned_conf) for each in image] for image in ranked[arm]],
                    axis=0,
                ),
            )
            for arm, batch in arms.items()
        },
        comparisons=compared,
        task=task,
    )


def add_counts(parts: list[MatchCounts]) -> MatchCounts:
    """Return the sum of some counts."""
    return MatchCounts(
        matched=np.sum([part.matched for part in parts], axis=0),
        overlap=np.sum([part.overlap for part in parts], axis=0),
        tuned=np.sum([part.tuned for part in parts], axis=0),
    )


def sweep_batch(
    candidates: list[str],
    destination: str | Path,
    *,
    comparisons: dict[str, list[str]],
    axes: Axes,
    iou: float,
) -> None:
    """Write what :func:`sweep` counts on a batch.

    Parameters
    ----------
    candidates : list of str
        Candidates files; the folder that holds one is named after its arm.
    destination : str or Path
        The counts to write.
    comparisons : dict of str to list of str
        Reference and candidate arm by comparison.
    axes : Axes
        The thresholds.
    iou : float
        Smallest overlap of a matched pair.
    """
    arms = {Path(path).parent.name: CandidateBatch.load(path) for path in candidates}
    save(destination, sweep(arms, comparisons, axes, iou=iou))
