"""Choosing the images that calibrate an int8 export.

The coordinating process writes the choice down before the jobs are planned, and only where it
differs from what is there: Snakemake compares it by content, so that an image which calibrates
nothing makes no export stale.
"""

import hashlib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from parity.data.batches import Batch, BatchImage, load_batch
from parity.planning.exports import quantised
from parity.records import save_if_changed

CALIBRATION = "results/calibration"
LEAST = 16


def choose(images: list[BatchImage], wanted: float) -> list[BatchImage]:
    """Choose images by the digest of their names: a choice that is spread, and stays.

    Parameters
    ----------
    images : list of BatchImage
        All images.
    wanted : float
        A share, if it is below 1, of which 16 images are the least; otherwise a number of images.

    Returns
    -------
    list of BatchImage
        No more than there are; images that could not be read when the run was planned are left
        out.
    """
    share = math.ceil(wanted * len(images))
    number = max(share, LEAST) if wanted < 1 else int(wanted)

    def digest(image: BatchImage) -> str:
        return hashlib.sha256(image.name.encode(errors="surrogateescape")).hexdigest()

    return sorted((image for image in images if image.sha256), key=digest)[:number]


def calibration_file(export: str) -> str:
    """Return where the images that calibrate an export are listed."""
    return f"{CALIBRATION}/{export}.json"


def plan_calibration(config: dict[str, Any], batches: Iterable[str | Path]) -> None:
    """Write the list of the calibrating images of every int8 export that is new or changed.

    Parameters
    ----------
    config : dict
        A completed configuration.
    batches : iterable of str or Path
        The lists of all batches.
    """
    exports = quantised(config)
    images = [image for path in batches for image in load_batch(path)] if exports else []
    for name in exports:
        wanted = config["exports"][name]["calibration"]["images"]
        save_if_changed(calibration_file(name), Batch(choose(images, wanted)))
