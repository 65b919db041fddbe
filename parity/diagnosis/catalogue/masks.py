"""Faults of making masks of coefficients and prototypes."""

from functools import partial

from parity.diagnosis.catalogue.fault import CHOICE_COST, RARE_COST, Fault, add_fault

ABOVE_ZERO = "Keep px whose logit exceeds 0, which is a probability above 0.5."
TO_THE_BOX = "Set pixels outside the box to 0, with mask and box in the same coordinate frame."
BILINEAR = "Upsample the logits bilinearly, cut off the padding, and resize to the image."

ROUNDED = {"down": "down", "outwards": "outwards", "nearest": "to the nearest px"}
"""How boxes are rounded, by the value of ``mask_crop_rounding``."""

fault = partial(add_fault, stage="masks", subjects=("masks",))

fault(
    "mask_threshold_on_logits",
    title="Threshold of 0.5 applied to the logits of masks",
    changes={"mask_threshold": "half"},
    wrong="The logits of masks are compared with 0.5, as if they were probabilities.",
    fix=ABOVE_ZERO,
)
fault(
    "mask_threshold_none",
    title="Threshold of 0 applied to the probabilities of masks",
    changes={"mask_threshold": "none"},
    wrong="A sigmoid is followed by a threshold of 0, so masks fill their boxes.",
    fix=ABOVE_ZERO,
)


def other_mask_probability(probability: float) -> Fault:
    """Return the fault of another probability that px of a mask must exceed.

    Parameters
    ----------
    probability : float
        Between 0 and 1; the right one is 0.5.
    """
    return Fault(
        "other_mask_probability",
        "masks",
        f"Masks of px with a probability above {probability:g}",
        (("mask_probability", probability),),
        f"Px belong to a mask if their probability exceeds {probability:g}, not 0.5.",
        ABOVE_ZERO,
        ("masks",),
        cost=RARE_COST,
    )


fault(
    "masks_not_cropped",
    title="Masks not cropped to their boxes",
    changes={"mask_crop": "no"},
    wrong="Masks reach beyond their boxes.",
    fix=TO_THE_BOX,
)
fault(
    "masks_cropped_elsewhere",
    title="Masks cropped to boxes in another coordinate frame",
    changes={"mask_crop": "other_frame"},
    wrong="Masks are cropped to boxes in px of the input instead of the image, or vice versa.",
    fix=TO_THE_BOX,
)
fault(
    "masks_cropped_as_prototypes",
    title="Masks cropped in the size of the prototypes",
    changes={"mask_crop": "prototypes"},
    wrong=(
        "Logits are cropped to the box in the size of the prototypes and then upsampled, so masks "
        "end up to four px of the input beside their boxes, as in earlier versions of Ultralytics."
    ),
    fix="Upsample the logits, then set pixels outside the box to 0.",
    reference="https://github.com/ultralytics/ultralytics/pull/24463",
)
for rounding, how in ROUNDED.items():
    fault(
        f"mask_crop_{rounding}",
        title=f"Masks cropped to boxes that are rounded {how}",
        changes={"mask_crop_rounding": rounding},
        wrong=f"Masks are cropped to boxes that are rounded {how}, so they may differ by 1 px.",
        fix="Round both corners of the box up before you cut the mask, as Ultralytics does.",
        cost=CHOICE_COST,
    )
