"""Injecting known faults and measuring how well the diagnosis names them."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from parity.data.reading import read_image
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.catalogue.fault import Fault, cover
from parity.diagnosis.catalogue.postprocessing import AFTER
from parity.diagnosis.catalogue.preprocessing import BEFORE
from parity.diagnosis.diagnosis import Diagnosis, diagnose
from parity.diagnosis.misfit import Precision, fit, total
from parity.external.observations import Declared, Observations, Observed, decimals

VISIBLE = 6.0
"""A fault counts as injected if undoing it changes the boxes by more, in nats."""

SIZES = ((1.0, None), (1.7, (16, 9)), (0.6, None), (1.25, (3, 4)), (2.3, None), (0.8, (1, 1)),
         (1.45, None), (0.9, (21, 9)), (1.1, (9, 16)), (1.9, (4, 3)))  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A deployment with known faults.

    Attributes
    ----------
    faults : tuple of Fault
        What is wrong with it.
    pipeline : Pipeline
        The deployment.
    observations : Observations
        What it makes.
    """

    faults: tuple[Fault, ...]
    pipeline: Pipeline
    observations: Observations


@dataclass
class Tally:
    """How many cases of a kind were explained."""

    kind: str
    cases: int = 0
    explained: int = 0
    per_fault: dict[str, list[int]] = field(default_factory=dict)
    confusions: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)

    def add(self, case: Case, diagnosis: Diagnosis) -> bool:
        """Count a case and return whether it was explained."""
        success = explains(diagnosis, case)
        self.cases += 1
        self.explained += success
        self.seconds.append(diagnosis.seconds)
        self.runs.append(diagnosis.runs)
        for fault in case.faults:
            row = self.per_fault.setdefault(fault.name, [0, 0])
            row[0] += success
            row[1] += 1
        if not success:
            told = [f.name for f in diagnosis.faults]
            truth = [f.name for f in case.faults]
            self.confusions.append(
                f"{' + '.join(truth) or 'nothing'} -> {' + '.join(told) or 'nothing'}"
                f" ({diagnosis.verdict}, {diagnosis.shares.exact:.2f} exact)"
            )
        return success


