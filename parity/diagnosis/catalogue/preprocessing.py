"""The catalogue of faults before the network."""

from parity.diagnosis.catalogue.fault import CHOICE, FAULT, RARE, WAY_BACK, Changes, Fault

ULTRALYTICS = "https://github.com/ultralytics/ultralytics"

_LETTERBOX = """r = min(640 / h, 640 / w)
nh, nw = round(h * r), round(w * r)  # halves to even, as std::nearbyint in C++
top, left = round((640 - nh) / 2 - 0.1), round((640 - nw) / 2 - 0.1)
canvas = np.full((640, 640, 3), 114, np.uint8)
canvas[top:top + nh, left:left + nw] = cv2.resize(image, (nw, nh))"""
_READ = "image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)"
_TENSOR = "x = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255"
_FIT = "Keep the aspect ratio, centre the image and fill the rest with grey 114."


def _reading(  # noqa: PLR0917
    name: str, changes: Changes, wrong: str, mend: str, reference: str = "", cost: float = FAULT
) -> Fault:
    return Fault(name, "reading", changes, wrong, mend, _READ, reference, cost)


def _geometry(  # noqa: PLR0917
    name: str,
    changes: Changes,
    wrong: str,
    mend: str = _FIT,
    reference: str = "",
    cost: float = FAULT,
) -> Fault:
    changed = {field for field, _ in changes}
    own_way_back = changed & {"fitting", "align"} and not changed & {"gain", "offset"}
    code = f"{_LETTERBOX}\n\n# and back, in place of your own way:\n{WAY_BACK}"
    code = code if own_way_back else _LETTERBOX
    return Fault(name, "geometry", changes, wrong, mend, code, reference, cost)


def _tensor(  # noqa: PLR0917
    name: str, changes: Changes, wrong: str, mend: str, reference: str = "", cost: float = FAULT
) -> Fault:
    return Fault(name, "tensor", changes, wrong, mend, _TENSOR, reference, cost)


READING = [
    _reading(
        "exif_ignored",
        (("orientation", "stored"),),
        "The camera's orientation (EXIF) is not applied, so some photographs enter turned.",
        "Read with OpenCV, or call ImageOps.exif_transpose after Image.open.",
        f"{ULTRALYTICS}/pull/23631",
    ),
    _reading(
        "grey",
        (("grey", True),),
        "The image is reduced to grey before detection.",
        "Keep the three colour planes.",
    ),
    *(
        _reading(
            f"jpeg_{quality}",
            (("jpeg_quality", quality),),
            f"The image is encoded as JPEG again (quality {quality}) before detection.",
            "Hand over the original file or its decoded pixels.",
            cost=RARE,
        )
        for quality in (95, 90, 75, 50)
    ),
    *(
        _reading(
            f"reduced_{factor:g}",
            (("reduction", factor),),
            f"The image is made smaller (to {factor:g} of its sides) and larger again on its way.",
            "Hand over the image in its own size.",
            cost=RARE,
        )
        for factor in (0.5, 0.25)
    ),
]

