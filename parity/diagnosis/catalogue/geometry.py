"""Faults of bringing the image to the size of the input: resizing and padding."""

from functools import partial
from itertools import product

from parity.diagnosis.catalogue.fault import (
    CHOICE_COST,
    COMMON_COST,
    FAULTS,
    RARE_COST,
    Changes,
    Fault,
    add_fault,
)

PLAIN_BILINEAR = (
    "Interpolate bilinearly on 8-bit pixels, without smoothing (antialiasing) and without shifting "
    "pixel centres."
)
LETTERBOX = "Keep the aspect ratio, centre the image and pad it with grey (114)."

OTHER_GREY = COMMON_COST + 0.5
"""Cost of a padding that is neither 114 nor black, nats; chosen: less common than black."""

OTHER_WAY_BACK = COMMON_COST + 0.25
"""Cost of a letterbox's way back that is not that of Ultralytics, nats; chosen."""

OF_A_CROP = RARE_COST + 1.0
"""Cost of cropping and of forgetting it on the way back, nats; chosen: less than of two faults."""

GAINS_BACK = {"letterbox": "a scale factor for each axis", "single": "one scale factor"}
OFFSETS_BACK: dict[str, tuple[str, Changes]] = {
    "letterbox": ("rounded padding", {"offset": "letterbox"}),
    "half": ("half the padding, unrounded", {"offset": "half"}),
    "exact": ("the padding of unrounded sides", {"offset": "exact"}),
    "exact_rounded": (
        "the padding of unrounded sides, rounded",
        {"offset": "exact", "offset_rounding": "ultralytics"},
    ),
    "none": ("no padding", {"offset": "none"}),
}
"""Ways to rescale boxes of a letterboxed image, by what they divide by and what they subtract."""

ROUNDINGS = {"floor": "down", "ceil": "up"}

PADDINGS: dict[float, tuple[str, float]] = {
    0: ("Padded with black (0) instead of grey (114)", COMMON_COST),
    128: ("Padded with grey 128 instead of 114", OTHER_GREY),
    255: ("Padded with white (255) instead of grey (114)", OTHER_GREY),
    144: ("Padded with grey 144 instead of 114", OTHER_GREY),
    127: ("Padded with grey 127 instead of 114", OTHER_GREY),
    100: ("Padded with grey 100 instead of 114", OTHER_GREY),
}
"""Title and cost, nats, by grey level, 0 to 255, of popular levels: black, white, both middles and
two others; chosen."""

KERNEL_TITLES = {
    "pillow_bilinear": (
        "Resized with antialiasing (bilinear filter)",
        "an antialiased bilinear filter (BILINEAR in Pillow)",
    ),
    "pillow_bicubic": (
        "Resized with antialiasing (bicubic filter)",
        "an antialiased bicubic filter (BICUBIC in Pillow)",
    ),
    "cubic": (
        "Resized with bicubic interpolation",
        "bicubic interpolation (INTER_CUBIC in OpenCV)",
    ),
    "area": (
        "Resized by averaging areas",
        "averages over areas (INTER_AREA in OpenCV)",
    ),
    "nearest": (
        "Resized with nearest-neighbour interpolation",
        "nearest-neighbour interpolation (INTER_NEAREST in OpenCV)",
    ),
    "floor": (
        "Resized with nearest-neighbour interpolation (exact quotients)",
        "nearest-neighbour interpolation at x * side / resized side, rounded down,",
    ),
    "lanczos": (
        "Resized with Lanczos interpolation",
        "Lanczos interpolation (INTER_LANCZOS4 in OpenCV)",
    ),
    "pillow_lanczos": (
        "Resized with antialiasing (Lanczos filter)",
        "an antialiased Lanczos filter (LANCZOS in Pillow)",
    ),
    "pillow_nearest": (
        "Resized with nearest-neighbour interpolation (pixel centres)",
        "nearest-neighbour interpolation at pixel centres (NEAREST in Pillow)",
    ),
    "catmull_rom": (
        "Resized with Catmull-Rom interpolation",
        "Catmull-Rom interpolation (bicubic with a = -0.5, not antialiased)",
    ),
    "mitchell": (
        "Resized with Mitchell's bicubic interpolation",
        "Mitchell's bicubic interpolation, not antialiased (SkiaSharp's high quality)",
    ),
    "canvas": (
        "Resized by drawing on a browser's canvas",
        "a canvas's bilinear filter, whose weights are 16ths and which cuts fractions of a level,",
    ),
    "skia": (
        "Resized with Skia's bilinear filter (as SkiaSharp does)",
        "Skia's bilinear filter, which is not antialiased and rounds levels in its own way,",
    ),
    "libvips": (
        "Resized with libvips (sharp), Lanczos",
        "libvips' default (Lanczos; where an image grows, bicubic and half a pixel off)",
    ),
    "nfnt": (
        "Resized with Go's nfnt/resize, Lanczos",
        "Lanczos3 of Go's nfnt/resize, whose weights are 256ths and which truncates levels,",
    ),
    "java2d": (
        "Resized with Java's Graphics2D, bilinear",
        "the bilinear filter of Java's Graphics2D, whose weights are 256ths,",
    ),
}
"""Title and words by interpolation kernel."""