fault(
    "mask_border_kept",
    title="Padding not removed from masks",
    changes={"mask_steps": "border_kept"},
    wrong="Masks of the padded input are resized to the image without cutting off the padding.",
    fix=BILINEAR,
)
fault(
    "masks_cut_at_corner",
    title="Padding cut off masks at the right and bottom only",
    changes={"mask_corner": "input"},
    wrong=(
        "What is cut out of masks begins at the first corner of the input, although the padding "
        "lies around the image, so masks are shifted."
    ),
    fix=BILINEAR,
)
fault(
    "mask_border_cut_first",
    title="Padding cut off before masks are upsampled",
    changes={"mask_steps": "cut_first"},
    wrong="The padding is cut off at the resolution of the prototypes, in whole pixels of these.",
    fix=BILINEAR,
    cost=RARE_COST,
)
fault(
    "masks_enlarged_to_input",
    title="Masks enlarged to the input before the padding is cut off",
    changes={"mask_steps": "enlarged_to_input"},
    wrong=(
        "Logits are always enlarged to the size of the input; the reference enlarges them only as "
        "much as it takes to cut off the padding in whole px. Edges of masks move a little."
    ),
    fix="Cut the padding off the smallest enlargement that allows it, then resize to the image.",
    cost=CHOICE_COST,
)
fault(
    "masks_made_in_input",
    title="Masks made in the input and then resized",
    changes={"mask_steps": "in_input"},
    wrong="Masks are made in px of the input and then resized to the image.",
    fix=BILINEAR,
    cost=CHOICE_COST,
)
fault(
    "masks_outlined_in_input",
    title="Outlines of masks taken in the input and then scaled",
    changes={"mask_steps": "outlined_in_input"},
    wrong=(
        "Outlines of masks in px of the input are scaled to the image, as Ultralytics' masks.xy "
        "does, so masks are up to a px of the input smaller and have no holes."
    ),
    fix="Resize the masks to the image, then take their outlines, or give run lengths.",
    cost=CHOICE_COST,
)
fault(
    "masks_resized_in_each_box",
    title="Masks cropped before they are upsampled",
    changes={"mask_steps": "each_box"},
    wrong=(
        "Each mask is cropped to its box in the size of the prototypes, then resized to the box "
        "and blurred, so its edges move."
    ),
    fix=BILINEAR,
    reference="https://github.com/ibaiGorordo/ONNX-YOLOv8-Instance-Segmentation",
)
fault(
    "masks_resized_in_parts",
    title="Masks upsampled from the pixels around each box",
    changes={"mask_steps": "each_part"},
    wrong=(
        "The pixels of the prototypes that a box touches are resized to whole pixels of the image, "
        "and not at the place that they have there, so masks are up to some pixels off."
    ),
    fix=BILINEAR,
    reference="https://github.com/UNeedCryDear/yolov8-opencv-onnxruntime-cpp",
)
fault(
    "mask_kernel_nearest",
    title="Masks upsampled with nearest-neighbour interpolation",
    changes={"mask_kernel": "nearest"},
    wrong="The logits of masks are upsampled with nearest-neighbour interpolation.",
    fix=BILINEAR,
)
fault(
    "mask_kernel_cubic",
    title="Masks upsampled with bicubic interpolation",
    changes={"mask_kernel": "cubic"},
    wrong="The logits of masks are upsampled with bicubic interpolation.",
    fix=BILINEAR,
    cost=RARE_COST,
)
fault(
    "masks_thresholded_first",
    title="Masks thresholded before they are upsampled",
    changes={"mask_made": "prototypes"},
    wrong=(
        "Logits are compared with the threshold in the size of the prototypes, so the edges of "
        "masks are steps."
    ),
    fix=BILINEAR,
)
fault(
    "masks_upsampled_as_probabilities",
    title="Masks upsampled as probabilities instead of logits",
    changes={"mask_made": "probabilities"},
    wrong="The sigmoid is applied before masks are upsampled, so their edges move a little.",
    fix="Upsample the logits, then compare them with 0.",
    cost=CHOICE_COST,
)
fault(
    "mask_holes_filled",
    title="Holes of masks filled",
    changes={"mask_parts": "filled"},
    wrong="Masks are given by their outer outlines, so their holes are filled.",
    fix="Give run lengths, or mark the outlines of holes as such.",
    cost=CHOICE_COST,
)
fault(
    "mask_largest_part",
    title="Only the largest part of each mask kept",
    changes={"mask_parts": "largest"},
    wrong="Of each mask, the largest outline alone is kept; other parts of the object are lost.",
    fix="Keep all outlines of a mask, not only the largest.",
)
fault(
    "masks_in_input",
    title="Masks left in px of the input",
    changes={"mask_frame": "input"},
    wrong="Masks have the size of the input, with its padding.",
    fix=BILINEAR,
)
fault(
    "masks_of_prototypes",
    title="Masks left in the size of the prototypes",
    changes={"mask_frame": "prototypes"},
    wrong="Masks have the size of the prototypes, a quarter of the input's sides.",
    fix=BILINEAR,
)
fault(
    "prototypes_transposed",
    title="Height and width of the prototypes swapped",
    changes={"prototype_axes": "cwh"},
    wrong="Height and width of the prototypes are swapped.",
    fix="Read the prototypes as channels, height, width.",
)
