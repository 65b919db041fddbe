"""Measure the diagnosis: injected faults by kind, and correct deployments."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from parity.backends.onnx_network import OnnxNetwork
from parity.data.listing import find_images, find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.evaluation.injection import (
    all_visible,
    injectable_faults,
    random_fault_sets,
)
from parity.diagnosis.evaluation.scoring import (
    DECLARED_THRESHOLDS,
    score_correct,
    score_faults,
    tallies_as_text,
    with_declared,
)
from parity.diagnosis.evaluation.varied_images import write_varied_images

WITHHELD = 0.1
"""Share of boxes that are left out in the pairs with boxes withheld; chosen."""


def main(arguments: Sequence[str] | None = None) -> str:
    """Return the results as text; see ``--help``."""
    parser = argparse.ArgumentParser("python -m parity.diagnosis.evaluation", description=__doc__)
    parser.add_argument("--onnx", required=True, help="an export of fixed shape, 640 x 640 say")
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
    options = parser.parse_args(arguments)
    network = OnnxNetwork.load(options.onnx, threads=options.threads)
    images = find_images(options.images) if options.images else find_samples()
    chosen = dict(sorted(images.items())[: options.count])
    work = Path(options.work)
    replayer = Replayer(network, write_varied_images(chosen, work / "images"), work / "raw")
    names = list(replayer.paths)
    correct = with_declared(Pipeline(), DECLARED_THRESHOLDS)
    tallies = []
    if options.singles:
        singles = [(f,) for f in injectable_faults() if all_visible(replayer, [f], correct, names)]
        tallies.append(score_faults(replayer, names, network.names, singles, kind="single faults"))
    for kind, size, count, printed in (
        ("pairs", 2, options.pairs, {}),
        ("triples", 3, options.triples, {}),
        (f"pairs, {100 * WITHHELD:g} % withheld", 2, options.hard, {"withheld": WITHHELD}),
        ("pairs, integer boxes", 2, options.hard, {"box_decimals": 0}),
    ):
        if count:
            sets = random_fault_sets(
                replayer, correct, names, count=count, size=size, seed=options.seed
            )
            tallies.append(score_faults(replayer, names, network.names, sets, kind=kind, **printed))
    if options.correct:
        tallies.append(score_correct(replayer, names, network.names, options.correct))
    return tallies_as_text(tallies)


if __name__ == "__main__":
    sys.stdout.write(main() + "\n")
