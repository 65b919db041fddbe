"""Made-up candidates, and what made them."""

import numpy as np

from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from tests.documents import network_run

NAMES = {0: "person", 1: "ünïcode"}
RUN = network_run(names=NAMES)


def candidates(count: int, seed: int = 0) -> Candidates:
    """Return candidates of two classes with scores from 0.1 to 1."""
    rng = np.random.default_rng(seed)
    return Candidates(
        rng.uniform(100, 300, (count, 4)).astype(np.float32),
        rng.uniform(0.1, 1, count).astype(np.float32),
        rng.integers(0, 2, count).astype(np.int32),
    )


def mixed() -> list[ImageCandidates]:
    """Return a readable image, an unreadable one and one with nothing in it."""
    return [
        ImageCandidates("a.jpg", "aa", (480, 640), (640, 640), candidates=candidates(9)),
        ImageCandidates("b.jpg", "", reason="the file is empty"),
        ImageCandidates("c.jpg", "cc", (64, 64), (640, 640), non_finite=12),
    ]
