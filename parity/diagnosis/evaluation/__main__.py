"""Measure the diagnosis: on injected faults, independent and published deployments, and others.

The task is read from the model; ``injected``, ``independent`` and ``correct`` measure models of
every task.
"""

import argparse
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from parity.deployment.replay import Replayer
from parity.diagnosis.evaluation import parts
from parity.diagnosis.evaluation.injection import (
    BOX_DECIMALS,
    all_visible,
    injectable_faults,
    random_fault_sets,
)
from parity.diagnosis.evaluation.parts import Bench
from parity.diagnosis.evaluation.programs import files_digest
from parity.diagnosis.evaluation.scoring import ScoredAnswer, as_line
from parity.diagnosis.evaluation.table import EvaluationRow, as_markdown, as_text
from parity.diagnosis.evaluation.truth import load_truths
from parity.diagnosis.evaluation.unknown_changes import draw_unknown
from parity.diagnosis.evaluation.varied_images import write_varied_images
from parity.errors import in_one_sentence

Case = TypeVar("Case")

PARTS = ("injected", "independent", "published", "unknown", "correct")

WITHHELD = 0.1
"""Share of boxes that are left out in the pairs with boxes withheld; chosen."""

DISTANCE = 1_000_003
"""Between the seeds of two processes; chosen: larger than any seed that is typed."""


def main(arguments: Sequence[str] | None = None) -> str:
    """Return the results as text; see ``--help``."""
    parser = argparse.ArgumentParser("python -m parity.diagnosis.evaluation", description=__doc__)
    parser.add_argument("--onnx", required=True, help="an export of fixed shape, 640 x 640 say")
    parser.add_argument(
        "--other", action="append", default=[], help="another export, as int8=path.onnx"
    )
    parser.add_argument("--part", action="append", choices=PARTS, help="all of them by default")
    parser.add_argument("--images", default="", help="photographs; the samples by default")
    parser.add_argument("--count", type=int, default=10, help="images to use")
    parser.add_argument("--published", default="", help="folder of boxes of published deployments")
    parser.add_argument(
        "--names", default="", help="of deployments or single faults, with commas; else all"
    )
    parser.add_argument("--undeclared", action="store_true", help="also with nothing declared")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--singles", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--triples", type=int, default=200)
    parser.add_argument("--hard", type=int, default=100, help="pairs withheld, and as integers")
    parser.add_argument("--unknown", type=int, default=100, help="runs with something unknown")
    parser.add_argument("--correct", type=int, default=200, help="correct runs")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes; each draws its own cases")
    parser.add_argument("--work", default="results/evaluation", help="folder for images and cache")
    parser.add_argument(
        "--reuse", action="store_true", help="keep raw outputs; seconds and runs tell nothing then"
    )
    parser.add_argument("--markdown", action="store_true", help="the table for the README alone")
    parser.add_argument("--show-held-out", action="store_true", help="list their answers, too")
    options = parser.parse_args(arguments)
    with in_one_sentence():
        rows = []
        for row in chain.from_iterable(_measure(part, options) for part in options.part or PARTS):
            rows.append(row)
            _say(as_markdown([row]))
    if options.markdown:
        return as_markdown(rows)
    return as_text(rows, show_held_out=options.show_held_out)


def _bench(options: argparse.Namespace) -> Bench:
    others = {name: Path(path) for name, _, path in (o.partition("=") for o in options.other)}
    return Bench.open(
        options.onnx, options.work, threads=options.threads, others=others, reuse=options.reuse
    )


def _replayer(bench: Bench, options: argparse.Namespace) -> Replayer:
    chosen = parts.pictures(options.images, options.count)
    label = files_digest(chosen.values())
    images = write_varied_images(chosen, bench.work / "images" / label)
    return bench.replayer(images)


@dataclass(frozen=True)
class Share:
    """What one of several processes does of a part."""

    index: int = 0
    """Of the process."""
    processes: int = 1
    """How many there are."""

    def of(self, cases: Sequence[Case]) -> Sequence[Case]:
        """Return every so many of the cases."""
        return cases[self.index :: self.processes]

    def generator(self, seed: int) -> random.Random:
        """Return a generator that draws other cases than those of the other processes."""
        return random.Random(seed + DISTANCE * self.index)  # noqa: S311


def _measure(part: str, options: argparse.Namespace) -> list[EvaluationRow]:
    """Return the rows of a part, of which each process did a share."""
    shares = [Share(index, options.jobs) for index in range(options.jobs)]
    do = partial(_do_share, part, options)
    if options.jobs == 1:
        done = [do(share) for share in shares]
    else:
        with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
            done = list(pool.map(do, shares))
    rows = [EvaluationRow.joined(rows) for rows in zip(*done, strict=True)]
    return [half for row in rows for half in (row.halves() if part == "independent" else [row])]


