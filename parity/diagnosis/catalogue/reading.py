"""Faults of reading the image."""

from functools import partial

from parity.diagnosis.catalogue.fault import RARE_COST, Fault, add_fault

JPEG_QUALITIES = (95, 90, 75, 50)
"""Qualities, 0 to 100, that encoders use by default or that people choose; 75 is Pillow's default,
95 OpenCV's."""

REDUCTIONS = {0.5: "half", 0.25: "a quarter"}
"""Factors by which previews are commonly reduced; chosen."""

TURNED = (
    (
        "mirrored",
        "Image mirrored (left and right swapped)",
        "mirrored, with left and right swapped, as previews of selfie cameras show it",
        "Give the network the image as it was read, and mirror only what is shown.",
    ),
    (
        "upside_down",
        "Image upside down (top and bottom swapped)",
        "with top and bottom swapped, as OpenGL's textures and most BMP files store it",
        "Give the network the image with its top row first.",
    ),
    *(
        (
            f"turned_by_{degrees}",
            f"Image turned by {degrees} degrees",
            f"turned clockwise by {degrees} degrees, as sensors of phones or videos store it",
            "Turn the image upright before detection, as it is shown.",
        )
        for degrees in (90, 180, 270)
    ),
)
"""Name, title, what is done to the image and what is right, of each way of turning it."""

fault = partial(add_fault, stage="reading", subjects=("reading",))

fault(
    "exif_ignored",
    title="EXIF orientation ignored",
    changes={"orientation": "stored"},
    wrong="The EXIF orientation tag is ignored, so some photos reach the network rotated.",
    fix="Apply the EXIF orientation when you read the image.",
    reference="https://github.com/ultralytics/ultralytics/pull/23631",
)
for name, title, done, upright in TURNED:
    fault(
        name,
        title=title,
        changes={"turned": name.removeprefix("turned_")},
        wrong=f"The network is given the image {done}.",
        fix=upright,
        cost=RARE_COST,
    )
fault(
    "grey",
    title="Image converted to greyscale",
    changes={"grey": True},
    wrong="The image is converted to greyscale before detection.",
    fix="Keep all three colour channels.",
)
fault(
    "profile_applied",
    title="Colours converted by the colour profile of the file",
    changes={"profile": "applied"},
    wrong="Colours are converted to sRGB by the colour profile of the file, as browsers and macOS "
    "do; OpenCV takes the numbers as they are.",
    fix="Read the pixels without colour management, as the model was trained.",
    cost=RARE_COST,
)
fault(
    "chroma_repeated",
    title="JPEG decoded without smoothing its colours",
    changes={"chroma": "repeated"},
    wrong=(
        "Colours that a JPEG stores at half the resolution are enlarged by repeating them; OpenCV, "
        "Pillow and libjpeg interpolate them."
    ),
    fix="Decode with libjpeg's default settings (fancy upsampling), as OpenCV does.",
    cost=RARE_COST,
)
for quality in JPEG_QUALITIES:
    fault(
        f"jpeg_{quality}",
        title=f"Image recompressed as JPEG (quality {quality})",
        changes={"jpeg_quality": quality},
        wrong=f"The image is compressed again as JPEG (quality {quality}) before detection.",
        fix="Pass on the original file or its decoded pixels.",
        cost=RARE_COST,
    )
for factor, words in REDUCTIONS.items():
    fault(
        f"reduced_{factor:g}",
        title=f"Image downscaled to {words} and enlarged again",
        changes={"reduction": factor},
        wrong=(
            f"The image is downscaled to {words} of its width and height and enlarged again before "
            "detection, so detail is lost."
        ),
        fix="Pass on the image at its full resolution.",
        cost=RARE_COST,
    )


def resized_first(frame: tuple[int, int], kernel: str) -> Fault:
    """Return the fault of resizing images before all else.

    Parameters
    ----------
    frame : tuple of int
        Height and width, px; a height of 0 keeps the aspect ratio.
    kernel : {"linear", "area"}
        Interpolation.
    """
    height, width = frame
    size = f"{width}x{height}" if height else f"a width of {width} px"
    how = "bilinearly" if kernel == "linear" else "by averaging areas"
    return Fault(
        "resized_first",
        "reading",
        f"Image resized to {size} first, boxes in px of that",
        (("frame", frame), *((("frame_kernel", kernel),) if kernel != "linear" else ())),
        f"The image is resized to {size} ({how}) before it is fitted into the input, and boxes are "
        "px of the resized image.",
        "Detect in the image as it was read; resize it, and scale boxes, for display only.",
        ("reading", "rescaling"),
        cost=RARE_COST,
    )
