"""Faults of turning pixels into the input tensor: colour order, scaling and axes."""

from functools import partial

from parity.diagnosis.catalogue.fault import RARE_COST, add_fault

DIVIDE_ONCE = "Divide pixel values by 255 once."
DIVIDE_ONLY = "Divide pixel values by 255 and do nothing else."

fault = partial(add_fault, stage="input_tensor", subjects=("input_tensor",))

fault(
    "bgr",
    title="Colours swapped (BGR instead of RGB)",
    changes={"colours": "bgr"},
    wrong="The colour channels reach the network as BGR instead of RGB.",
    fix="Feed RGB: convert BGR, in which OpenCV reads images, to RGB exactly once.",
    reference="https://github.com/ultralytics/ultralytics/issues/10289",
)
fault(
    "not_divided",
    title="Pixels not divided by 255",
    changes={"scaling": "none"},
    wrong="Pixel values reach the network as 0 to 255 instead of 0 to 1.",
    fix=DIVIDE_ONCE,
)
fault(
    "divided_twice",
    title="Pixels divided by 255 twice",
    changes={"scaling": "twice"},
    wrong="Pixel values are divided by 255 twice, so the input is almost black.",
    fix=DIVIDE_ONCE,
)
fault(
    "divided_by_256",
    title="Pixels divided by 256 instead of 255",
    changes={"scaling": "by_256"},
    wrong="Pixel values are divided by 256 instead of 255.",
    fix="Divide pixel values by 255.",
    cost=RARE_COST,
)
fault(
    "imagenet",
    title="ImageNet normalisation applied",
    changes={"scaling": "imagenet"},
    wrong="Pixel values are normalised with ImageNet's mean and standard deviation.",
    fix=DIVIDE_ONLY,
)
fault(
    "imagenet_mean",
    title="ImageNet mean subtracted",
    changes={"scaling": "imagenet_mean"},
    wrong="ImageNet's mean is subtracted from the pixel values.",
    fix=DIVIDE_ONLY,
    cost=RARE_COST,
)
fault(
    "symmetric",
    title="Pixels scaled to [-1, 1] instead of [0, 1]",
    changes={"scaling": "symmetric"},
    wrong="Pixel values are scaled to [-1, 1] instead of [0, 1].",
    fix=DIVIDE_ONLY,
)
fault(
    "symmetric_128",
    title="Pixels scaled by (x - 127.5) / 128",
    changes={"scaling": "symmetric_128"},
    wrong="Pixel values are scaled to about [-1, 1], by (x - 127.5) / 128, instead of [0, 1].",
    fix=DIVIDE_ONLY,
    cost=RARE_COST,
)
fault(
    "caffe_mean",
    title="Mean of Caffe's networks subtracted, not divided by 255",
    changes={"scaling": "caffe"},
    wrong="The mean levels (104, 117, 123) are subtracted, and pixels are not divided by 255.",
    fix=DIVIDE_ONLY,
    cost=RARE_COST,
)
fault(
    "caffe_mean_divided",
    title="Mean of Caffe's networks subtracted",
    changes={"scaling": "caffe_unit"},
    wrong="The mean levels (104, 117, 123) are subtracted before pixels are divided by 255.",
    fix=DIVIDE_ONLY,
    cost=RARE_COST,
)
fault(
    "bytes_signed",
    title="Pixels from 128 on read as negative (signed bytes)",
    changes={"scaling": "signed"},
    wrong=(
        "Bytes of 128 and more are read as negative numbers, so bright pixels reach the network as "
        "-128 to -1, divided by 255."
    ),
    fix="Make each byte a number from 0 to 255 before dividing; in Java, `value & 0xFF`.",
    cost=RARE_COST,
)
fault(
    "hwc_reshaped",
    title="Image reshaped instead of transposed to CHW",
    changes={"axes": "hwc"},
    wrong=(
        "The HWC image is reshaped instead of transposed to CHW, which scrambles rows, columns and "
        "colours."
    ),
    fix="Transpose the image to channels, height, width; a reshape does not swap axes.",
)
fault(
    "axes_exchanged",
    title="Width and height swapped in the input tensor (CWH)",
    changes={"axes": "cwh"},
    wrong=(
        "The axes of the input tensor are channels, width, height instead of channels, height, "
        "width."
    ),
    fix="Order the axes as channels, height, width.",
)
