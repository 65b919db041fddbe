"""The parts of the measurement: each yields a scored answer for every deployment."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from parity.backends.onnx_network import OnnxNetwork
from parity.data.listing import find_images
from parity.data.reading import read_image
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.deployment.run import pipeline_of
from parity.diagnosis.catalogue.fault import FAULTS, Fault, all_faults
from parity.diagnosis.diagnosis import diagnose
from parity.diagnosis.evaluation.injection import (
    BOX_DECIMALS,
    are_the_same,
    hidden_faults,
    observe,
    usual_thresholds,
    with_declared,
    with_faults,
)
from parity.diagnosis.evaluation.programs import boxes_of, files_digest, find_programs
from parity.diagnosis.evaluation.scoring import (
    ScoredAnswer,
    answer_of,
    in_other_words,
    score_answer,
)
from parity.diagnosis.evaluation.truth import (
    DeploymentTruth,
    Kinds,
    declared_in,
    load_kinds,
    load_truths,
    names_of,
)
from parity.diagnosis.evaluation.unknown_changes import UnknownChange
from parity.diagnosis.evidence.cheapest_faults import cheapest_faults
from parity.errors import UserError
from parity.external.observations import NO_BOXES, Declared, Observations
from parity.external.reader import load_external
from parity.external.source import Source
from parity.tasks.task import TASKS

CORRECT_BOXES = tuple(
    Declared(conf=conf, iou=iou)
    for conf, iou in product((0.1, 0.2, 0.25, 0.4, 0.5), (0.45, 0.5, 0.6, 0.7))
)
CORRECT_LABELS = tuple(Declared(conf=0.0, max_det=most) for most in (5, 1, 10))
"""Thresholds of the deployments without faults, in turn, and those of classifiers; chosen: what
people set."""

CORRECT_DECIMALS = ((2, 4), (1, 3), (0, 2), (4, 6), (2, 2), (3, 5), (0, 4))
"""Decimals of their coordinates and scores, in turn; chosen: what people print."""

ROUNDED = {
    "xyxy": "rounded",
    "yxyx": "rounded",
    "xywh": "sides_rounded",
    "cxcywh": "centre_rounded",
}
"""What rounding the four numbers that a deployment returns is called, by ``corners``."""

Value = TypeVar("Value")

PROGRAMS = Path("bench/deployments")
"""Folder of the programs, relative to the project."""

TRUTHS, PUBLISHED_TRUTHS, KINDS = (
    PROGRAMS / f"{name}.yaml" for name in ("truth", "published", "kinds")
)
"""What is wrong with the programs, and with published deployments; what their words mean."""


@dataclass(frozen=True)
class Bench:
    """What deployments are diagnosed with."""

    onnx: Path
    """An export."""
    network: OnnxNetwork
    """The same, loaded, that takes squares."""
    work: Path
    """Folder of images, boxes and raw outputs."""
    others: dict[str, Path] = field(default_factory=dict)
    """Other exports by name, which a deployment may run instead."""
    reuse: bool = False
    """Whether raw outputs are kept between runs; seconds and network runs tell nothing then."""

    @classmethod
    def open(
        cls,
        onnx: str | Path,
        work: str | Path,
        *,
        threads: int,
        others: dict[str, Path] | None = None,
        reuse: bool = False,
    ) -> "Bench":
        """Load an export."""
        return cls(Path(onnx), _load(onnx, threads), Path(work), others or {}, reuse)

    @property
    def task(self) -> str:
        """What the network is made for."""
        return self.network.head.task

    @property
    def declared(self) -> Declared:
        """The thresholds of the deployments with injected faults."""
        return usual_thresholds(self.task)

    @property
    def correct(self) -> Pipeline:
        """What those deployments deviate from."""
        return with_declared(pipeline_of(self.network), self.declared)

    @property
    def raw_outputs(self) -> Path:
        """The folder of raw outputs: one for each set of exports and size of the input."""
        height, width = self.network.imgsz
        exports = files_digest([self.onnx, *self.others.values()])
        return self.work / "raw" / f"{exports}-{height}x{width}"

    def replayer(self, paths: dict[str, Path]) -> Replayer:
        """Return what replays the deployments of some images; keeps nothing on disk by default."""
        others = {name: partial(_load, path, 1) for name, path in self.others.items()}
        kept = self.raw_outputs if self.reuse else None
        return Replayer(self.network, paths, kept, others)

    def examine(
        self, truth: DeploymentTruth, seen: Observations, replayer: Replayer, kinds: Kinds
    ) -> ScoredAnswer:
        """Diagnose a deployment and score_answer the answer."""
        answer = answer_of(diagnose(seen, replayer, self.network.names))
        hidden = hidden_words(truth, kinds, replayer, list(seen.images))
        return score_answer(truth, answer, kinds, hidden)


def _load(onnx: str | Path, threads: int) -> OnnxNetwork:
    return replace(OnnxNetwork.load(onnx, threads=threads), rect=False)


def pictures(folder: str, count: int) -> dict[str, Path]:
    """Return photographs by name: the first of a folder, or the samples, again and again."""
    found = sorted((find_images(folder) if folder else find_samples()).items())
    if not found:
        raise UserError(f"{folder} holds no images.")
    if folder:
        return dict(found[:count])
    again = (found[i % len(found)] for i in range(count))
    return {f"{i:02d} {name}": path for i, (name, path) in enumerate(again)}


def hidden_words(
    truth: DeploymentTruth, kinds: Kinds, replayer: Replayer, names: Sequence[str]
) -> frozenset[str]:
    """Return the words of a truth that change nothing in some images beside the others."""
    faults = {
        word: FAULTS[name]
        for word in truth.faults
        for name in names_of(word, kinds)[:1]
        if name in FAULTS
    }
    correct = with_declared(pipeline_of(replayer.network), truth.declared)
    hidden = hidden_faults(replayer, list(faults.values()), correct, names)
    return frozenset(word for word, fault in faults.items() if fault in hidden)


def injected(
    bench: Bench,
    replayer: Replayer,
    sets: Iterable[tuple[Fault, ...]],
    *,
    withheld: float = 0.0,
    box_decimals: int = BOX_DECIMALS,
) -> Iterator[ScoredAnswer]:
    """Inject sets of faults one after the other and diagnose each.

    Parameters
    ----------
    bench : Bench
        What to diagnose with.
    replayer : Replayer
        Runs the deployments, and keeps raw outputs between the cases.
    sets : iterable of tuple of Fault
        What to inject.
    withheld : float
        Share of boxes that are left out at random.
    box_decimals : int
        Decimals of coordinates.
    """
    names = list(replayer.paths)
    correct = bench.correct
    for index, faults in enumerate(sets):
        pipeline = with_faults(faults, correct)
        observe_it = partial(
            observe,
            replayer,
            names=names,
            declared=bench.declared,
            box_decimals=box_decimals,
            withheld=withheld,
            seed=index,
        )
        seen = observe_it(pipeline)
        truth = truth_of(pipeline, correct, whole_numbers=box_decimals == 0)
        diagnosis = diagnose(seen, replayer, bench.network.names)
        scored = score_answer(truth, answer_of(diagnosis), {})
        simple = len(diagnosis.faults) <= len(faults)
        if not scored.right and simple and are_the_same(observe_it(diagnosis.pipeline), seen):
            scored = in_other_words(scored)
        yield scored


def truth_of(
    pipeline: Pipeline, correct: Pipeline, *, whole_numbers: bool = False
) -> DeploymentTruth:
    """Return what the catalogue calls the faults of a pipeline, the cheapest names first.

    Parameters
    ----------
    pipeline, correct : Pipeline
        What was injected into, and what it deviates from.
    whole_numbers : bool
        Whether boxes are printed without decimals, so that their rounding may be named as well.
    """
    faults, _ = cheapest_faults(pipeline, correct, all_faults())
    words = tuple(fault.name for fault in faults if not fault.is_choice)
    return DeploymentTruth(
        " + ".join(words) or "nothing",
        words,
        optional=(ROUNDED[pipeline.corners],) if whole_numbers else (),
    )


def retouched(
    bench: Bench, replayer: Replayer, indices: Iterable[int], seed: int
) -> Iterator[ScoredAnswer]:
    """Diagnose correct deployments of various images, thresholds and roundings.

    Parameters
    ----------
    bench : Bench
        What to diagnose with.
    replayer : Replayer
        Its images; each deployment has half of them, drawn at random.
    indices : iterable of int
        Of the deployments; those with an odd one declare no thresholds.
    seed : int
        Of the draw.
    """
    names = list(replayer.paths)
    for index in indices:
        chance = random.Random(f"{seed} {index}")  # noqa: S311
        stated = _in_turn(CORRECT_BOXES if TASKS[bench.task].has_boxes else CORRECT_LABELS, index)
        box_decimals, score_decimals = _in_turn(CORRECT_DECIMALS, index)
        declared = stated if index % 2 == 0 else Declared()
        seen = observe(
            replayer,
            with_declared(pipeline_of(bench.network), stated),
            chance.sample(names, -(-len(names) // 2)),
            declared=declared,
            box_decimals=box_decimals,
            score_decimals=score_decimals,
        )
        thresholds = ", ".join(f"{k} {v:g}" for k, v in vars(stated).items() if v is not None)
        said = f"{thresholds}, {box_decimals} and {score_decimals} decimals"
        optional = ("rounded",) if box_decimals == 0 else ()
        truth = DeploymentTruth(said, optional=optional, declared=declared)
        yield bench.examine(truth, seen, replayer, {})


def _in_turn(values: tuple[Value, ...], index: int) -> Value:
    return values[index % len(values)]


def unknown(
    bench: Bench, replayer: Replayer, drawn: Iterable[tuple[UnknownChange, tuple[Fault, ...]]]
) -> Iterator[ScoredAnswer]:
    """Diagnose deployments that do something that no catalogue holds.

    Parameters
    ----------
    bench : Bench
        What to diagnose with.
    replayer : Replayer
        Of the unchanged images.
    drawn : iterable of (UnknownChange, tuple of Fault)
        What each deployment does, and what is wrong with it besides.
    """
    for index, (change, faults) in enumerate(drawn):
        pipeline = with_faults(faults, bench.correct)
        bench.work.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=bench.work) as folder:
            altered = change.applied_to(replayer, Path(folder))
            seen = observe(
                altered, pipeline, list(replayer.paths), declared=bench.declared, seed=index
            )
        truth = DeploymentTruth(
            " + ".join([str(change), *(fault.name for fault in faults)]),
            tuple(fault.name for fault in faults),
            unknown=(str(change),),
        )
        yield bench.examine(truth, change.printed(seen), replayer, {})


def independent(
    bench: Bench,
    images: dict[str, Path],
    only: Sequence[str] = (),
    *,
    declared: bool = True,
) -> Iterator[ScoredAnswer]:
    """Diagnose the programs that share no code with the pipeline.

    Parameters
    ----------
    bench : Bench
        What to diagnose with.
    images : dict of str to Path
        Photographs, all of one folder that holds nothing else.
    only : sequence of str
        Names of programs; all of them if empty.
    declared : bool
        Whether their thresholds are declared.
    """
    kinds = load_kinds(KINDS)
    truths = load_truths(TRUTHS, kinds)
    for name, program in chosen(programs_of(bench.task), only).items():
        folder = next(iter(images.values())).parent
        boxes = boxes_of(program, bench.onnx, folder, bench.work / "boxes")
        seen = _observed(boxes, images, bench.network)
        truth = truths[name]
        seen = replace(seen, declared=truth.declared if declared else Declared())
        yield bench.examine(truth, seen, bench.replayer(images), kinds)


def programs_of(task: str) -> dict[str, Path]:
    """Return the programs of a task that can be run here, by name."""
    truths = load_truths(TRUTHS, {})
    return {n: path for n, path in find_programs(PROGRAMS).items() if truths[n].task == task}


def published(
    bench: Bench,
    folder: str | Path,
    only: Sequence[str] = (),
    *,
    declared: bool = True,
) -> Iterator[ScoredAnswer]:
    """Diagnose published deployments of which a folder holds the boxes.

    Parameters
    ----------
    bench : Bench
        What to diagnose with.
    folder : str or Path
        Files of boxes, in subfolders, too; ``truth.json`` says what is wrong with them where
        ``published.yaml`` of the project does not. Their photographs lie below the folder that
        holds this one, or are samples.
    only : sequence of str
        Names of deployments; all of them if empty.
    declared : bool
        Whether their thresholds are declared.
    """
    kinds, truths = load_kinds(KINDS), _published_truths(folder)
    known = _photographs(Path(folder).parent)
    for name, path in chosen(published_files(folder), only).items():
        header = Source.open(path).header
        listed = header.get("images") or sorted(_named_beside(path))
        images = {image: known[image] for image in listed if image in known}
        stated = header.get("declared", header)
        if stated.get("geometry") == "rect":
            continue  # the export takes squares
        box_format = stated.get("box_format", "") if "declared" in header else ""
        seen = _observed(path, images, bench.network, box_format)
        stated = declared_in(stated)
        truth = replace(truths[name], language=header.get("language", ""), declared=stated)
        seen = replace(seen, declared=stated if declared else Declared())
        yield bench.examine(truth, seen, bench.replayer(images), kinds)


def published_files(folder: str | Path) -> dict[str, Path]:
    """Return the files of boxes in a folder by name, of which it is known what is wrong."""
    truths = _published_truths(folder)
    found = sorted(Path(folder).rglob("*.json"))
    return {path.stem: path for path in found if path.stem in truths}


def _published_truths(folder: str | Path) -> dict[str, DeploymentTruth]:
    own = Path(folder) / "truth.json"
    kinds = load_kinds(KINDS)
    return load_truths(PUBLISHED_TRUTHS, kinds) | (load_truths(own, kinds) if own.is_file() else {})


def _named_beside(path: Path) -> set[str]:
    """Return the images that any file of a folder names; where none lists those without boxes."""
    return {
        record["image"]
        for file in path.parent.glob("*.json")
        for record in Source.open(file).records or []
    }


def _photographs(root: Path) -> dict[str, Path]:
    found = {path.name: path for path in find_samples().values()}
    for path in find_images(str(root.resolve())).values():
        found.setdefault(path.name, path)
        found[path.relative_to(root.resolve()).as_posix()] = path
    return found


def chosen(found: dict[str, Path], only: Sequence[str]) -> dict[str, Path]:
    """Return the deployments of some names.

    Raises
    ------
    UserError
        If there is none of a name.
    """
    for name in only:
        if name not in found:
            raise UserError(f"there is no deployment {name!r} among {', '.join(found)}.")
    return {name: found[name] for name in only or found}


def _observed(
    boxes: Path, images: dict[str, Path], network: OnnxNetwork, box_format: str = ""
) -> Observations:
    shapes = {name: read_image(path).shape[:2] for name, path in images.items()}
    seen = load_external(
        boxes,
        shapes,
        network.names,
        box_format=box_format,
        task=network.head.task,
        keypoint_shape=network.head.keypoint_shape,
    )
    missing = images.keys() - seen.images.keys()
    return replace(seen, images=seen.images | dict.fromkeys(sorted(missing), NO_BOXES))
