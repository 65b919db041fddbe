"""The choices that make up a deployment: a point in the space of pre- and post-processing."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pipeline:
    """Everything that a deployment decides; the defaults are the correct pipeline.

    Attributes
    ----------
    codec : {"opencv", "pillow"}
        Which library decodes the file.
    orientation : {"exif", "stored"}
        Whether the camera's orientation is applied.
    grey : bool
        Whether the image is reduced to grey.
    jpeg_quality : int or None
        Quality of a JPEG that the image is encoded as on its way; None if it is not.
    reduction : float
        Factor by which the image was made smaller, and then larger again, on its way.
    imgsz : tuple of int or None
        Height and width of the input, px; None for what the network says.
    stride : int or None
        If given, the border is cut to a multiple of it: the minimal rectangle.
    fitting : {"letterbox", "stretch", "pad_first", "crop"}
        How the image is brought to the size of the input. ``pad_first`` surrounds it to a square
        at the top left and then resizes; ``crop`` takes the middle square.
    align : {"centre", "top_left"}
        Where the image lies within its border.
    side_rounding : {"round", "floor", "ceil"}
        How the sides of the resized image become whole px.
    border_rounding : {"ultralytics", "floor", "ceil"}
        How half a border becomes whole px.
    border : int
        Grey level of the border.
    kernel : str
        Interpolation: a key of :data:`parity.deployment.preprocess.OPENCV_KERNELS`, the same after
        ``pillow_``, or ``linear_float`` for floats that are not rounded.
    enlarge : bool
        Whether images that are smaller than the input are enlarged.
    sides_exchanged : bool
        Whether height and width are exchanged when resizing.
    colours : {"rgb", "bgr"}
        Order of the planes.
    scaling : str
        A key of :data:`parity.deployment.preprocess.SCALINGS`.
    axes : {"chw", "hwc", "cwh"}
        ``hwc`` is reshaped where it should be transposed; ``cwh`` has x and y exchanged.
    output_axes : {"transposed", "rows", "reshaped"}
        How rows of predictions are made of the raw output.
    head : {"v8", "v5", "v5_classes", "v5_objectness", "column4"}
        Which columns are taken for what.
    activation : {"none", "sigmoid", "softmax"}
        What is applied to the scores.
    box_activation : {"none", "sigmoid"}
        What is applied to the coordinates.
    box_format : {"cxcywh", "xyxy", "xywh", "full_sides", "cycxhw"}
        What the four coordinates are taken for.
    conf, iou, max_det : float, float, int
        Thresholds.
    conf_inclusive : bool
        Whether a score may equal the threshold.
    suppression : {"classwise", "agnostic", "none", "best", "best_per_class"}
        Among which boxes suppression works.
    overlap : {"iou", "unclamped", "plus_one", "nmsboxes", "nmsboxes_xyxy"}
        How overlap is computed; ``nmsboxes`` is ``cv2.dnn.NMSBoxes``.
    suppressed_in : {"input", "image", "integers"}
        Which boxes suppression is given: in input px, as they are returned, or cut to integers.
    sorted : bool
        Whether the better box goes first.
    merging : bool
        Whether a box takes the mean of those it suppresses.
    multi_label : bool
        Whether an anchor may give several classes.
    gain : {"matching", "letterbox", "single", "stretch", "width", "height", "largest", \
"exchanged", "none", "inverse"}
        What input px are divided by on the way back.
    offset : {"matching", "letterbox", "exact", "half", "none", "exchanged", "added", \
"unscaled", "doubled", "from_gain"}
        What is subtracted on the way back.
    rescaled : {"no", "gain", "stretch"}
        Whether the result is divided a second time, and by what.
    unit : {"image", "image_fraction", "input_fraction", "times_input"}
        What the coordinates are finally expressed in.
    clip : bool
        Whether boxes are clipped to the image.
    integers : {"no", "rounded", "truncated", "sides_truncated", "sides_rounded"}
        How coordinates become whole numbers.
    corners : {"xyxy", "xywh", "cxcywh", "yxyx"}
        What the four numbers that are handed out are.
    class_ids : {"model", "plus_one", "minus_one", "coco91", "rank", "zero", "table"}
        How classes are numbered.
    class_table : tuple of tuple of int
        For ``table``, pairs of the model's id and the one that is handed out.
    """

    codec: str = "opencv"
    orientation: str = "exif"
    grey: bool = False
    jpeg_quality: int | None = None
    reduction: float = 1.0
    imgsz: tuple[int, int] | None = None
    stride: int | None = None
    fitting: str = "letterbox"
    align: str = "centre"
    side_rounding: str = "round"
    border_rounding: str = "ultralytics"
    border: int = 114
    kernel: str = "linear"
    enlarge: bool = True
    sides_exchanged: bool = False
    colours: str = "rgb"
    scaling: str = "unit"
    axes: str = "chw"
    output_axes: str = "transposed"
    head: str = "v8"
    activation: str = "none"
    box_activation: str = "none"
    box_format: str = "cxcywh"
    conf: float = 0.25
    iou: float = 0.7
    max_det: int = 300
    conf_inclusive: bool = False
    suppression: str = "classwise"
    overlap: str = "iou"
    suppressed_in: str = "input"
    sorted: bool = True
    merging: bool = False
    multi_label: bool = False
    gain: str = "matching"
    offset: str = "matching"
    rescaled: str = "no"
    unit: str = "image"
    clip: bool = True
    integers: str = "no"
    corners: str = "xyxy"
    class_ids: str = "model"
    class_table: tuple[tuple[int, int], ...] = ()


INPUT_FIELDS = (
    "codec",
    "orientation",
    "grey",
    "jpeg_quality",
    "reduction",
    "imgsz",
    "stride",
    "fitting",
    "align",
    "side_rounding",
    "border_rounding",
    "border",
    "kernel",
    "enlarge",
    "sides_exchanged",
    "colours",
    "scaling",
    "axes",
)
"""The choices that the network's input depends on."""

READING_FIELDS = ("codec", "orientation", "grey", "jpeg_quality", "reduction")
"""The choices that the decoded pixels depend on."""

PLACING_FIELDS = (
    "imgsz",
    "stride",
    "fitting",
    "align",
    "side_rounding",
    "border_rounding",
    "enlarge",
)
"""The choices that say where an image lies in the input."""

DECODING_FIELDS = ("output_axes", "head", "activation", "box_activation", "multi_label")
"""The choices that make candidates of a raw output."""

SELECTING_FIELDS = (
    "box_format",
    "conf",
    "iou",
    "max_det",
    "conf_inclusive",
    "suppression",
    "overlap",
    "suppressed_in",
    "sorted",
    "merging",
)
"""The choices that say which candidates survive."""

MAPPING_FIELDS = ("gain", "offset", "rescaled", "unit", "clip", "integers", "corners")
"""The choices that map boxes back into the image."""

CLASS_FIELDS = ("class_ids", "class_table")
"""The choices that number the classes."""


def values(pipeline: Pipeline, fields: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values of some choices: equal values give equal results of their stage."""
    return tuple(getattr(pipeline, field) for field in fields)


def deviations(pipeline: Pipeline, origin: Pipeline = Pipeline()) -> dict[str, object]:
    """Return the choices in which a pipeline differs from another, the correct one by default."""
    return {
        field: getattr(pipeline, field)
        for field in Pipeline.__dataclass_fields__
        if getattr(pipeline, field) != getattr(origin, field)
    }
