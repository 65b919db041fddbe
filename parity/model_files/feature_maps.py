"""Feature maps: the end of a head without its decoding, as converters for NPUs cut graphs off.

RKNN, Hailo, NCNN and others return, for each scale, the distributions of the four distances of a
box and the scores of the classes: as one map or two, with the channels first or last, or all cells
in a row. RKNN adds the sum of the scores, which is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from parity.model_files.adapting import BOX_ROWS, Chain, extend_output, shape_of
from parity.model_files.families.family import Shape

BINS = 16
"""Bins of the distribution of a distance, as YOLOv8 and later have them (``reg_max``)."""


@dataclass(frozen=True)
class FeatureMap:
    """An output that holds something of all cells of a scale."""

    name: str
    order: tuple[int, ...]
    """Of its axes, so that the channels follow the batch."""
    channels: int
    cells: int


@dataclass(frozen=True)
class Scale:
    """The outputs of a scale."""

    boxes: FeatureMap
    scores: FeatureMap
    """The same output where one holds both."""


def scales_of(
    names: Sequence[str], shapes: Sequence[Shape], classes: int | None, cells: int
) -> list[Scale]:
    """Return the scales that outputs belong to, the finest first; nothing if they are no maps.

    Parameters
    ----------
    names, shapes : sequence
        Of all outputs.
    classes : int or None
        Of the network; None if it is not known.
    cells : int
        Of all scales.
    """
    for last in (False, True):
        maps = [_map(name, shape, last=last) for name, shape in zip(names, shapes, strict=True)]
        found = [each for each in maps if each is not None]
        by_size: dict[int, list[FeatureMap]] = {}
        for each in found:
            by_size.setdefault(each.cells, []).append(each)
        if len(found) == len(shapes) and sum(by_size) == cells:
            scales = [_scale(by_size[size], classes) for size in sorted(by_size, reverse=True)]
            known = [each for each in scales if each is not None]
            kinds = {(each.boxes.channels, each.scores.channels) for each in known}
            if len(known) == len(scales) and len(kinds) == 1:
                return known
    return []


def _map(name: str, shape: Shape, *, last: bool) -> FeatureMap | None:
    """Return an output as a map, with the channels last or first; None if it can be none."""
    if len(shape) not in (3, 4) or not all(isinstance(axis, int) for axis in shape[1:]):
        return None
    _, *axes = (int(axis) if isinstance(axis, int) else 0 for axis in shape)
    order = (0, len(axes), *range(1, len(axes))) if last else tuple(range(len(shape)))
    channels = axes.pop(-1 if last else 0)
    return FeatureMap(name, order, channels, int(np.prod(axes)))


def _scale(maps: Sequence[FeatureMap], classes: int | None) -> Scale | None:
    if len(maps) == 1:
        bins = _bins(maps[0].channels - classes) if classes else 0
        return Scale(maps[0], maps[0]) if bins else None
    if len(maps) == 3 and maps[2].channels == 1:
        maps = maps[:2]
    if len(maps) != 2:
        return None
    first, second = maps
    for boxes, scores in ((first, second), (second, first)):
        wide = boxes.channels == BOX_ROWS * BINS if classes is None else _bins(boxes.channels)
        if wide and classes in (None, scores.channels):
            return Scale(boxes, scores)
    return None


def _bins(channels: int) -> int:
    """Return the bins of a distribution that so many channels are; 0 if they can be none."""
    return 0 if channels <= 0 or channels % BOX_ROWS else channels // BOX_ROWS


def classes_of_maps(shapes: Sequence[Shape], cells: int) -> int:
    """Return the classes of a file that returns boxes and scores as maps; 0 if it does not."""
    scales = scales_of([""] * len(shapes), shapes, None, cells)
    return scales[0].scores.channels if scales else 0


def join_maps(graph: onnx.GraphProto, rows: int, cells: int) -> None:
    """Make (batch, rows, anchors) the only output of a graph: distances in cells, and scores.

    A distance is the mean of the bins, weighted with the softmax of what the head returns for them
    (distribution focal loss, Li et al. 2020).

    Parameters
    ----------
    graph : onnx.GraphProto
        Modified in place.
    rows : int
        Rows of a raw output.
    cells : int
        Of all scales.
    """
    classes, first = rows - BOX_ROWS, graph.output[0]
    scales = scales_of(
        [each.name for each in graph.output],
        [shape_of(each) for each in graph.output],
        classes,
        cells,
    )
    chain = Chain(first.name, first.type.tensor_type.elem_type, rows, classes)
    chain.name = f"maps.{first.name}"
    boxes = [_flat(chain, scale.boxes) for scale in scales]
    wide = scales[0].boxes.channels
    if scales[0].boxes is scales[0].scores:
        chain.last = chain.add("Concat", *boxes, axis=2)
        wide -= classes
        flat, scores = chain.rows(0, wide), chain.rows(wide, wide + classes)
    else:
        flat = chain.add("Concat", *boxes, axis=2)
        scores = chain.add("Concat", *[_flat(chain, scale.scores) for scale in scales], axis=2)
    distances = _means(chain, flat, wide // BOX_ROWS) if wide > BOX_ROWS else flat
    chain.last = chain.add("Concat", distances, scores, axis=1)
    batch = shape_of(first)[0]
    del graph.output[1:]
    extend_output(graph, chain, [batch, rows, cells])


def _flat(chain: Chain, feature_map: FeatureMap) -> str:
    """Add nodes that make (batch, channels, cells) of a map."""
    turned = chain.add("Transpose", feature_map.name, perm=feature_map.order)
    shape = chain.constant([0, feature_map.channels, feature_map.cells], np.int64)
    return chain.add("Reshape", turned, shape)


def _means(chain: Chain, flat: str, bins: int) -> str:
    """Add nodes that make (batch, 4, cells) of distributions, (batch, 4 * bins, cells)."""
    parted = chain.add("Reshape", flat, chain.constant([0, BOX_ROWS, bins, -1], np.int64))
    shares = chain.add("Softmax", chain.add("Transpose", parted, perm=[0, 1, 3, 2]), axis=3)
    means = chain.add("MatMul", shares, chain.constant(np.arange(bins).reshape(-1, 1)))
    return chain.add("Reshape", means, chain.constant([0, BOX_ROWS, -1], np.int64))