def _do_share(part: str, options: argparse.Namespace, share: Share) -> list[EvaluationRow]:
    return list(ROWS[part](options, share))


def _injected(options: argparse.Namespace, share: Share) -> Iterator[EvaluationRow]:
    bench = _bench(options)
    replayer = _replayer(bench, options)
    names = list(replayer.paths)
    correct = bench.correct
    if options.singles:
        wanted = _names(options)
        every = [f for f in injectable_faults(bench.task) if f.name in wanted or not wanted]
        own = share.of(every)
        shown = [f for f in own if all_visible(replayer, [f], correct, names)]
        hidden = [fault.name for fault in own if fault not in shown]
        _say(f"{len(shown)} of {len(own)} faults show in these images; not {', '.join(hidden)}")
        scored = parts.injected(bench, replayer, [(fault,) for fault in shown])
        yield EvaluationRow("single faults", tuple(_told(scored)))
    for kind, size, count, withheld, decimals in (
        ("pairs", 2, options.pairs, 0.0, BOX_DECIMALS),
        ("triples", 3, options.triples, 0.0, BOX_DECIMALS),
        (f"pairs, {100 * WITHHELD:g} % withheld", 2, options.hard, WITHHELD, BOX_DECIMALS),
        ("pairs, whole numbers", 2, options.hard, 0.0, 0),
    ):
        if count:
            sets = random_fault_sets(
                *(replayer, correct, names),
                count=len(share.of(range(count))),
                size=size,
                chance=share.generator(options.seed),
            )
            scored = parts.injected(bench, replayer, sets, withheld=withheld, box_decimals=decimals)
            yield EvaluationRow(kind, tuple(_told(scored)))


def _independent(options: argparse.Namespace, share: Share) -> Iterator[EvaluationRow]:
    bench = _bench(options)
    found = parts.programs_of(bench.task)
    truths = load_truths(parts.TRUTHS, {})
    left_out = {name for name, truth in truths.items() if truth.task == bench.task} - found.keys()
    if left_out and share.index == 0:
        _say(f"left out, since Node or its packages are not installed: {', '.join(left_out)}")
    names = share.of(list(parts.chosen(found, _names(options))))
    images = _replayer(bench, options).paths
    for kind, declared in _declared("independent", options):
        answers = parts.independent(bench, images, names, declared=declared) if names else ()
        hide = not options.show_held_out
        yield EvaluationRow(kind, tuple(_told(answers, hide=hide)))


def _published(options: argparse.Namespace, share: Share) -> Iterator[EvaluationRow]:
    if options.published:
        bench = _bench(options)
        found = parts.published_files(options.published)
        names = share.of(list(parts.chosen(found, _names(options))))
        for kind, declared in _declared("published", options):
            folder = options.published
            answers = parts.published(bench, folder, names, declared=declared) if names else ()
            yield EvaluationRow(kind, tuple(_told(answers)))


def _declared(part: str, options: argparse.Namespace) -> Iterator[tuple[str, bool]]:
    """Yield the heading of each row, and whether its deployments declare their thresholds."""
    yield part, True
    if options.undeclared:
        yield f"{part}, nothing declared", False


def _told(answers: Iterable[ScoredAnswer], *, hide: bool = False) -> Iterator[ScoredAnswer]:
    """Yield scored answers and say each in a line; without the answer where it is to be hidden."""
    for scored in answers:
        hidden = hide and scored.truth.held_out
        _say(f"{scored.truth.name:24} held out" if hidden else as_line(scored))
        yield scored


def _unknown(options: argparse.Namespace, share: Share) -> Iterator[EvaluationRow]:
    if options.unknown:
        bench = _bench(options)
        replayer = _replayer(bench, options)
        chance = share.generator(options.seed)
        own = share.of(range(options.unknown))
        drawn = (draw_unknown(chance, replayer, bench.correct) for _ in own)
        yield EvaluationRow(
            "something that no catalogue holds", tuple(_told(parts.unknown(bench, replayer, drawn)))
        )


def _correct(options: argparse.Namespace, share: Share) -> Iterator[EvaluationRow]:
    if options.correct:
        bench = _bench(options)
        own = share.of(range(options.correct))
        scored = parts.retouched(bench, _replayer(bench, options), own, options.seed)
        yield EvaluationRow("correct, other images, thresholds and rounding", tuple(_told(scored)))


def _names(options: argparse.Namespace) -> list[str]:
    return [name for name in options.names.split(",") if name]


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


ROWS = {
    "injected": _injected,
    "independent": _independent,
    "published": _published,
    "unknown": _unknown,
    "correct": _correct,
}


if __name__ == "__main__":
    importable = import_module("parity.diagnosis.evaluation.__main__")  # by spawned processes
    sys.stdout.write(importable.main() + "\n")
