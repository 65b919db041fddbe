"""Faults of fitting an image into the input of a classifier."""

from functools import partial

from parity.diagnosis.catalogue.fault import RARE_COST, add_fault

SHORTER_SIDE = "Resize the shorter side to the input's side, then keep the centre."
ANTIALIASED = "Interpolate bilinearly with antialiasing, as BILINEAR of Pillow does."

fault = partial(add_fault, stage="geometry", subjects=("centre_crop",))

fault(
    "squashed",
    title="Squashed into the input of the classifier",
    changes={"crop": "squashed"},
    wrong="The image is resized to the input without keeping its aspect ratio.",
    fix=SHORTER_SIDE,
)
fault(
    "crop_letterboxed",
    title="Letterboxed instead of cropped",
    changes={"crop": "letterboxed"},
    wrong="The whole image is resized and padded with grey; nothing is cropped.",
    fix=SHORTER_SIDE,
)
fault(
    "cropped_first",
    title="Cropped before resizing",
    changes={"crop": "cropped_first"},
    wrong="The central square of the image is cropped first and then resized.",
    fix=SHORTER_SIDE,
    cost=RARE_COST,
)
fault(
    "resized_larger",
    title="Resized to 256/224 of the input before the crop",
    changes={"crop": "resized_larger"},
    wrong=(
        "The shorter side is resized to 256/224 of the input's side before the crop, as other "
        "ImageNet models expect, so less of the image is used."
    ),
    fix=SHORTER_SIDE,
)
fault(
    "crop_not_resized",
    title="Cropped without resizing",
    changes={"crop": "not_resized"},
    wrong="The centre of the image is cropped without resizing it.",
    fix=SHORTER_SIDE,
)
fault(
    "crop_offset_floored",
    title="Offset of the crop rounded down",
    changes={"crop_offset": "floor"},
    wrong="Half of what is cut away is rounded down; the reference rounds it to the nearest px.",
    fix="Round half of what is cut away to the nearest px, halves to the even one.",
    cost=RARE_COST,
)
for kernel, (title, means) in {
    "linear": ("bilinear interpolation", "bilinear interpolation (INTER_LINEAR in OpenCV)"),
    "area": ("averages over areas", "averages over areas (INTER_AREA in OpenCV)"),
    "cubic": ("bicubic interpolation", "bicubic interpolation (INTER_CUBIC in OpenCV)"),
    "nearest": ("the nearest px", "the nearest px (INTER_NEAREST in OpenCV)"),
    "lanczos": ("Lanczos interpolation", "Lanczos interpolation (INTER_LANCZOS4 in OpenCV)"),
    "pillow_nearest": (
        "the nearest px by centres",
        "the nearest px by centres (NEAREST in Pillow)",
    ),
    "pillow_bicubic": (
        "an antialiased bicubic filter",
        "an antialiased bicubic filter (BICUBIC in Pillow)",
    ),
    "pillow_lanczos": (
        "an antialiased Lanczos filter",
        "an antialiased Lanczos filter (LANCZOS in Pillow)",
    ),
}.items():
    fault(
        f"crop_kernel_{kernel}",
        title=f"Resized with {title} before the crop",
        changes={"crop_kernel": kernel},
        wrong=f"The image is resized with {means}.",
        fix=ANTIALIASED,
        cost=RARE_COST,
    )
