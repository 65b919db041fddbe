"""Faults of reading keypoints and of putting them into the image."""

from functools import partial

from parity.diagnosis.catalogue.fault import CHOICE_COST, RARE_COST, add_fault

AS_BOXES = "Subtract the padding and divide by the scale factor, as with the boxes."
ALREADY = "Use visibilities as they are; the exported graph has already applied the sigmoid."
ONE_AFTER_THE_OTHER = "Read all numbers of a keypoint, then those of the next."

fault = partial(add_fault, stage="keypoints", subjects=("keypoints",))

for frame, title, wrong, cost in (
    ("input", "Keypoints left in px of the input", "Keypoints are left in px of the input.", 3.0),
    (
        "border_kept",
        "Padding not removed from keypoints",
        "The padding is not subtracted from keypoints before they are rescaled.",
        3.0,
    ),
    (
        "input_fraction",
        "Keypoints as fractions of the input",
        "Keypoints are divided by the size of the input.",
        3.0,
    ),
    (
        "image_fraction",
        "Keypoints as fractions of the image",
        "Keypoints are divided by the size of the image.",
        3.0,
    ),
    (
        "box",
        "Keypoints relative to the box",
        "Keypoints are returned relative to the top-left corner of their box.",
        3.0,
    ),
    (
        "box_added",
        "Corner of the box added to keypoints",
        "The top-left corner of the box is added to keypoints, as if they were relative to it.",
        3.0,
    ),
    (
        "stretched",
        "Keypoints rescaled as if the image had been stretched",
        "Keypoints are multiplied by the image's sides and divided by the input's.",
        3.0,
    ),
    (
        "letterboxed",
        "Keypoints rescaled as if the image had been letterboxed",
        "Keypoints are rescaled with the padding, unrounded, and the scale factor of a letterbox.",
        RARE_COST,
    ),
    (
        "top_left",
        "Keypoints divided by one scale factor alone",
        "Keypoints are divided by the scale factor of a letterbox, without subtracting padding.",
        RARE_COST,
    ),
    (
        "times_input",
        "Keypoints multiplied by the size of the input",
        "Keypoints are multiplied by the size of the input, as if they were fractions of it.",
        RARE_COST,
    ),
):
    fault(
        f"keypoints_{frame}",
        title=title,
        changes={"keypoint_frame": frame},
        wrong=wrong,
        fix=AS_BOXES,
        cost=cost,
    )
fault(
    "keypoints_not_clipped",
    title="Keypoints not clipped to the image",
    changes={"keypoint_clip": False},
    wrong="Keypoints are not clipped to the image.",
    fix="Clip keypoints to the image, as the reference does.",
    cost=RARE_COST,
)
fault(
    "keypoints_rounded",
    title="Keypoints rounded to whole px",
    changes={"keypoint_integers": "rounded"},
    wrong="Keypoints are rounded to whole px.",
    fix="Keep coordinates as floats.",
)
fault(
    "keypoints_truncated",
    title="Keypoints truncated to whole px",
    changes={"keypoint_integers": "truncated"},
    wrong="The coordinates of keypoints are truncated to whole px.",
    fix="Keep coordinates as floats, or round them.",
)
fault(
    "keypoints_x_y_exchanged",
    title="x and y swapped where keypoints are read",
    changes={"keypoint_axes": "yx"},
    wrong="Keypoints are read as y, x, so each coordinate is rescaled as if it were the other.",
    fix="Read x first, then y.",
)
fault(
    "keypoints_written_y_x",
    title="Keypoints written as y, x",
    changes={"keypoint_axes": "written_yx"},
    wrong="Keypoints are rescaled correctly, but y is written before x.",
    fix="Write x first, then y.",
)
fault(
    "keypoints_in_pairs",
    title="Keypoints read in steps of two numbers instead of three",
    changes={"keypoint_layout": "pairs"},
    wrong="A keypoint is read every two numbers, so visibilities are taken for coordinates.",
    fix=ONE_AFTER_THE_OTHER,
)
fault(
    "keypoints_in_planes",
    title="Keypoints reshaped with swapped axes",
    changes={"keypoint_layout": "planes"},
    wrong="The numbers are read as all x, then all y, instead of keypoint by keypoint.",
    fix=ONE_AFTER_THE_OTHER,
)
fault(
    "keypoints_hidden_at_zero",
    title="Keypoints that are hardly visible put at 0, 0",
    changes={"keypoint_hidden": "zero"},
    wrong="Keypoints with a visibility below 0.5 are put at 0, 0.",
    fix="Keep their coordinates, and let the visibility say that they are not seen.",
    cost=CHOICE_COST,
)
fault(
    "visibility_sigmoid_twice",
    title="Sigmoid applied to final visibilities",
    changes={"visibility": "sigmoid"},
    wrong="A sigmoid is applied to visibilities that the network has already activated.",
    fix=ALREADY,
)
fault(
    "visibility_without_sigmoid",
    title="Visibilities without a sigmoid",
    changes={"visibility": "logit"},
    wrong="Visibilities are logits: the sigmoid at the end of the network is missing.",
    fix="Apply a sigmoid to the visibilities, or run the export of Ultralytics, which does it.",
)