GEOMETRY = [
    _geometry(
        "stretched",
        (("fitting", "stretch"),),
        "The image is stretched to the input without keeping its aspect ratio, and back again.",
        reference="https://github.com/ibaiGorordo/ONNX-YOLOv8-Object-Detection/issues/8",
    ),
    _geometry(
        "stretched_letterbox_back",
        (("fitting", "stretch"), ("gain", "letterbox"), ("offset", "letterbox")),
        "The image is stretched to the input, but boxes are mapped back as if it was letterboxed.",
        "Letterbox the image, so that the way back is right.",
    ),
    _geometry(
        "top_left",
        (("align", "top_left"),),
        "The image lies in the corner of the input, with the border right and below only.",
    ),
    _geometry(
        "top_left_centred_back",
        (("align", "top_left"), ("offset", "letterbox")),
        "The image lies in the corner of the input, but boxes are mapped back as if centred.",
    ),
    _geometry(
        "padded_first_black",
        (("fitting", "pad_first"), ("border", 0)),
        "The image is padded with black to a square, at its right or below, before resizing.",
        reference=f"{ULTRALYTICS}/issues/16562",
    ),
    _geometry(
        "padded_first",
        (("fitting", "pad_first"),),
        "The image is padded to a square, at its right or below, before resizing.",
    ),
    _geometry(
        "cropped",
        (("fitting", "crop"),),
        "Only the middle square of the image is used.",
        cost=RARE,
    ),
    _geometry(
        "not_enlarged",
        (("enlarge", False),),
        "Images smaller than the input are not enlarged (scaleup=False).",
    ),
    _geometry(
        "sides_exchanged",
        (("sides_exchanged", True),),
        "Height and width are exchanged when resizing.",
        "cv2.resize takes (width, height), an array's shape is (height, width).",
    ),
    *(
        _geometry(
            f"side_{rounding}",
            (("side_rounding", rounding),),
            f"The sides of the resized image are rounded by {rounding}, not to the nearest px.",
            "Round the resized sides to the nearest whole px.",
        )
        for rounding in ("floor", "ceil")
    ),
    *(
        _geometry(
            f"border_{rounding}",
            (("border_rounding", rounding),),
            f"Half of the border is rounded by {rounding}, so the image lies 1 px off.",
            "Round half the border as round(border / 2 - 0.1).",
            cost=RARE,
        )
        for rounding in ("floor", "ceil")
    ),
    *(
        _geometry(
            f"border_grey_{level}",
            (("border", level),),
            f"The border has the grey level {level} instead of 114.",
            "Fill the border with 114.",
            cost=FAULT if level == 0 else FAULT + 0.5,
        )
        for level in (0, 128, 255, 144, 127, 100)
    ),
    *(
        _geometry(
            f"kernel_{kernel}",
            (("kernel", kernel),),
            f"The image is resized with {words} instead of OpenCV's INTER_LINEAR.",
            "Resize with cv2.INTER_LINEAR.",
            cost=FAULT,
        )
        for kernel, words in (
            ("pillow_bilinear", "Pillow's BILINEAR, which smooths when it reduces,"),
            ("pillow_bicubic", "Pillow's BICUBIC, its default,"),
            ("cubic", "INTER_CUBIC"),
            ("area", "INTER_AREA"),
            ("nearest", "INTER_NEAREST"),
            ("lanczos", "INTER_LANCZOS4"),
            ("pillow_lanczos", "Pillow's LANCZOS"),
            ("pillow_nearest", "Pillow's NEAREST"),
            ("linear_float", "a linear kernel on floats"),
        )
    ),
]

RECTANGLE = _geometry(
    "minimal_rectangle",
    (("stride", 32),),
    "The image is fitted into a minimal rectangle instead of the whole square.",
    "Use the square that the model was exported for, or declare the geometry rect.",
    f"{ULTRALYTICS}/issues/14285",
    cost=CHOICE,
)
SQUARE = _geometry(
    "whole_square",
    (("stride", None),),
    "The image is fitted into the whole square instead of a minimal rectangle.",
    "Declare the geometry square, or cut the border to a multiple of the stride.",
    f"{ULTRALYTICS}/issues/14285",
    cost=CHOICE,
)

TENSOR = [
    _tensor(
        "bgr",
        (("colours", "bgr"),),
        "The colours enter as blue, green, red.",
        "Turn OpenCV's BGR into RGB exactly once.",
        f"{ULTRALYTICS}/issues/10289",
    ),
    _tensor(
        "not_divided",
        (("scaling", "none"),),
        "The pixels are not divided by 255.",
        "Divide by 255 once.",
    ),
    _tensor(
        "divided_twice",
        (("scaling", "twice"),),
        "The pixels are divided by 255 twice.",
        "Divide by 255 once.",
    ),
    _tensor(
        "divided_by_256",
        (("scaling", "by_256"),),
        "The pixels are divided by 256.",
        "Divide by 255.",
        cost=RARE,
    ),
    _tensor(
        "imagenet",
        (("scaling", "imagenet"),),
        "ImageNet's mean and deviation are applied.",
        "Divide by 255 and do no more.",
    ),
    _tensor(
        "imagenet_mean",
        (("scaling", "imagenet_mean"),),
        "ImageNet's mean is subtracted.",
        "Divide by 255 and do no more.",
        cost=RARE,
    ),
    _tensor(
        "symmetric",
        (("scaling", "symmetric"),),
        "The pixels are scaled to [-1, 1].",
        "Scale them to [0, 1]: divide by 255 and do no more.",
    ),
    _tensor(
        "hwc_reshaped",
        (("axes", "hwc"),),
        "The pixels are reshaped, not transposed, to planes.",
        "Transpose (2, 0, 1); a reshape mixes rows, columns and colours.",
    ),
    _tensor(
        "axes_exchanged",
        (("axes", "cwh"),),
        "x and y are exchanged in the tensor: planes are (width, height).",
        "Transpose (2, 0, 1), not (2, 1, 0).",
    ),
]

BEFORE = [*READING, *GEOMETRY, *TENSOR]