RARE_KERNELS = {"mitchell": RARE_COST} | dict.fromkeys(("java2d", "skia"), RARE_COST + 0.25)
"""Cost of kernels that few programs use, nats; chosen: of those that resemble a common one, more
than of how levels are rounded, since some sizes of images show no more than that."""

fault = partial(add_fault, stage="geometry", subjects=("letterbox",))
fault_both_ways = partial(fault, subjects=("letterbox", "rescaling"))

fault_both_ways(
    "stretched",
    title="Stretched instead of letterboxed",
    changes={"fitting": "stretch"},
    wrong=(
        "The image is stretched to the input size without keeping its aspect ratio, and boxes are "
        "rescaled accordingly."
    ),
    fix=LETTERBOX,
    reference="https://github.com/ibaiGorordo/ONNX-YOLOv8-Object-Detection/issues/8",
)
for gain, (offset, (padding, subtracted)) in product(GAINS_BACK, OFFSETS_BACK.items()):
    usual = (gain, offset) == ("letterbox", "letterbox")
    details = f"{GAINS_BACK[gain]}, {padding}"
    fault(
        "stretched_letterbox_back" + ("" if usual else f"_{gain}_{offset}"),
        title=(
            "Stretched, but boxes rescaled as if letterboxed" + ("" if usual else f" ({details})")
        ),
        changes={"fitting": "stretch", "gain": gain, **subtracted},
        wrong=(
            "The image is stretched to the input size, but boxes are rescaled as if it had been "
            f"letterboxed{'' if usual else f', with {details}'}."
        ),
        fix="Letterbox the image; the boxes are then rescaled correctly.",
        cost=COMMON_COST if usual else OTHER_WAY_BACK,
    )
fault_both_ways(
    "top_left",
    title="Padded at the right and bottom only",
    changes={"align": "top_left"},
    wrong="The image is placed in the top-left corner of the input instead of its centre.",
    fix=LETTERBOX,
)
fault(
    "top_left_centred_back",
    title="Padded at the right and bottom, but boxes rescaled as if centred",
    changes={"align": "top_left", "offset": "letterbox"},
    wrong=(
        "The image is placed in the top-left corner of the input, but boxes are rescaled as if it "
        "were centred."
    ),
    fix=LETTERBOX,
)
fault_both_ways(
    "padded_first_black",
    title="Padded with black to a square before resizing",
    changes={"fitting": "pad_first", "border": 0},
    wrong="The image is padded with black at the right or bottom to a square and then resized.",
    fix=LETTERBOX,
    reference="https://github.com/ultralytics/ultralytics/issues/16562",
)
fault_both_ways(
    "padded_first",
    title="Padded to a square before resizing",
    changes={"fitting": "pad_first"},
    wrong="The image is padded at the right or bottom to a square and then resized.",
    fix=LETTERBOX,
)
for border, colour in ((0, "black"), (None, "grey")):
    fault_both_ways(
        "padded_around_first" + ("_black" if border == 0 else ""),
        title=f"Padded with {colour} on both sides to a square before resizing",
        changes={"fitting": "pad_around_first"} | ({"border": 0} if border == 0 else {}),
        wrong=(
            f"The image is padded with {colour} on both sides to a square and then resized, so it "
            "lies at fractions of a px and its edges blend into the padding."
        ),
        fix=LETTERBOX,
        cost=RARE_COST,
    )
