"""What each stage of the ONNX arm costs beside the network: CPU time, which others hardly change.

    python -m bench.stage_times fp32.onnx photographs

Every image is taken several times, in turns with all others, and the least time of each counts.
The network's share of the arm is given for one core, and for two, where reading and preprocessing
overlap the network.
"""

import argparse
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from parity.backends.inference import STAGES, Stopwatch, count_non_finite
from parity.backends.onnx_network import OnnxNetwork
from parity.data.listing import find_images

FLOOR = 0.01
"""Of the candidates, as in the configuration."""

ROUNDS = 5
HEADER = (
    "model",
    "task",
    *(f"{stage} (ms)" for stage in STAGES),
    "one core",
    "two cores",
)


class CpuStopwatch(Stopwatch):
    """CPU seconds of this thread in each stage."""

    def run(self, stage: str, work: Any, *arguments: Any) -> Any:
        """Return ``work(*arguments)`` and add the time it took to a stage."""
        start = time.thread_time()
        result = work(*arguments)
        self.seconds[stage] += time.thread_time() - start
        return result


def stage_seconds(network: OnnxNetwork, path: Path) -> dict[str, float]:
    """Return the CPU seconds of each stage for one image."""
    watch = CpuStopwatch()
    pixels = watch.run("read", network.read, path)
    tensor = watch.run("preprocess", network.preprocess, pixels)
    (outputs,) = watch.run("forward", network.forward_batch, [tensor])
    watch.run("decode", network.decode, outputs, FLOOR)
    for output in outputs:
        watch.run("decode", count_non_finite, output)
    network.release(tensor)
    return watch.seconds


def least_of_rounds(network: OnnxNetwork, paths: list[Path]) -> dict[str, float]:
    """Return the mean of the least CPU seconds of each stage over images."""
    rounds = defaultdict(list)
    for _ in range(ROUNDS):
        for path in paths:
            rounds[path].append(stage_seconds(network, path))
    return {
        stage: sum(min(each[stage] for each in own) for own in rounds.values()) / len(paths)
        for stage in STAGES
    }


def main() -> None:
    """Print a row in Markdown for each model."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("models", type=Path, nargs="+")
    arguments.add_argument("images", type=Path)
    arguments.add_argument("--count", type=int, default=12, help="images to use")
    given = arguments.parse_args()
    paths = list(find_images(given.images).values())[: given.count]
    for row in (HEADER, ("---",) * len(HEADER)):
        print(f"| {' | '.join(row)} |")
    for model in given.models:
        network = OnnxNetwork.load(model, threads=1)
        spent = least_of_rounds(network, paths)
        before, after = (spent[a] + spent[b] for a, b in (STAGES[:2], STAGES[2:]))
        ratios = (spent["forward"] / each for each in (before + after, max(before, after)))
        numbers = (f"{1000 * spent[stage]:.1f}" for stage in STAGES)
        cells = (model.stem, network.head.task, *numbers, *(f"{each:.2f}" for each in ratios))
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
