"""Measuring the diagnosis: injected faults by kind, and correct deployments."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from parity.backends.onnx_network import OnnxNetwork
from parity.data.listing import find_images, find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.benchmark.injected_faults import (
    Case,
    Tally,
    draw,
    evaluate,
    injectable,
    mixed,
    observe,
    table,
    visible,
)
from parity.diagnosis.diagnosis import diagnose
from parity.external.observations import Declared

CONFS = (0.1, 0.2, 0.25, 0.4, 0.5)
IOUS = (0.45, 0.5, 0.6, 0.7)


def correct_runs(
    replayer: Replayer,
    names: Sequence[str],
    class_names: dict[int, str],
    count: int,
    seen_by: Replayer | None = None,
) -> Tally:
    """Diagnose correct deployments with other thresholds, half of them not declared.

    Parameters
    ----------
    replayer : Replayer
        Runs the hypotheses.
    names : sequence of str
        Images.
    class_names : dict of int to str
        The model's names.
    count : int
        Deployments.
    seen_by : Replayer, optional
        Runs the deployments, where it is another network, fp16 for instance.
    """
    tally = Tally("correct")
    for index in range(count):
        conf, iou = CONFS[index % len(CONFS)], IOUS[index % len(IOUS)]
        stride = replayer.network.stride if replayer.network.rect else None
        pipeline = replace(Pipeline(), conf=conf, iou=iou, stride=stride)
        declared = Declared(conf=conf, iou=iou) if index % 2 == 0 else Declared()
        seen = observe(seen_by or replayer, pipeline, names, declared=declared, seed=index)
        paths, network = replayer.paths, replayer.network
        found = diagnose(seen, paths, network, class_names, replayer=replayer)
        tally.add(Case((), pipeline, seen), found)
    return tally


def main(arguments: Sequence[str] | None = None) -> str:
    """Return the table of an evaluation; see ``--help``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--onnx", required=True, help="a fixed export, 640 x 640 for instance")
    parser.add_argument("--images", default="", help="photographs; the samples by default")
    parser.add_argument("--count", type=int, default=10, help="images to use")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--singles", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--triples", type=int, default=200)
    parser.add_argument("--hard", type=int, default=100, help="pairs withheld, and as integers")
    parser.add_argument("--correct", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work", default="results/evaluation", help="folder for images and cache")
    told = parser.parse_args(arguments)
    network = OnnxNetwork.load(told.onnx, threads=told.threads)
    images = find_images(told.images) if told.images else find_samples()
    chosen = dict(sorted(images.items())[: told.count])
    work = Path(told.work)
    replayer = Replayer(network, mixed(chosen, work / "images"), work / "raw")
    names = list(replayer.paths)
    correct = replace(Pipeline(), conf=0.25, iou=0.45)
    tallies = []
    if told.singles:
        singles = [(f,) for f in injectable() if visible(replayer, [f], correct, names)]
        tallies.append(evaluate(replayer, names, network.names, singles, kind="single faults"))
    for kind, size, count, printed in (
        ("pairs", 2, told.pairs, {}),
        ("triples", 3, told.triples, {}),
        ("pairs, 10 % withheld", 2, told.hard, {"withheld": 0.1}),
        ("pairs, integer boxes", 2, told.hard, {"box_decimals": 0}),
    ):
        if count:
            sets = draw(replayer, correct, names, count=count, size=size, seed=told.seed)
            tallies.append(evaluate(replayer, names, network.names, sets, kind=kind, **printed))
    if told.correct:
        tallies.append(correct_runs(replayer, names, network.names, told.correct))
    return table(tallies)


if __name__ == "__main__":
    sys.stdout.write(main() + "\n")
