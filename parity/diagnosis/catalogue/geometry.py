"""Faults of bringing the image to the size of the input: resizing and padding."""

from functools import partial

from parity.diagnosis.catalogue.fault import CHOICE_COST, COMMON_COST, RARE_COST, Fault, add_fault

PLAIN_BILINEAR = (
    "Interpolate bilinearly on 8-bit pixels, without smoothing (antialiasing) and without shifting "
    "pixel centres."
)
LETTERBOX = "Keep the aspect ratio, centre the image and pad it with grey (114)."

OTHER_GREY = COMMON_COST + 0.5
"""Cost of a padding that is neither 114 nor black, nats; chosen: less common than black."""

ROUNDINGS = {"floor": "down", "ceil": "up"}

PADDING_TITLES = {
    0: "Padded with black (0) instead of grey (114)",
    128: "Padded with grey 128 instead of 114",
    255: "Padded with white (255) instead of grey (114)",
    144: "Padded with grey 144 instead of 114",
    127: "Padded with grey 127 instead of 114",
    100: "Padded with grey 100 instead of 114",
}
"""Title by grey level, 0 to 255; black, white, both middles and two others; chosen."""

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
    "linear_float": (
        "Resized in floating point instead of 8-bit",
        "bilinear interpolation on floats, which keeps fractions of a grey level,",
    ),
}
"""Title and words by interpolation kernel."""

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
fault(
    "stretched_letterbox_back",
    title="Stretched, but boxes rescaled as if letterboxed",
    changes={"fitting": "stretch", "gain": "letterbox", "offset": "letterbox"},
    wrong=(
        "The image is stretched to the input size, but boxes are rescaled as if it had been "
        "letterboxed."
    ),
    fix="Letterbox the image; the boxes are then rescaled correctly.",
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
fault_both_ways(
    "cropped",
    title="Cropped to the central square",
    changes={"fitting": "crop"},
    wrong="Only the central square of the image is used.",
    fix=LETTERBOX,
    cost=RARE_COST,
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
for level, heading in PADDING_TITLES.items():
    fault(
        f"border_grey_{level}",
        title=heading,
        changes={"border": level},
        wrong=f"The padding has the grey level {level} instead of 114.",
        fix="Pad with grey level 114.",
        cost=COMMON_COST if level == 0 else OTHER_GREY,
    )
for kernel, (heading, words) in KERNEL_TITLES.items():
    fault(
        f"kernel_{kernel}",
        title=heading,
        changes={"kernel": kernel},
        wrong=f"The image is resized with {words} instead of 8-bit bilinear interpolation.",
        fix=PLAIN_BILINEAR,
        subjects=("resizing",),
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