fault_both_ways(
    "multiples_of_32_first",
    title="Resized to multiples of 32 and padded with black to a square before resizing",
    changes={"fitting": "pad_first", "border": 0, "multiple_first": 32},
    wrong=(
        "The image is first resized to sides that are multiples of 32, which distorts it, then "
        "padded with black at the right or bottom to a square, and resized again."
    ),
    fix=LETTERBOX,
    cost=RARE_COST,
)
fault_both_ways(
    "cropped",
    title="Cropped to the central square",
    changes={"fitting": "crop"},
    wrong="Only the central square of the image is used.",
    fix=LETTERBOX,
    cost=RARE_COST,
)
fault_both_ways(
    "covered",
    title="Resized until it covers the input, then cropped",
    changes={"fitting": "cover"},
    wrong=(
        "The image is resized until its shorter side fills the input, and what reaches beyond it "
        "is cut off at both ends (crop=True in OpenCV's blobFromImage)."
    ),
    fix=LETTERBOX,
    cost=RARE_COST,
)
fault_both_ways(
    "covered_floored",
    title="Resized until it covers the input, with sides cut to whole px, then cropped",
    changes={"fitting": "cover", "side_rounding": "floor"},
    wrong=(
        "The image is resized until its shorter side fills the input, its longer side is cut to "
        "whole px, and what reaches beyond the input is cut off at both ends (Resize and "
        "CenterCrop of torchvision)."
    ),
    fix=LETTERBOX,
    cost=RARE_COST,
)
fault_both_ways(
    "fitted",
    title="Cropped to the central square, to fractions of a px",
    changes={"fitting": "fit"},
    wrong=(
        "Only the central square of the image is used, which begins between two px where the sides "
        "differ by an odd number (fit of Pillow's ImageOps)."
    ),
    fix=LETTERBOX,
    cost=RARE_COST,
)
for fitting, how in (
    ("crop", "Cropped to the central square"),
    ("cover", "Resized until it covers the input and cropped"),
):
    fault_both_ways(
        f"{fitting}_not_moved_back",
        title=f"{how}, but boxes not moved back",
        changes={"fitting": fitting, "offset": "none"},
        wrong=(
            f"The image is {how[0].lower()}{how[1:]}, and what was cut off at the left and top is "
            "not added to the boxes."
        ),
        fix=LETTERBOX,
        cost=OF_A_CROP,
    )
fault(
    "not_enlarged",
    title="Small images padded but not enlarged",
    changes={"enlarge": False},
    wrong="Images smaller than the input are padded but not enlarged.",
    fix="Scale small images up, too, until one side fills the input.",
)
fault(
    "sides_exchanged",
    title="Height and width swapped when resizing",
    changes={"sides_exchanged": True},
    wrong="Height and width are swapped when the image is resized.",
    fix=(
        "Pass the sides in the order that the resizing function expects: OpenCV takes a size as "
        "(width, height), while the shape of an array is (height, width)."
    ),
)
for rounding, direction in ROUNDINGS.items():
    fault(
        f"side_{rounding}",
        title=f"Resized width and height rounded {direction}",
        changes={"side_rounding": rounding},
        wrong=(
            f"The width and height of the resized image are rounded {direction} instead of to the "
            "nearest pixel."
        ),
        fix="Round the resized width and height to the nearest pixel.",
    )
for rounding, direction in ROUNDINGS.items():
    fault(
        f"border_{rounding}",
        title=f"Padding rounded {direction} (image 1 px off)",
        changes={"border_rounding": rounding},
        wrong=f"Half the padding is rounded {direction}, so the image can be 1 px off.",
        fix="Round half the padding, minus 0.1 px, to the nearest pixel for the left and top side.",
        cost=RARE_COST,
    )
