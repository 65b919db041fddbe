"""Usual inputs: faults before the network that published deployments have together.

What two faults do to the scores is not always the sum of what each does, as where colours are
swapped. So these are tried as a whole.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.search.fault_effects import is_drastic

KERNELS = (
    *("nearest", "floor", "pillow_nearest", "pillow_bilinear", "pillow_bicubic", "pillow_lanczos"),
    *("area", "cubic", "canvas"),
)

BORDERS = ("border_grey_0", "border_grey_128")

USUAL: tuple[tuple[str, ...], ...] = (
    ("stretched", "bgr"),
    *(("top_left", border) for border in BORDERS),
    *(
        (colours, *layout)
        for layout in (
            *((border,) for border in BORDERS),
            ("side_floor", "border_floor"),
            *((border, "side_floor", "border_floor") for border in BORDERS),
            ("padded_first_black",),
            ("top_left",),
            *(("top_left", border) for border in BORDERS),
        )
        for colours in ("bgr", "grey")
    ),
    ("stretched", "grey"),
    ("stretched", "no_half_pixel"),
    ("border_grey_0", "no_half_pixel"),
    *(("top_left", border, "no_half_pixel") for border in BORDERS),
    *(("stretched", f"kernel_{kernel}") for kernel in KERNELS),
    *(("stretched", "bgr", f"kernel_{kernel}") for kernel in KERNELS),
    ("stretched", "kernel_pillow_bilinear", "resized_in_floats"),
    ("stretched", "no_half_pixel", "resized_in_floats"),
    ("padded_first_black", "no_half_pixel", "resized_in_floats"),
    ("sides_aligned", "no_half_pixel", "levels_truncated"),
    ("stretched", "symmetric"),
    *(("stretched", "symmetric", f"kernel_{kernel}") for kernel in ("nearest", "floor", "canvas")),
    *(("top_left", f"kernel_{kernel}") for kernel in ("nearest", "floor", "pillow_bilinear")),
    ("stretched", "bgr", "caffe_mean"),
    ("stretched", "bgr", "symmetric"),
    *(
        (warp, *further)
        for warp, further in product(
            ("warp_plus_half", "warp_half_pixel", "warp_affine"),
            (("border_grey_128",), ("bgr",), ("bgr", "border_grey_128"), ("kernel_nearest",)),
        )
    ),
)
"""Names of faults; chosen: what frameworks, accelerators and popular examples do."""

BESIDE_CROP: tuple[tuple[str, ...], ...] = (
    ("bgr",),
    *((f"kernel_{kernel}",) for kernel in KERNELS),
)
"""Names of faults that are tried beside those that crop the image; chosen."""

BLINDING = frozenset(("scaling", "reduction", "axes"))
"""Choices whose drastic faults leave little to be seen."""

BESIDE_DRASTIC: tuple[tuple[str, ...], ...] = (
    *(("stretched",), ("bgr",), ("stretched", "bgr"), ("top_left",), ("padded_first_black",)),
    *(("padded_first",), ("grey",), ("not_enlarged",), ("sides_exchanged",), ("cropped",)),
    *(("covered",), ("exif_ignored",)),
)
"""Names of faults that are tried beside those that leave little to be seen; chosen."""


BESIDE_TURNED: tuple[tuple[str, ...], ...] = (
    *(("stretched",), ("bgr",), ("stretched", "bgr"), ("top_left",), ("border_grey_0",)),
    *(("padded_first_black",), ("top_left", "border_grey_0"), ("stretched", "kernel_nearest")),
)
"""Names of faults that are tried beside those that turn the image; chosen."""


def usual_inputs(possible: Sequence[Fault]) -> Iterator[tuple[Fault, ...]]:
    """Yield the usual combinations of some faults."""
    by_name = {fault.name: fault for fault in possible}
    for names in USUAL:
        if by_name.keys() >= set(names):
            yield tuple(by_name[name] for name in names)


def inputs_beside(
    fault: Fault, usual: Sequence[tuple[str, ...]], possible: Sequence[Fault]
) -> Iterator[tuple[Fault, ...]]:
    """Yield a fault that crops or turns the image with each of the usual ones beside it."""
    by_name = {other.name: other for other in possible}
    for names in usual:
        if by_name.keys() >= set(names):
            yield (fault, *(by_name[name] for name in names))


def drastic_inputs(possible: Sequence[Fault]) -> Iterator[tuple[Fault, ...]]:
    """Yield faults that leave little to be seen with others that change much.

    Of what the network finds in such an input, nothing tells of either fault by itself.
    """
    by_name = {fault.name: fault for fault in possible}
    blinding = [f for f in possible if f.fields <= BLINDING and is_drastic(f)]
    for names, fault in product(BESIDE_DRASTIC, blinding):
        if by_name.keys() >= set(names):
            yield (*(by_name[name] for name in names), fault)
