"""Masks of objects, from their coefficients and the prototypes of an image.

What is done, and in which order, is that of ``ultralytics.utils.ops.process_mask`` and
``process_mask_native`` (8.4.190). Products of matrices and resizing are done by other libraries
than torch, so that a pixel whose value is zero within float32 rounding can differ.
"""

import math

import numpy as np

UPSCALES = 4
"""Input px per prototype px: prototypes have a quarter of the input's sides."""


def masks_in_input(
    prototypes: np.ndarray, coefficients: np.ndarray, boxes: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Return masks in the size of the network's input, its border included.

    Parameters
    ----------
    prototypes : (M, h, w) float32
        Of the image.
    coefficients : (N, M) float32
        Of the objects.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in input px: a mask ends where its box ends.
    shape : tuple of int
        Height and width of the input, px: :data:`UPSCALES` times those of the prototypes.

    Returns
    -------
    (N, H, W) uint8
        1 where an object is.
    """
    masks = np.zeros((len(coefficients), *shape), np.uint8)
    each_logits = logits_of(prototypes, coefficients)
    for mask, logits, box in zip(masks, each_logits, boxes, strict=True):
        low = [_around(box[axis::2], side) for axis, side in ((1, shape[0]), (0, shape[1]))]
        part = np.ascontiguousarray(logits[*low])
        rows, columns = (slice(UPSCALES * each.start, UPSCALES * each.stop) for each in low)
        enlarged = _resize(part, (UPSCALES * part.shape[0], UPSCALES * part.shape[1]))
        np.greater(enlarged, 0, out=mask[rows, columns].view(bool))
    return crop(masks, boxes)


def _around(ends: np.ndarray, side: int) -> slice:
    """Return which logits along an axis decide on a box that ends there, in px of the input.

    Bilinear interpolation reaches one px beyond them.
    """
    first, end = (_within(each, side) for each in np.ceil(ends))
    begin = max(min(first // UPSCALES - 1, side // UPSCALES - 1), 0)
    return slice(begin, min(max(-(-end // UPSCALES), begin) + 1, side // UPSCALES))


def masks_in_image(
    prototypes: np.ndarray, coefficients: np.ndarray, boxes: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Return masks in the size of the image.

    Parameters
    ----------
    prototypes, coefficients : ndarray
        See :func:`masks_in_input`.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in image px.
    shape : tuple of int
        Height and width of the image, px.

    Returns
    -------
    (N, h, w) uint8
        1 where an object is.
    """
    height, width = shape
    low = prototypes.shape[1:]
    gain = min(UPSCALES * low[0] / height, UPSCALES * low[1] / width)
    pad_y, pad_x = (
        UPSCALES * side - max(round(full * gain), 1) for side, full in zip(low, shape, strict=True)
    )
    factor = enlargement(pad_y, pad_x)
    enlarged = (low[0] * factor, low[1] * factor)
    rows, columns = image_part(enlarged, shape)
    masks = np.empty((len(coefficients), *shape), np.uint8)
    for mask, logits in zip(masks, logits_of(prototypes, coefficients), strict=True):
        larger = _resize(logits, enlarged)
        np.greater(_resize(larger[rows, columns], shape), 0, out=mask.view(bool))
    return crop(masks, boxes)


def enlargement(pad_y: int, pad_x: int) -> int:
    """Return how many times logits are enlarged so that padding is cut off in whole px of them.

    Parameters
    ----------
    pad_y, pad_x : int
        Padding at both ends together, in px of the input.
    """
    padding = pad_y | pad_x
    return UPSCALES // math.gcd(UPSCALES, padding | padding // 2)


def logits_of(prototypes: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Return the logits of masks in the size of the prototypes, (N, h, w) float32."""
    count, *low = prototypes.shape
    flat: np.ndarray = coefficients @ prototypes.reshape(count, -1)
    return flat.reshape(-1, *low)


def image_part(shape: tuple[int, int], image: tuple[int, int]) -> tuple[slice, slice]:
    """Return which rows and columns of an enlarged mask belong to the image."""
    if shape == image:
        return slice(None), slice(None)
    gain = min(shape[0] / image[0], shape[1] / image[1])
    sides = [max(round(side * gain), 1) for side in image]
    first = [round((full - side) / 2 - 0.1) for full, side in zip(shape, sides, strict=True)]
    rows, columns = (slice(a, a + side) for a, side in zip(first, sides, strict=True))
    return rows, columns


def within_image(masks: np.ndarray, image: tuple[int, int]) -> np.ndarray:
    """Return masks of the image or of the network's input in the size of the image.

    Parameters
    ----------
    masks : (N, h, w) uint8
        In the size of the image, or of the input with its border.
    image : tuple of int
        Height and width of the image, px.

    Returns
    -------
    (N, height, width) uint8
        Without the border; each px is the nearest one of the masks.
    """
    return resampled(masks[:, *image_part(masks.shape[1:], image)], image)


def resampled(masks: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return masks, (N, h, w), in another height and width; each px is the nearest one."""
    rows, columns = (
        np.arange(side) * own // side for side, own in zip(shape, masks.shape[1:], strict=True)
    )
    return masks[:, rows[:, None], columns]


def boxes_around(masks: np.ndarray, image: tuple[int, int]) -> np.ndarray:
    """Return the boxes around masks, x1, y1, x2, y2 in px of the image, (N, 4) float32.

    Parameters
    ----------
    masks : (N, h, w) uint8
        In the size of the image, or of the input with its border.
    image : tuple of int
        Height and width of the image, px.

    Returns
    -------
    (N, 4) float32
        Zeros where a mask is empty.
    """
    shown = within_image(masks, image)
    sides = []
    for axis in (1, 2):  # what any row, and any column, holds
        held: np.ndarray = np.any(shown, axis=axis)
        first, behind = held.argmax(axis=1), held.shape[1] - held[:, ::-1].argmax(axis=1)
        sides.append((first, np.where(held.any(axis=1), behind, 0)))
    (x1, x2), (y1, y2) = sides
    return np.stack([x1, y1, x2, y2], axis=1).astype(np.float32)


def _resize(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize bilinearly, px centres at halves, as ``torch.nn.functional.interpolate`` does."""
    if values.shape == shape:
        return values
    import cv2  # noqa: PLC0415  0.15 s, which planning need not wait for

    resized: np.ndarray = cv2.resize(values, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return resized


def crop(masks: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Clear what lies outside of the boxes, in place.

    Parameters
    ----------
    masks : (N, h, w) uint8 or float32
        Masks, or logits; changed in place.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in px of the masks; the px at x1 belongs to a box, that at x2 does not.
    """
    height, width = masks.shape[1:]
    for mask, (x1, y1, x2, y2) in zip(masks, np.ceil(boxes), strict=True):
        left, right = _within(x1, width), _within(x2, width)
        top, bottom = _within(y1, height), _within(y2, height)
        mask[:top] = 0
        mask[max(bottom, top) :] = 0
        mask[:, :left] = 0
        mask[:, max(right, left) :] = 0
    return masks


def _within(position: float, side: int) -> int:
    return 0 if math.isnan(position) else int(min(max(position, 0), side))