fault(
    "border_half_even",
    title="Padding rounded with halves to even (image 1 px off)",
    changes={"border_rounding": "half_even"},
    wrong=(
        "Half the padding is rounded with halves to even, as Pillow's ImageOps.pad does, or half "
        "of what a crop cuts away, as torchvision's CenterCrop does, so the image can be 1 px off."
    ),
    fix="Round half the padding, minus 0.1 px, to the nearest pixel for the left and top side.",
    cost=RARE_COST,
)
fault(
    "sides_aligned",
    title="Resized width cut to a multiple of 4, height and padding to even numbers",
    changes={"side_rounding": "aligned", "border_rounding": "even"},
    wrong=(
        "The width of the resized image is rounded down to a multiple of 4, and its height and "
        "half the padding to even numbers, as RKNN's letterbox does."
    ),
    fix="Round the resized width and height, and half the padding, to the nearest pixel.",
    cost=RARE_COST,
)


def other_border(level: float) -> Fault:
    """Return the fault of a border of any grey level, 0 to 255, but 114."""
    heading, cost = PADDINGS.get(level, (f"Padded with grey {level} instead of 114", RARE_COST))
    return Fault(
        f"border_grey_{level}".replace(".", "_"),
        "geometry",
        heading,
        (("border", level),),
        f"The padding has the grey level {level} instead of 114.",
        "Pad with grey level 114.",
        ("letterbox",),
        cost=cost,
    )


for level in PADDINGS:
    FAULTS.add(f"border_grey_{level}", other_border(level))
fault(
    "border_blue",
    title="Padded with 114 in the first channel only (blue or red)",
    changes={"border": (114, 0, 0)},
    wrong="Only the first channel of the padding is 114, and the other two are 0.",
    fix="Pad with grey level 114 in all three channels: Scalar(114, 114, 114) in OpenCV.",
    cost=RARE_COST,
)
for kernel, (heading, words) in KERNEL_TITLES.items():
    fault(
        f"kernel_{kernel}",
        title=heading,
        changes={"kernel": kernel},
        wrong=f"The image is resized with {words} instead of 8-bit bilinear interpolation.",
        fix=PLAIN_BILINEAR,
        subjects=("resizing",),
        cost=RARE_KERNELS.get(kernel, COMMON_COST),
    )
