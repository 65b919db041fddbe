"""Masks as run lengths, as COCO writes them compressed."""

from collections.abc import Sequence

import numpy as np


def encode_masks(masks: np.ndarray) -> list[str]:
    """Return the run lengths of masks.

    Parameters
    ----------
    masks : (N, h, w) uint8
        1 where an object is.
    """
    from hotcoco import mask as coco  # noqa: PLC0415  only needed where masks are

    each_encoded = (coco.encode(np.asfortranarray(mask)) for mask in masks)
    return [encoded["counts"].decode() for encoded in each_encoded]


def decode_masks(counts: list[str], shape: tuple[int, int] | None) -> np.ndarray:
    """Return the masks that run lengths stand for, (N, h, w) uint8.

    Parameters
    ----------
    counts : list of str
        What :func:`encode_masks` returned.
    shape : tuple of int
        Height and width, px.
    """
    from hotcoco import mask as coco  # noqa: PLC0415

    shape = shape or (0, 0)
    if not counts:
        return np.zeros((0, *shape), np.uint8)
    runs = [{"size": list(shape), "counts": each} for each in counts]
    masks: np.ndarray = coco.decode(runs)
    return np.ascontiguousarray(masks.transpose(2, 0, 1))


def decode_runs(counts: str | Sequence[int], shape: tuple[int, int]) -> np.ndarray:
    """Return the mask that somebody's run lengths stand for, (h, w) uint8.

    COCO's API takes run lengths that end before the mask does; here they are refused.

    Parameters
    ----------
    counts : str or sequence of int
        Lengths of runs of 0 and 1 in turn, down the columns; compressed, or as they are.
    shape : tuple of int
        Height and width, px.

    Raises
    ------
    ValueError
        If they do not fill the mask.
    """
    height, width = shape
    runs = _decompressed(counts) if isinstance(counts, str) else counts
    if sum(runs) != height * width or min(runs) < 0:
        raise ValueError(f"the run lengths do not fill a mask of {height}x{width}")
    values = (np.arange(len(runs)) % 2).astype(np.uint8)
    flat = np.repeat(values, np.array(runs, np.int64))
    return np.ascontiguousarray(flat.reshape(width, height).T)


def _decompressed(text: str) -> list[int]:
    """Return run lengths as ``rleFrString`` of COCO's API reads them; broken ones do not add up."""
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 30:
            return []
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            runs.append(value + runs[-2] if len(runs) > 2 else value)
            value = shift = 0
    return runs
