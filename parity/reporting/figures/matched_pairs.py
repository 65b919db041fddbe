"""Collecting the matched pairs of all images into arrays for figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from parity.comparison.differences import ComparisonBatch, ImageComparison
from parity.documents import load


@dataclass(frozen=True)
class MatchedPairs:
    """The matched pairs of a comparison, all images together."""

    reference_scores: np.ndarray
    candidate_scores: np.ndarray
    """(N,) float64. Scores of both detections of each pair."""
    box_px: np.ndarray
    """(N,) float64. Largest difference of a coordinate, px of the image."""
    iou: np.ndarray
    """(N,) float64. Overlap of the two boxes."""

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.iou)

    @property
    def score(self) -> np.ndarray:
        """Differences of the scores, unsigned; (N,) float64."""
        returned: np.ndarray = np.abs(self.reference_scores - self.candidate_scores)
        return returned

    @classmethod
    def of(cls, images: Iterable[ImageComparison]) -> Self:
        """Return the pairs of some images."""
        rows = [(*pair.scores, pair.box_px, pair.iou) for image in images for pair in image.matched]
        return cls(*np.array(rows, np.float64).reshape(-1, 4).T)


def load_pairs(paths: Iterable[str | Path]) -> dict[str, MatchedPairs]:
    """Read the pairs of comparison files.

    Parameters
    ----------
    paths : iterable of str or Path
        ``…/{comparison}/{batch}.json`` each.

    Returns
    -------
    dict of str to MatchedPairs
        By comparison.
    """
    batches: dict[str, list[MatchedPairs]] = {}
    for path in map(Path, paths):
        pairs = MatchedPairs.of(load(path, ComparisonBatch).images)
        batches.setdefault(path.parent.name, []).append(pairs)
    return {
        name: MatchedPairs(
            *(
                np.concatenate([getattr(pairs, field) for pairs in several])
                for field in ("reference_scores", "candidate_scores", "box_px", "iou")
            )
        )
        for name, several in batches.items()
    }
