"""Planning a run: which images, labels and arms it has, written down before any rule runs."""

import shutil
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from parity.data.batch_plan import PLAN, BatchPlan, load_batch_plan, plan_batches
from parity.data.listing import list_images, list_paths
from parity.data.sample_images import find_samples
from parity.errors import UserError
from parity.integrity import RESULTS, check_whole, damaged, set_aside_damaged
from parity.planning.arms import plan_arms, plan_comparisons
from parity.planning.calibration import calibration_file, plan_calibration
from parity.planning.checks import checked
from parity.planning.config import Config
from parity.planning.externals import check_boxes
from parity.planning.given_files import digest_given, given_files
from parity.planning.label_digest import labels_file, plan_labels
from parity.planning.locks import hold
from parity.planning.node import load_plan_on_node
from parity.planning.plan import Plan
from parity.planning.run_folder import (
    check_folders,
    check_links,
    date_back,
    irregular,
    unrecorded,
)
from parity.snakemake_records import recorded_outputs

BATCHES = "results/plan/batches"
LOCK = f"{BATCHES}/.lock"
ENDS = (
    "results/report/index.html",
    "results/report/analysis_report.md",
    "results/verdict/verdict.json",
    "results/verdict/junit.xml",
    "results/verdict/summary.md",
    "results/verdict/badge.svg",
)
"""What a run ends with, and no rule needs to read."""
FOLDERS = (RESULTS, "logs", "benchmarks")
"""What planning needs; :func:`parity.planning.run_folder.check_written` checks the rest."""
DAMAGED = "is damaged or of an old version"
"""What is said of a damaged result."""
LISTED = 10
"""Damaged results that are named, at most; chosen."""
OWN_IMAGES = "images"
"""The project's folder for images; while it is empty, there are samples."""
SAMPLES_NOTE = (
    f"The folder {OWN_IMAGES} is empty, so samples were used: photographs from installed packages "
    "and one scene without objects."
)


def plan_run(config: Mapping[str, Any], *, coordinating: bool) -> Plan:
    """Plan a run, and set the limits that it asks for.

    Parameters
    ----------
    config : mapping
        A completed configuration, see :func:`parity.planning.schema.complete`.
    coordinating : bool
        Whether this process coordinates the run and writes down its plan; a job reads that.

    Raises
    ------
    UserError
        If what the configuration asks for cannot be done.
    """
    asked = checked(config)
    asked.limits.set()
    arms = plan_arms(asked)
    comparisons = plan_comparisons(asked, arms)
    if coordinating:
        check_folders(FOLDERS)
    if coordinating and hold(LOCK):
        set_damaged_aside()
        check_links(RESULTS)
        date_back(RESULTS)
    planned = plan_images(asked) if coordinating else load_plan_on_node(BATCHES)
    pictures: dict[str, list[str]] = {}
    if coordinating:
        batches = [f"{BATCHES}/{batch}.json" for batch in planned.names]
        pictures = check_boxes(asked, batches)
        if hold(LOCK):
            plan_calibration(asked, batches)
            plan_labels({name: asked.labels_of(name) for name in asked.models})
        else:
            check_planned(asked)
    paths = sorted({*given_files(asked), *chain.from_iterable(pictures.values())})
    given = digest_given(paths, remember=coordinating and hold(LOCK))
    return Plan(asked, arms, comparisons, planned.names, planned.note, given, pictures)


def check_planned(config: Config) -> None:
    """Check that the run that is going on has planned what this one needs.

    Raises
    ------
    UserError
        If a list is missing.
    """
    lists = [
        calibration_file(name) for name, each in config.exports.items() if each.is_quantised_here
    ]
    lists += [labels_file(name) for name in config.models if config.labels_of(name)]
    if not all(Path(path).is_file() for path in lists):
        raise UserError(
            "another run with other settings is going on in this folder; wait until it ends, or "
            "run in a folder of its own (--directory)."
        )


def set_damaged_aside() -> None:
    """Set damaged results aside, those that no rule reads among them, and say so.

    A result whose record is damaged is set aside, too: nothing tells whether it is up to date.
    """
    for path in ENDS:
        with suppress(FileNotFoundError, UserError):
            check_whole(path)
    reasons = dict.fromkeys(irregular(RESULTS), DAMAGED)
    for record in [record for record in recorded_outputs() if not record.content]:
        reasons[record.output] = "has a damaged record"
        if record.path.is_dir():
            shutil.rmtree(record.path)
        else:
            record.path.unlink()
    _set_aside(reasons)


def set_unrecorded_aside(written: Iterable[str]) -> None:
    """Set results aside of which Snakemake has no record, and say so; see :func:`unrecorded`."""
    if hold(LOCK):
        _set_aside(dict.fromkeys(unrecorded(written), "has no record of what it was made of"))


def _set_aside(reasons: Mapping[str, str]) -> None:
    """Set damaged results aside, these and those that were found before, and say why."""
    for path, reason in reasons.items():
        damaged(path, reason)
    aside = set_aside_damaged()
    for path in aside[:LISTED]:
        sys.stderr.write(f"{path} {reasons.get(path, DAMAGED)}; it will be made again.\n")
    if aside[LISTED:]:
        sys.stderr.write(f"So will {len(aside) - LISTED} more.\n")


def plan_images(config: Config) -> BatchPlan:
    """Find the images and divide them into batches; samples while the project's folder is empty.

    If another run in the same folder is going on, its lists are never rewritten: its plan is taken
    as it is, and Snakemake's own lock decides whether this run may go on.

    Raises
    ------
    UserError
        If the other run was asked for something else, or there is no image.
    """
    request = config.images, config.images_per_job
    if not hold(LOCK):
        if not Path(BATCHES, PLAN).exists():
            raise UserError(
                "another run has just begun in this folder; wait until it ends, or run in a folder "
                "of its own (--directory)."
            )
        planned = load_batch_plan(BATCHES)
        if (planned.source, planned.images_per_job) != request:
            raise UserError(
                "another run with other images is going on in this folder; wait until it ends, "
                "or run in a folder of its own (--directory)."
            )
        return planned
    images, note = list_images(config.images), ""
    if not images.names and not images.shards and Path(config.images) == Path(OWN_IMAGES):
        images, note = list_paths(find_samples()), SAMPLES_NOTE
    planned = plan_batches(
        images,
        images_per_job=config.images_per_job,
        note=note,
        directory=BATCHES,
        source=config.images,
    )
    if not planned.names:
        raise UserError(
            f"config: images is {config.images}, which holds no image, nor do the folders in it: "
            "no .jpg, .png or other format that OpenCV or Pillow reads."
        )
    return planned
