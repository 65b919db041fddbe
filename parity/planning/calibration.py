"""Choosing the images that calibrate an int8 export.

The coordinating process writes the choice down before the jobs are planned, and only where it
differs from what is there: Snakemake compares it by content, so an image that calibrates nothing
makes no export stale.
"""

import math
from collections.abc import Iterable
from pathlib import Path

from parity.data.batch_files import Batch, BatchImage, load_batch
from parity.data.index_fields import digest_of_name
from parity.documents import save_if_changed
from parity.planning.config import Config

CALIBRATION_FOLDER = "results/plan/calibration"

LEAST = 16
"""Images that calibrate an export at least, where a share is asked for; chosen."""


def choose_calibration_images(images: list[BatchImage], wanted: float) -> list[BatchImage]:
    """Choose images by the digest of their names, so that the choice is spread and stays.

    Parameters
    ----------
    images : list of BatchImage
        All images.
    wanted : float
        A share if it is below 1, but at least :data:`LEAST` images; otherwise a number of images.

    Returns
    -------
    list of BatchImage
        Without those that could not be read when the run was planned.
    """
    share = math.ceil(wanted * len(images))
    number = max(share, LEAST) if wanted < 1 else int(wanted)

    readable = [image for image in images if image.sha256]
    return sorted(readable, key=lambda image: digest_of_name(image.name))[:number]


def calibration_file(export: str) -> str:
    """Return where the images that calibrate an export are listed."""
    return f"{CALIBRATION_FOLDER}/{export}.json"


def plan_calibration(config: Config, batches: Iterable[str | Path]) -> None:
    """Write the list of the calibrating images of every int8 export that is new or changed.

    Parameters
    ----------
    config : Config
        What was asked for.
    batches : iterable of str or Path
        The lists of all batches.
    """
    shares = {
        name: export.calibration.images
        for name, export in config.exports.items()
        if export.is_quantised_here
    }
    images = [image for path in batches for image in load_batch(path)] if shares else []
    for name, wanted in shares.items():
        save_if_changed(calibration_file(name), Batch(choose_calibration_images(images, wanted)))
