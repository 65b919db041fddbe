"""Running hypotheses: the network once per distinct input, everything after it as a replay."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from parity.deployment.box_layout import BoxFormatChoices
from parity.deployment.boxes import needs_image
from parity.deployment.centre_crop_variants import CentreCropChoices
from parity.deployment.decoding_variants import DecodingChoices
from parity.deployment.geometry import GeometryChoices
from parity.deployment.input_tensor import InputTensorChoices, to_tensor
from parity.deployment.label_variants import LabelChoices
from parity.deployment.network import OWN_NETWORK, NetworkChoices
from parity.deployment.oriented_variants import OrientedNmsChoices
from parity.deployment.output_format import OutputChoices
from parity.deployment.pipeline import BEFORE_OUTPUT, Pipeline
from parity.deployment.postprocess import candidates_of
from parity.deployment.reading import ReadingChoices, read_with_choices
from parity.deployment.rescaling_variants import RescalingChoices
from parity.deployment.run import Network
from parity.deployment.stage import fields_of, values
from parity.deployment.task import DEPLOYMENTS, InImage
from parity.detection.decoding import NO_PROTOTYPES, Candidates
from parity.detection.detections import Detections
from parity.detection.letterbox import Letterbox
from parity.errors import UnreadableImageError
from parity.tasks.task import Outputs

RAW_BYTES = 400_000_000
"""Raw outputs that are kept, bytes; the rest is computed again when wanted."""

MOST_PIXELS = 16
"""Inputs whose pixels are kept until the network is given them; chosen: the probes of a few faults,
some 80 MB where levels are floats."""

MOST_CANDIDATE_SETS = 5_000
"""Sets of candidates that are kept, each of an image; chosen: more than a diagnosis needs."""

_OF_PIXELS = fields_of(ReadingChoices)
_ROUNDINGS = ("side_rounding", "border_rounding")
_OF_PLACED = tuple(
    name
    for name in fields_of(GeometryChoices, CentreCropChoices)
    if name not in ("imgsz", "stride", *_ROUNDINGS)
)
"""What the pixels of an input depend on, beside the image and its place; its place does not tell
how the sides of an image that covers the input were rounded."""

_AFTER_PIXELS = fields_of(InputTensorChoices, NetworkChoices)
_OF_CANDIDATES = (*fields_of(DecodingChoices), "probabilities")
_OF_SURVIVORS = fields_of(DecodingChoices, BoxFormatChoices, OrientedNmsChoices, LabelChoices)
_OF_OUTPUT = fields_of(RescalingChoices, OutputChoices)


@dataclass(frozen=True)
class Input:
    """An input of the network, without its numbers."""

    digest: str
    """Of its pixels and what becomes of them, so that equal inputs are run once."""
    place: Letterbox
    """Where the image lies in it."""
    image_shape: tuple[int, int]
    """Height and width of the decoded image, px."""


def _digest(pixels: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()  # in hardware, mostly


def _is_grey(pixels: np.ndarray) -> bool:
    return bool(
        (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all()
    )


class Replayer:
    """Predicts what a pipeline gives for an image, and remembers every stage.

    Parameters
    ----------
    network : Network
        What the deployment runs.
    paths : dict of str to Path
        Image files by name.
    directory : str or Path, optional
        Where raw outputs are kept between processes.
    others : mapping of str to function, optional
        What loads the other networks that the deployment may run, by the name that
        :class:`parity.deployment.network.NetworkChoices` gives them.

    Attributes
    ----------
    floor : float
        Scores below it are not looked at.
    wanted : set of str
        Digests of the inputs whose raw output was asked for.
    """

    def __init__(
        self,
        network: Network,
        paths: dict[str, Path],
        directory: str | Path | None = None,
        others: Mapping[str, Callable[[], Network]] = MappingProxyType({}),
    ) -> None:
        self.network = network
        self.others = others
        self.paths = paths
        self.directory = Path(directory) if directory else None
        self.runs = 0
        self.wanted: set[str] = set()
        self._networks: dict[tuple[str, str], Network] = {}
        self._given: dict[str, Outputs] = {}
        self._given_times = 0
        self._inputs: dict[tuple[Any, ...], Input | None] = {}
        self._digests: dict[tuple[Any, ...], str] = {}
        self._placed: dict[tuple[Any, ...], tuple[str, bool]] = {}
        self._pixels: OrderedDict[tuple[Any, ...], np.ndarray] = OrderedDict()
        self._images: OrderedDict[tuple[Any, ...], np.ndarray | None] = OrderedDict()
        self._outputs: OrderedDict[str, Outputs] = OrderedDict()
        self._candidates: OrderedDict[tuple[Any, ...], Candidates] = OrderedDict()
        self._survivors: OrderedDict[tuple[Any, ...], Candidates] = OrderedDict()
        self.task = DEPLOYMENTS[network.head.task]
        self.floor = self.task.floor

    def network_of(self, pipeline: Pipeline) -> Network:
        """Return the network that a pipeline runs."""
        key = pipeline.network, pipeline.ending
        if key not in self._networks:
            own = pipeline.network == OWN_NETWORK
            network = self.network if own else self.others[pipeline.network]()
            logits = pipeline.ending == "logits"
            self._networks[key] = network.before_softmax() if logits else network
        return self._networks[key]

    def use_outputs(self, outputs: dict[str, Outputs]) -> None:
        """Take all outputs as given from now on, by image name, instead of running the network.

        Parameters
        ----------
        outputs : dict of str to outputs
            Images that are not among them are run.
        """
        self._given = outputs
        self._given_times += 1
        self._inputs.clear()

    def look_down_to(self, floor: float) -> None:
        """Look at candidates whose scores lie above another floor from now on."""
        if floor != self.floor:
            self.floor = floor
            self._candidates.clear()
            self._survivors.clear()

    def input_of(self, pipeline: Pipeline, name: str) -> Input | None:
        """Return the input of an image; None if the deployment cannot read it."""
        key = (name, *values(pipeline, BEFORE_OUTPUT))
        if key not in self._inputs:
            self._inputs[key] = self._describe(pipeline, name)
        return self._inputs[key]

    def _existing(self, pipeline: Pipeline, name: str) -> Input:
        source = self.input_of(pipeline, name)
        if source is None:
            raise UnreadableImageError(f"the deployment cannot read {name}")
        return source

    def _describe(self, pipeline: Pipeline, name: str) -> Input | None:
        image = self._read(pipeline, name)
        if image is None:
            return None
        fitting, imgsz = self.task.fitting, self.network_of(pipeline).imgsz
        where = fitting.place(pipeline, image.shape[:2], imgsz)
        if name in self._given:
            return Input(f"given-{self._given_times}-{name}", where, image.shape[:2])
        key = self._key_of_placed(pipeline, name, where)
        if key not in self._placed:
            pixels = self._place(pipeline, image, where, key)
            self._placed[key] = _digest(pixels), _is_grey(pixels)
        digest, grey = self._placed[key]
        if grey:  # the order of equal planes says nothing
            pipeline = pipeline.replace(colours=InputTensorChoices().colours)
        after = "-".join(map(str, values(pipeline, _AFTER_PIXELS)))
        return Input(f"{digest}-{after}", where, image.shape[:2])

    def _key_of_placed(self, pipeline: Pipeline, name: str, where: Letterbox) -> tuple[Any, ...]:
        image = self._digests[name, *values(pipeline, _OF_PIXELS)]
        rounded = values(pipeline, _ROUNDINGS) if pipeline.fitting == "cover" else ()
        return image, where, *values(pipeline, _OF_PLACED), *rounded

    def _place(
        self, pipeline: Pipeline, image: np.ndarray, where: Letterbox, key: tuple[Any, ...]
    ) -> np.ndarray:
        """Return the pixels of an input, which the network is mostly given soon after."""
        if key not in self._pixels:
            self._pixels[key] = self.task.fitting.pixels(pipeline, image, where)
            while len(self._pixels) > MOST_PIXELS:
                self._pixels.popitem(last=False)
        return self._pixels[key]

    def _read(self, pipeline: Pipeline, name: str) -> np.ndarray | None:
        key = (name, *values(pipeline, _OF_PIXELS))
        if key not in self._images:
            try:
                pixels = read_with_choices(pipeline, self.paths[name])
                self._images[key], self._digests[key] = pixels, _digest(pixels)
            except UnreadableImageError:
                self._images[key] = None
            while len(self._images) > 60:
                self._images.popitem(last=False)
        return self._images[key]

    def tensor(self, pipeline: Pipeline, name: str) -> np.ndarray:
        """Return the network's input for an image, (1, 3, H, W) float32."""
        image = self._read(pipeline, name)
        if image is None:
            raise UnreadableImageError(f"the deployment cannot read {name}")
        where = self.task.fitting.place(pipeline, image.shape[:2], self.network_of(pipeline).imgsz)
        key = self._key_of_placed(pipeline, name, where)
        return to_tensor(pipeline, self._place(pipeline, image, where, key))

    def run(self, pipeline: Pipeline, tensor: np.ndarray) -> Outputs:
        """Return what the network of a pipeline gives for an input, (1, 3, H, W) float32."""
        (outputs,) = self.network_of(pipeline).forward_batch([tensor])
        self.runs += 1
        return outputs

    def outputs(self, pipeline: Pipeline, name: str) -> Outputs:
        """Return all outputs of the network for an image."""
        digest = self._existing(pipeline, name).digest
        if name in self._given:
            return self._given[name]
        self.wanted.add(digest)
        if digest in self._outputs:
            self._outputs.move_to_end(digest)
            return self._outputs[digest]
        stored = self.directory / f"{digest}.npz" if self.directory else None
        if stored and stored.is_file():
            outputs: Outputs = tuple(np.load(stored).values())
        else:
            outputs = self.run(pipeline, self.tensor(pipeline, name))
            if stored:
                stored.parent.mkdir(parents=True, exist_ok=True)
                own = stored.with_name(f".{os.getpid()}.{stored.name}")
                np.savez(own, *outputs)
                own.replace(stored)
        self._outputs[digest] = outputs
        while sum(o.nbytes for each in self._outputs.values() for o in each) > RAW_BYTES:
            self._outputs.popitem(last=False)
        return outputs

    def candidates(self, pipeline: Pipeline, name: str) -> Candidates:
        """Return the candidates of an image above the floor, without the prototypes of masks."""
        source = self._existing(pipeline, name)
        key = (source.digest, *values(pipeline, _OF_CANDIDATES))
        if key not in self._candidates:
            outputs, classes = self.outputs(pipeline, name), len(self.network.names)
            image = self._in_image(source)
            found = candidates_of(pipeline, outputs, self.floor, image, classes=classes)
            self._candidates[key] = replace(found, prototypes=NO_PROTOTYPES)
            if len(self._candidates) > MOST_CANDIDATE_SETS:
                self._candidates.popitem(last=False)
        return self._candidates[key]

    def detections(self, pipeline: Pipeline, name: str, *, outlined: bool = False) -> Detections:
        """Return what a pipeline returns for an image; without what costs much if outlined."""
        finish = self.task.outline if outlined and self.task.outline else self.task.finish
        source = self.input_of(pipeline, name)
        if source is None:
            return Detections(
                np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, int)
            )
        image = self._in_image(source)
        key = (source.digest, *values(pipeline, _OF_SURVIVORS))
        if needs_image(pipeline):
            key += (source, *values(pipeline, _OF_OUTPUT))
        if key not in self._survivors:
            found = self.candidates(pipeline, name)
            self._survivors[key] = self.task.select(pipeline, found, image)
            if len(self._survivors) > 50_000:
                self._survivors.popitem(last=False)
        kept = self._survivors[key]
        if finish is not self.task.outline and self.task.outline is not None:
            kept = replace(kept, prototypes=self._prototypes(pipeline, name))
        return finish(pipeline, kept, image)

    def _prototypes(self, pipeline: Pipeline, name: str) -> np.ndarray:
        """Return the prototypes of an image; they are too large to be kept with each deployment."""
        image, classes = self._in_image(self._existing(pipeline, name)), len(self.network.names)
        outputs = self.outputs(pipeline, name)
        return candidates_of(pipeline, outputs, np.inf, image, classes=classes).prototypes

    def _in_image(self, source: Input) -> InImage:
        return InImage(source.place, source.image_shape, self.network.head)