fault(
    "resized_in_floats",
    title="Resized in floating point instead of 8-bit",
    changes={"levels": "kept"},
    wrong="The image is resized on floats, which keeps fractions of a grey level.",
    fix="Resize the 8-bit image, and convert it to floats afterwards.",
    subjects=("resizing",),
)
fault(
    "rounded_once",
    title="Resized with levels rounded once, at the end",
    changes={"levels": "half_up"},
    wrong=(
        "The image is resized in floating point and rounded at the end; training resized in fixed "
        "point, as OpenCV does."
    ),
    fix=PLAIN_BILINEAR,
    subjects=("resizing",),
    cost=RARE_COST,
)
fault(
    "levels_of_16_bits",
    title="Resized in 16-bit levels that are cut to 8, as Go's draw package does",
    changes={"levels": "high_byte"},
    wrong="The image is resized in levels of 16 bits, whose high byte is kept.",
    fix="Round the resized levels to the nearest one.",
    subjects=("resizing",),
    cost=RARE_COST,
)
fault(
    "levels_truncated",
    title="Resized levels truncated instead of rounded",
    changes={"levels": "truncated"},
    wrong="The resized levels are truncated, so the input is half a level darker on average.",
    fix="Round the resized levels to the nearest one, or resize the 8-bit image itself.",
    subjects=("resizing",),
    cost=RARE_COST,
)
fault(
    "no_half_pixel",
    title="Resized without half-pixel centres",
    changes={"grid": "corner"},
    wrong=(
        "Pixels are sampled at x / gain instead of (x + 0.5) / gain - 0.5, as cv::cuda::resize "
        "does, so the image lies up to half a pixel off."
    ),
    fix="Resize with half-pixel centres: sample at (x + 0.5) / gain - 0.5.",
    subjects=("resizing",),
)
fault(
    "corners_aligned",
    title="Resized with aligned corners",
    changes={"grid": "corners_aligned", "levels": "kept"},
    wrong="The image is resized on floats with align_corners=True, which moves its content.",
    fix="Resize with half-pixel centres: align_corners=False.",
    subjects=("resizing",),
    cost=RARE_COST,
)
fault_both_ways(
    "warp_plus_half",
    title="Warped with 0.5 added to the source instead of half-pixel centres",
    changes={"fitting": "warp", "grid": "plus_half", "levels": "kept"},
    wrong=(
        "The image is mapped by an affine matrix and sampled at x / gain + 0.5 instead of "
        "(x + 0.5) / gain - 0.5; its sides and its padding are not whole px, and its edges blend "
        "into the padding."
    ),
    fix=LETTERBOX,
)
fault_both_ways(
    "warp_half_pixel",
    title="Warped onto fractions of a pixel",
    changes={"fitting": "warp", "levels": "half_up"},
    wrong=(
        "The image is mapped by an affine matrix: its sides and its padding are not whole px, and "
        "its edges blend into the padding."
    ),
    fix=LETTERBOX,
)
fault_both_ways(
    "warp_half_pixel_in_floats",
    title="Warped onto fractions of a pixel, in floating point",
    changes={"fitting": "warp", "levels": "kept"},
    wrong=(
        "The image is mapped by an affine matrix on floats: its sides and its padding are not "
        "whole px, and its edges blend into the padding."
    ),
    fix=LETTERBOX,
    cost=RARE_COST,
)
fault_both_ways(
    "warp_plus_half_rounded",
    title="Warped with 0.5 added to the source, levels rounded",
    changes={"fitting": "warp", "grid": "plus_half", "levels": "half_up"},
    wrong=(
        "The image is mapped by an affine matrix and sampled at x / gain + 0.5 instead of "
        "(x + 0.5) / gain - 0.5, with levels rounded; its sides and its padding are not whole px."
    ),
    fix=LETTERBOX,
    cost=RARE_COST,
)
fault_both_ways(
    "placed_at_fractions",
    title="Placed at fractions of a pixel",
    changes={"fitting": "warp", "edges": "replicated"},
    wrong=(
        "The width, the height and the position of the resized image are not whole px, as where "
        "a graphics library or a GPU draws it."
    ),
    fix=LETTERBOX,
    cost=RARE_COST,
)
fault_both_ways(
    "warp_affine",
    title="Warped by an affine matrix without half-pixel centres",
    changes={"fitting": "warp", "grid": "corner"},
    wrong=(
        "The image is mapped by the matrix of a scale and a padding, which samples at x / gain "
        "instead of (x + 0.5) / gain - 0.5, as OpenCV's warpAffine does."
    ),
    fix=LETTERBOX,
)
fault_both_ways(
    "drawn_at_fractions",
    title="Drawn at fractions of a pixel, as a browser's canvas does",
    changes={"fitting": "warp", "edges": "replicated", "kernel": "canvas"},
    wrong=(
        "The image is drawn with a width, a height and a position that are not whole px, and with "
        "Skia's bilinear filter."
    ),
    fix=LETTERBOX,
    cost=RARE_COST,
)

RECTANGLE = Fault(
    "minimal_rectangle",
    "geometry",
    "Padded to a minimal rectangle instead of a square",
    (("stride", 32),),
    "The image is padded to a minimal rectangle (multiples of the stride) instead of the square.",
    "Use the square that the model was exported for, or declare geometry: rect.",
    ("letterbox", "rescaling"),
    "https://github.com/ultralytics/ultralytics/issues/14285",
    CHOICE_COST,
)
SQUARE = Fault(
    "whole_square",
    "geometry",
    "Padded to a square instead of a minimal rectangle",
    (("stride", None),),
    "The image is padded to the square instead of a minimal rectangle (multiples of the stride).",
    "Declare geometry: square, or pad only to the next multiple of the stride.",
    ("letterbox", "rescaling"),
    "https://github.com/ultralytics/ultralytics/issues/14285",
    CHOICE_COST,
)
"""Considered only where the network takes inputs of any size."""
