"""Which layers of an export are to blame for its drift, and what keeping them in fp32 gives.

A layer's own error is what it adds when it alone is the candidate's and everything before it is
the fp32 export's. Its share is what that does to the final boxes and scores, against what the
other layers do one by one.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from parity.backends.onnx_network import OnnxNetwork
from parity.comparison.differences import COMPARISON
from parity.data.batches import BatchImage
from parity.files import read_json
from parity.layers.activations import nodes_of
from parity.layers.evaluate import Trial, key_of
from parity.layers.mixed_precision import mend, mix_half, mix_int8
from parity.layers.sensitivity import Study, decibels, shares, study
from parity.model_files.description import load_checked

LAYERS = "layers/1"
FLOOR = (0.01, 1e-4)
"""Differences of boxes (px) and scores that fp32 arithmetic alone causes."""

EXPLAINED = {"float": 1e-4, "float16": 4e-3, "int8": 0.03}
"""Own error of a layer, as a share of its signal, that the precision of the weights explains."""

OUTSTANDING = 4
"""An own error so many times the median of all layers is beyond what is expected."""

NAMED = 0.005
"""Smallest share of the error at which a layer is worth a word."""

STEPS = (0.5, 0.8)
MOST_KEPT = 16
TRIED_IMAGES = 8
"""So many times more images for measuring what is tried than for looking into the layers."""


@dataclass(frozen=True)
class Suspect:
    """An export whose layers are looked into.

    Attributes
    ----------
    candidate, reference : str
        Its file, and that of the fp32 export like it.
    stored_as : str
        What most of its weights are: float, float16 or int8.
    given : bool
        Whether somebody else made it.
    keep_fp32 : list of str
        What it already keeps in fp32.
    calibration : list of BatchImage
        What calibrated it; empty unless it is made in int8.
    """

    candidate: str
    reference: str
    stored_as: str
    given: bool
    keep_fp32: list[str]
    calibration: list[BatchImage]


def worst_images(comparisons: Iterable[str | Path]) -> tuple[list[str], bool]:
    """Return the names of compared images, worst first, and whether any is beyond the floor."""
    keys = sorted(
        key_of(record)
        for path in comparisons
        for record in read_json(path, COMPARISON)["images"]
        if not any(record["reasons"])
    )
    stays = [not lost and -box <= FLOOR[0] and -score <= FLOOR[1] for lost, box, score, _ in keys]
    return [name for *_, name in keys], not all(stays)


def find_blame(
    suspect: Suspect,
    images: list[BatchImage],
    comparisons: Iterable[str | Path],
    *,
    wanted: int,
    thresholds: dict[str, Any],
    threads: int,
) -> dict[str, Any]:
    """Look into the layers of an export that drifts, and try what would mend it.

    Parameters
    ----------
    suspect : Suspect
        The export.
    images : list of BatchImage
        All images of the run.
    comparisons : iterable of str or Path
        Of its runtime effect.
    wanted : int
        Images to look at the layers with, the worst first.
    thresholds : dict
        ``conf``, ``iou`` and ``max_det``.
    threads : int
        Threads that a run may use.

    Returns
    -------
    dict
        ``drifts`` and ``sentences``; if it drifts ``images``, ``total`` (mean differences of
        boxes and scores), ``layers``, ``first`` (index of the first layer beyond what is
        expected, or None), ``measured_on``, ``as_it_is`` and ``tried``.
    """
    names, drifts = worst_images(comparisons)
    if not drifts:
        return {"drifts": False, "sentences": ["It stays within what fp32 arithmetic causes."]}
    network = OnnxNetwork.load(suspect.reference, threads=threads)
    if network.end2end:
        said = "Its head gives finished boxes, whose rows cannot be followed through the layers."
        return {"drifts": True, "sentences": [said]}
    reference, candidate = load_checked(suspect.reference), load_checked(suspect.candidate)
    by_name = {image.name: image for image in images}
    ordered = [by_name[name] for name in names]
    looked_at = Trial.prepare(network, ordered[:wanted], thresholds)
    found = study(reference, candidate, looked_at.inputs, threads=threads)
    rows = layer_rows(found)
    first = first_beyond(rows, suspect.stored_as)
    step = max(1, len(ordered) // (wanted * TRIED_IMAGES))
    trial = Trial.prepare(network, ordered[::step][: wanted * TRIED_IMAGES], thresholds)
    as_it_is = trial.measure(suspect.candidate, threads=threads)
    tried = []
    for kept in choices(rows, first, given=suspect.given):
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder, "mixed.onnx")
            chosen = [found.layers[i] for i in kept]
            nodes = [name for layer in chosen for name in nodes_of(reference, found.layers, layer)]
            if suspect.given:
                mend(candidate, reference, {x.reference: x.candidate for x in chosen}, made)
            elif suspect.stored_as == "int8":
                kept_nodes = list(dict.fromkeys([*suspect.keep_fp32, *nodes]))
                mix_int8(suspect.reference, suspect.calibration, kept_nodes, made, threads=threads)
            else:
                mix_half(reference, nodes, made)
            measured = trial.measure(made, threads=threads)
        tried.append({"layers": [rows[i]["node"] for i in kept], "keep_fp32": nodes, **measured})
    return {
        "drifts": True,
        "sentences": sentences(rows, first, as_it_is, tried, given=suspect.given),
        "images": looked_at.names,
        "total": dict(zip(("box_px", "score"), found.total.mean, strict=True)),
        "layers": rows,
        "first": first,
        "measured_on": len(trial.names),
        "as_it_is": as_it_is,
        "tried": tried,
    }


def layer_rows(found: Study) -> list[dict[str, Any]]:
    """Return the plain values of every layer; ratios of signal to noise in dB."""
    return [
        {
            "node": blame.layer.node,
            "operator": blame.layer.operator,
            "snr_db": decibels(blame.signal, blame.noise),
            "own_snr_db": decibels(blame.signal, blame.own_noise),
            "own_error": float(np.sqrt(blame.own_noise / max(blame.signal, 1e-30))),
            "box_px": blame.box_px,
            "score": blame.score,
            "share": share,
        }
        for blame, share in zip(found.blames, shares(found.blames), strict=True)
    ]


def first_beyond(rows: list[dict[str, Any]], stored_as: str) -> int | None:
    """Return the first layer whose own error is more than its precision and its like explain."""
    errors = [row["own_error"] for row in rows]
    usual = OUTSTANDING * float(np.median(errors))
    limit = max(EXPLAINED.get(stored_as, EXPLAINED["int8"]), usual)
    return next((i for i, error in enumerate(errors) if not error <= limit), None)


def choices(rows: list[dict[str, Any]], first: int | None, *, given: bool) -> list[list[int]]:
    """Return the sets of layers that are tried.

    Of a given file all layers that are beyond what is expected; otherwise those that together
    cause half, and four fifths, of the error.
    """
    order = sorted(range(len(rows)), key=lambda i: -rows[i]["share"])
    if given:
        beyond = [i for i in order if rows[i]["own_error"] > EXPLAINED["float"]]
        return [sorted(beyond[:MOST_KEPT])] if first is not None else []
    caused = np.cumsum([rows[i]["share"] for i in order])
    sizes = [min(int(np.searchsorted(caused, step)) + 1, MOST_KEPT) for step in STEPS]
    return [sorted(order[:size]) for size in dict.fromkeys(sizes)] if caused[-1] > 0 else []


def sentences(
    rows: list[dict[str, Any]],
    first: int | None,
    as_it_is: dict[str, Any],
    tried: list[dict[str, Any]],
    *,
    given: bool,
) -> list[str]:
    """Return what was found, in words."""
    said = []
    if first is None:
        said.append("No layer adds more error than its precision explains.")
    else:
        row = rows[first]
        said.append(
            f"{row['node']} is the first layer that adds more error than its precision explains: "
            f"{100 * row['own_error']:.2g} % of its signal."
        )
    worst = sorted((row for row in rows if row["share"] >= NAMED), key=lambda row: -row["share"])[
        :3
    ]
    named = ", ".join(f"{row['node']} ({100 * row['share']:.0f} %)" for row in worst)
    said.append(f"Of the error in boxes and scores, most comes from {named}.")
    for trial in tried:
        what = "with the checkpoint's weights in" if given else "with fp32 in"
        said.append(
            f"Tried {what} {len(trial['layers'])} layers: {_lost(trial)} instead of "
            f"{_lost(as_it_is)}, boxes within {trial['box_px']['max']:.3g} px instead of "
            f"{as_it_is['box_px']['max']:.3g} px, {trial['bytes'] / 1e6:.2f} MB instead of "
            f"{as_it_is['bytes'] / 1e6:.2f} MB."
        )
    best = min(tried, key=_badness, default=None)
    if best is None:
        return said
    if _badness(best) >= _badness(as_it_is):
        said.append("None of that is better, so it is best left as it is.")
    elif given:
        said.append("Export it anew from the checkpoint.")
    else:
        said.append(
            f"Worth it: fp32 in those {len(best['layers'])} layers; the names of their nodes are "
            "listed under keep_fp32 in the results of layers."
        )
    return said


def _badness(measured: dict[str, Any]) -> tuple[int, float]:
    return measured["missing"] + measured["extra"], measured["box_px"]["max"]


def _lost(measured: dict[str, Any]) -> str:
    return f"{measured['missing']} missing and {measured['extra']} extra"