def mixed(images: dict[str, Path], directory: str | Path) -> dict[str, Path]:
    """Make a set of many sizes and shapes of some photographs, a grey and two turned among them.

    Parameters
    ----------
    images : dict of str to Path
        Photographs by name.
    directory : str or Path
        Where the new files go.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    made = {}
    for index, (name, path) in enumerate(sorted(images.items())):
        target = directory / f"{index:02d}_{Path(name).stem.replace(' ', '_')}.jpg"
        made[target.name] = target
        if target.is_file():
            continue
        scale, ratio = SIZES[index % len(SIZES)]
        image = _cropped(read_image(path), ratio)
        kernel = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        if scale != 1.0:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=kernel)
        picture = Image.fromarray(np.ascontiguousarray(image[..., ::-1]))
        if index % 12 == 4:
            picture = picture.convert("L")
        exif = Image.Exif()
        if index % 5 == 3:
            picture = picture.transpose(Image.Transpose.ROTATE_90)
            exif[0x0112] = 6
        picture.save(target, quality=95, exif=exif)
    return made


def _cropped(image: np.ndarray, ratio: tuple[int, int] | None) -> np.ndarray:
    if ratio is None:
        return image
    height, width = image.shape[:2]
    new_width = min(width, height * ratio[0] // ratio[1])
    new_height = min(height, width * ratio[1] // ratio[0])
    top, left = (height - new_height) // 2, (width - new_width) // 2
    return image[top : top + new_height, left : left + new_width]


def observe(
    replayer: Replayer,
    pipeline: Pipeline,
    names: Sequence[str],
    *,
    declared: Declared,
    box_decimals: int = 2,
    score_decimals: int = 4,
    withheld: float = 0.0,
    seed: int = 0,
) -> Observations:
    """Return what a deployment prints for some images.

    Parameters
    ----------
    replayer : Replayer
        Runs it.
    pipeline : Pipeline
        The deployment.
    names : sequence of str
        Images.
    declared : Declared
        What is said of it.
    box_decimals, score_decimals : int
        Decimals that are printed.
    withheld : float
        Share of boxes that are left out at random.
    seed : int
        Of what is left out.
    """
    chance = np.random.default_rng(seed)
    images = {}
    for name in names:
        found = replayer.detections(pipeline, name)
        kept = chance.random(len(found)) >= withheld
        images[name] = Observed(
            np.round(found.boxes[kept].astype(np.float64), box_decimals),
            np.round(found.scores[kept].astype(np.float64), score_decimals),
            found.class_ids[kept].astype(np.int64),
        )
    return Observations(images, declared)


def visible(
    replayer: Replayer, faults: Sequence[Fault], correct: Pipeline, names: Sequence[str]
) -> bool:
    """Return whether the boxes show each of some faults beside the others.

    Parameters
    ----------
    replayer : Replayer
        Runs the deployments.
    faults : sequence of Fault
        To be combined.
    correct : Pipeline
        What they deviate from.
    names : sequence of str
        Images.
    """
    whole = compose(faults, correct)
    seen = observe(replayer, whole, names, declared=Declared()).images
    precision = Precision.of(seen)
    boxes = sum(len(o) for o in seen.values())
    if boxes < 5 and len(faults) > 1:
        return False
    for fault in faults:
        others = compose([f for f in faults if f is not fault], correct)
        fits = [fit(replayer.detections(others, n), seen[n], precision) for n in names]
        if total(fits) < VISIBLE:
            return False
    return True


def compose(faults: Iterable[Fault], correct: Pipeline) -> Pipeline:
    """Return the deployment that has some faults."""
    for fault in faults:
        correct = fault.apply(correct)
    return correct


def draw(
    replayer: Replayer,
    correct: Pipeline,
    names: Sequence[str],
    *,
    count: int,
    size: int,
    seed: int,
) -> list[tuple[Fault, ...]]:
    """Return random sets of faults that touch different choices and all show.

    Parameters
    ----------
    replayer : Replayer
        Runs the deployments.
    correct : Pipeline
        What they deviate from.
    names : sequence of str
        Images.
    count, size : int
        Sets, and faults in each.
    seed : int
        Of the draw.
    """
    chance = random.Random(seed)  # noqa: S311
    catalogue = injectable()
    drawn: list[tuple[Fault, ...]] = []
    while len(drawn) < count:
        faults = tuple(chance.sample(catalogue, size))
        fields = [name for fault in faults for name in fault.fields]
        if len(set(fields)) == len(fields) and visible(replayer, faults, correct, names):
            drawn.append(faults)
    return drawn


def injectable() -> list[Fault]:
    """Return the faults of the catalogue that are no harmless choices."""
    return [fault for fault in [*BEFORE, *AFTER] if not fault.is_choice]


def explains(diagnosis: Diagnosis, case: Case) -> bool:
    """Return whether a diagnosis names what was injected, or declares that it cannot tell.

    Parameters
    ----------
    diagnosis : Diagnosis
        The answer.
    case : Case
        The truth.
    """
    declared = case.observations.declared
    correct = replace(
        Pipeline(),
        conf=declared.conf or 0.25,
        iou=declared.iou or 0.7,
        stride=case.pipeline.stride,
    )
    faults, _ = cover(case.pipeline, correct, [*BEFORE, *AFTER])
    truth = {f.name for f in faults if not f.is_choice}
    harmless = {f.name for f in AFTER if f.is_choice} | {f.name for f in diagnosis.choices}
    named = {f.name for f in diagnosis.faults}
    boxes = [o.boxes for o in case.observations.images.values() if len(o)]
    if boxes and case.pipeline.integers == "no" and decimals(np.concatenate(boxes)) == 0:
        named -= {"rounded"}  # that is how the boxes were printed
        harmless |= {"rounded"}
    if named == truth:
        return True
    if any(set(other.faults) - harmless == truth for other in diagnosis.equivalents):
        return True
    return named < truth and truth - named <= set(diagnosis.undecided)


def evaluate(
    replayer: Replayer,
    names: Sequence[str],
    class_names: dict[int, str],
    sets: Iterable[tuple[Fault, ...]],
    *,
    kind: str,
    declared: Declared = Declared(conf=0.25, iou=0.45),  # noqa: B008
    report: Any = None,
    **printed: Any,
) -> Tally:
    """Inject sets of faults one after the other and diagnose each.

    Parameters
    ----------
    replayer : Replayer
        Runs the deployments, and keeps raw outputs between the cases.
    names : sequence of str
        Images.
    class_names : dict of int to str
        The model's names.
    sets : iterable of tuple of Fault
        What to inject.
    kind : str
        Heading of the row.
    declared : Declared
        What is said of the deployments.
    report : callable, optional
        Is given every case, its diagnosis and whether it was explained.
    **printed
        How boxes are printed and withheld, see :func:`observe`.
    """
    tally = Tally(kind)
    correct = replace(Pipeline(), conf=declared.conf or 0.25, iou=declared.iou or 0.7)
    for index, faults in enumerate(sets):
        pipeline = compose(faults, correct)
        seen = observe(replayer, pipeline, names, declared=declared, seed=index, **printed)
        case = Case(tuple(faults), pipeline, seen)
        found = diagnose(seen, replayer.paths, replayer.network, class_names, replayer=replayer)
        success = tally.add(case, found)
        if report:
            report(case, found, success)
    return tally


def table(tallies: Sequence[Tally]) -> str:
    """Return the results as text: overall shares, faults that fail, confusions."""
    lines = [f"{'kind':34} {'explained':>12} {'share':>7} {'median s':>9} {'runs':>6}"]
    for tally in tallies:
        share = tally.explained / max(tally.cases, 1)
        lines.append(
            f"{tally.kind:34} {tally.explained:5d} of {tally.cases:3d} {share:7.1%}"
            f" {np.median(tally.seconds or [0]):9.1f} {np.median(tally.runs or [0]):6.0f}"
        )
    counts: dict[str, Counter[str]] = {}
    for tally in tallies:
        for name, (good, all_) in tally.per_fault.items():
            counts.setdefault(name, Counter()).update(good=good, all=all_)
    lines += ["", f"{'fault':34} explained"]
    for name, row in sorted(counts.items(), key=lambda item: item[1]["good"] / item[1]["all"]):
        lines.append(f"{name:34} {row['good']:5d} of {row['all']:3d}")
    for tally in tallies:
        if tally.confusions:
            lines += ["", f"{tally.kind}, not explained:", *(f"  {c}" for c in tally.confusions)]
    return "\n".join(lines)
