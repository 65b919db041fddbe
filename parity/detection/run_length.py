"""Masks as run lengths, as COCO writes them compressed."""

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
