"""Changes that no catalogue holds, of random strength: to images, tensors, outputs and boxes."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from parity.data.reading import read_image
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.deployment.run import Network
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.evaluation.injection import all_visible, injectable_faults
from parity.external.observations import Observations, Observed
from parity.tasks.task import Outputs

Level = Literal["image", "tensor", "output", "boxes"]
"""Where a change is made: to the pixels of the image, to the network's input, to its raw output (as
other weights do), or to the boxes that are printed."""

FAULT_BESIDE = 0.5
"""How often a fault of the catalogue stands beside the change; chosen."""

Change = Callable[[Any, float], Any]
"""Takes what is changed and a strength from 0 to 1."""


@dataclass(frozen=True)
class UnknownChange:
    """A change and how strong it is."""

    name: str
    """A key of :data:`CHANGES`."""
    strength: float
    """From 0 to 1."""

    def __str__(self) -> str:
        """Return its name and strength."""
        return f"{self.name} {self.strength:.2f}"

    @property
    def level(self) -> Level:
        """Return where it is made."""
        return CHANGES[self.name][0]

    def apply(self, to: Any) -> Any:
        """Return what becomes of an image, a tensor, a raw output or boxes."""
        return CHANGES[self.name][1](to, self.strength)

    def applied_to(self, replayer: Replayer, folder: str | Path) -> Replayer:
        """Return what replays the deployments that change images, tensors or outputs so.

        Parameters
        ----------
        replayer : Replayer
            Without the change.
        folder : str or Path
            Where changed images go.
        """
        if self.level == "image":
            return Replayer(replayer.network, self._images(replayer.paths, Path(folder)))
        if self.level == "boxes":
            return replayer
        return Replayer(_ChangedNetwork(replayer.network, self), replayer.paths)

    def _images(self, paths: dict[str, Path], folder: Path) -> dict[str, Path]:
        folder.mkdir(parents=True, exist_ok=True)
        changed = {}
        for name, path in paths.items():
            changed[name] = folder / f"{Path(name).stem}.png"
            cv2.imwrite(str(changed[name]), self.apply(read_image(path)))
        return changed

    def printed(self, seen: Observations) -> Observations:
        """Return what is printed of the boxes of a deployment."""
        if self.level != "boxes":
            return seen
        return replace(seen, images={name: self.apply(o) for name, o in seen.images.items()})


@dataclass(frozen=True)
class _ChangedNetwork:
    network: Network
    change: UnknownChange

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    def forward(self, tensor: np.ndarray) -> np.ndarray:
        return self.forward_batch([tensor])[0][0]

    def forward_batch(self, tensors: list[np.ndarray]) -> list[Outputs]:
        apply = self.change.apply
        if self.change.level == "tensor":
            return self.network.forward_batch([np.ascontiguousarray(apply(t)) for t in tensors])
        return [(apply(first), *rest) for first, *rest in self.network.forward_batch(tensors)]


def draw_unknown(
    chance: random.Random, replayer: Replayer, correct: Pipeline
) -> tuple[UnknownChange, tuple[Fault, ...]]:
    """Return a random change of random strength, and in half of the cases a fault beside it.

    Parameters
    ----------
    chance : Random
        Draws them.
    replayer : Replayer
        Its images show the fault.
    correct : Pipeline
        What the fault deviates from.
    """
    change = UnknownChange(chance.choice(sorted(CHANGES)), chance.random())
    while chance.random() < FAULT_BESIDE:
        fault = chance.choice(injectable_faults(replayer.network.head.task))
        if all_visible(replayer, [fault], correct, list(replayer.paths)):
            return change, (fault,)
    return change, ()


def _blurred(image: np.ndarray, strength: float) -> np.ndarray:
    changed: np.ndarray = cv2.GaussianBlur(image, (0, 0), 0.8 + 3 * strength)
    return changed


def _sharpened(image: np.ndarray, strength: float) -> np.ndarray:
    amount = 0.5 + 2 * strength
    changed: np.ndarray = cv2.addWeighted(
        image, 1 + amount, cv2.GaussianBlur(image, (0, 0), 2), -amount, 0
    )
    return changed


def _gamma(image: np.ndarray, strength: float) -> np.ndarray:
    curve = 255 * (np.arange(256) / 255) ** (0.75 - 0.4 * strength)
    changed: np.ndarray = cv2.LUT(image, curve.astype(np.uint8))
    return changed


def _contrast(image: np.ndarray, strength: float) -> np.ndarray:
    changed: np.ndarray = cv2.convertScaleAbs(image, alpha=1.2 + strength, beta=-20 * strength)
    return changed


def _rotated(image: np.ndarray, strength: float) -> np.ndarray:
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 0.7 + 3 * strength, 1)
    changed: np.ndarray = cv2.warpAffine(image, turn, (width, height))
    return changed


def _cropped(image: np.ndarray, strength: float) -> np.ndarray:
    height, width = image.shape[:2]
    cut = 0.03 + 0.12 * strength
    top, left = int(height * cut), int(width * cut / 2)
    return np.ascontiguousarray(image[top:, left : width - left])


def _compressed_twice(image: np.ndarray, strength: float) -> np.ndarray:
    for _ in range(2):
        quality = [cv2.IMWRITE_JPEG_QUALITY, 30 - int(15 * strength)]
        image = cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
    return image


def _equalised(image: np.ndarray, strength: float) -> np.ndarray:
    luminance = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
    luminance[..., 0] = cv2.createCLAHE(1 + 4 * strength).apply(luminance[..., 0])
    changed: np.ndarray = cv2.cvtColor(luminance, cv2.COLOR_YCrCb2BGR)
    return changed


def _other_hue(image: np.ndarray, strength: float) -> np.ndarray:
    colours = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    colours[..., 0] = (colours[..., 0] + 8 + 40 * strength) % 180
    changed: np.ndarray = cv2.cvtColor(colours, cv2.COLOR_HSV2BGR)
    return changed


def _noisy(image: np.ndarray, strength: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 5 + 25 * strength, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _coarse(tensor: np.ndarray, strength: float) -> np.ndarray:
    levels = round(32 - 24 * strength)
    rounded: np.ndarray = (np.round(tensor * levels) / levels).astype(np.float32)
    return rounded


def _dimmed(tensor: np.ndarray, strength: float) -> np.ndarray:
    dimmed: np.ndarray = tensor * np.float32(0.9 - 0.5 * strength)
    return dimmed


def _slanted(tensor: np.ndarray, strength: float) -> np.ndarray:
    slope = 0.02 + 0.1 * strength
    rows = [np.roll(row, round(slope * y), axis=-1) for y, row in enumerate(tensor.swapaxes(0, 2))]
    return np.stack(rows).swapaxes(0, 2)


def _shifted(tensor: np.ndarray, strength: float) -> np.ndarray:
    return np.roll(tensor, round(3 + 12 * strength), axis=(2, 3))


def _other_weights(raw: np.ndarray, strength: float) -> np.ndarray:
    chance = np.random.default_rng(1)
    size = 0.02 + 0.1 * strength
    boxes = raw[:4] * (1 + size * chance.normal(size=raw[:4].shape))
    scores = np.clip(raw[4:], 1e-6, 1 - 1e-6)
    logits = np.log(scores / (1 - scores)) + 10 * size * chance.normal(size=scores.shape)
    return np.concatenate([boxes, 1 / (1 + np.exp(-logits))]).astype(np.float32)


def _scaled_scores(raw: np.ndarray, strength: float) -> np.ndarray:
    return np.concatenate([raw[:4], raw[4:] ** (1.2 + strength)]).astype(np.float32)


def _jittered(seen: Observed, strength: float) -> Observed:
    chance = np.random.default_rng(len(seen))
    moved = chance.normal(0, 1 + 6 * strength, seen.boxes.shape)
    return replace(seen, boxes=np.round(seen.boxes + moved, 2))


def _enlarged(seen: Observed, strength: float) -> Observed:
    centres = (seen.boxes[:, :2] + seen.boxes[:, 2:]) / 2
    halves = (seen.boxes[:, 2:] - seen.boxes[:, :2]) / 2 * (1.05 + 0.2 * strength)
    return replace(seen, boxes=np.round(np.hstack([centres - halves, centres + halves]), 2))


def _lowered(seen: Observed, strength: float) -> Observed:
    return replace(seen, scores=np.round(seen.scores * (0.95 - 0.4 * strength), 4))


def _upside_down(seen: Observed, strength: float) -> Observed:  # noqa: ARG001
    lowest = seen.boxes[:, 3].max(initial=0)
    boxes = seen.boxes.copy()
    boxes[:, [1, 3]] = lowest - seen.boxes[:, [3, 1]]
    return replace(seen, boxes=np.round(boxes, 2))


CHANGES: dict[str, tuple[Level, Change]] = {
    "blurred": ("image", _blurred),
    "sharpened": ("image", _sharpened),
    "gamma": ("image", _gamma),
    "contrast": ("image", _contrast),
    "rotated": ("image", _rotated),
    "cropped": ("image", _cropped),
    "compressed twice": ("image", _compressed_twice),
    "equalised": ("image", _equalised),
    "other hue": ("image", _other_hue),
    "noisy": ("image", _noisy),
    "coarse": ("tensor", _coarse),
    "dimmed": ("tensor", _dimmed),
    "shifted": ("tensor", _shifted),
    "slanted": ("tensor", _slanted),
    "other weights": ("output", _other_weights),
    "scaled scores": ("output", _scaled_scores),
    "jittered": ("boxes", _jittered),
    "enlarged": ("boxes", _enlarged),
    "lowered scores": ("boxes", _lowered),
    "upside down": ("boxes", _upside_down),
}
"""Where each change is made, and the change; the ranges of strength are chosen so that the weakest
moves boxes or scores by more than printing rounds."""
