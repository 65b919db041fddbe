"""Static quantisation of a float export to int8, with ONNX Runtime's own tools.

Weights become int8, one scale per output channel; activations become uint8, one scale per tensor,
its range taken from images. Three decisions keep a detector working. The tail of the head joins
boxes of hundreds of pixels and scores below one in a single tensor; it stays in floating point,
since under a common scale every score would round to 0. So do the last convolutions before it,
whose outputs are the logits of scores and the bins of box sides. And the ranges are percentiles of
the observed values, since a single outlier would cost all other values their resolution.
"""

import logging
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime import quantization
from onnxruntime.quantization.calibrate import create_calibrator, save_tensors_data
from onnxruntime.quantization.shape_inference import quant_pre_process

from parity.backends.onnx_network import OnnxNetwork
from parity.data.batch_files import BatchImage, check_unchanged
from parity.errors import UnreadableImageError, UserError
from parity.files import atomic
from parity.model_files.description import load_checked
from parity.model_files.results import Quantisation

log = logging.getLogger(__name__)

WEIGHTED = frozenset(["Conv", "Gemm", "MatMul"])
"""Operators that have weights."""

PERCENTILE = 99.999
"""Percentile of the observed values that the range of an activation covers, the default of ONNX
Runtime's calibrator."""


def tail_of(model: onnx.ModelProto) -> list[str]:
    """Return the nodes that turn the last convolutions' outputs into boxes and scores.

    They are found from the outputs backwards: everything up to and including the first weighted
    operator on each way. The convolution that takes the mean of a distribution over bins has
    one output channel, and the search goes through it. Anchors are computed from shapes alone,
    so shapes are not followed.

    Parameters
    ----------
    model : onnx.ModelProto
        A float model of a detector.

    Returns
    -------
    list of str
        Names of nodes, in the order of the graph.
    """
    makers = {name: node for node in model.graph.node for name in node.output}
    channels = {t.name: t.dims[0] for t in model.graph.initializer if t.dims}
    queue = [value.name for value in model.graph.output]
    found: set[str] = set()
    while queue:
        node = makers.get(queue.pop())
        if node is None or node.name in found or node.op_type == "Shape":
            continue
        found.add(node.name)
        weights = [channels[name] for name in node.input[1:] if name in channels]
        if node.op_type not in WEIGHTED or (weights and weights[0] == 1):
            queue += node.input
    return [node.name for node in model.graph.node if node.name in found]


def chosen_nodes(model: onnx.ModelProto, patterns: list[str]) -> list[str]:
    """Return the names of the nodes that any of some patterns such as ``/model.2/*`` fits.

    Raises
    ------
    UserError
        If a pattern fits no node.
    """
    names = [node.name for node in model.graph.node]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UserError(f"keep_fp32 names {pattern!r}, but the model has no such node.")
    return [name for name in names if any(fnmatchcase(name, p) for p in patterns)]


class CalibrationReader:
    """The inputs of some images, one by one, as ONNX Runtime's calibrator reads them."""

    def __init__(self, tensors: Iterator[dict[str, np.ndarray]]) -> None:
        """Take the inputs by name of input."""
        self.tensors = tensors

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next input, or None after the last."""
        return next(self.tensors, None)


def calibration_inputs(
    network: OnnxNetwork, images: list[BatchImage]
) -> Iterator[dict[str, np.ndarray]]:
    """Yield the inputs of the network for each image that can be read."""
    for image in images:
        check_unchanged(image)
        try:
            pixels = network.read(Path(image.path))
        except UnreadableImageError as error:
            log.warning(
                "%s cannot be read and is left out of the calibration: %s", image.name, error
            )
            continue
        yield {network.session.input.name: network.preprocess(pixels)}


def calibrate(
    prepared: Path, network: OnnxNetwork, images: list[BatchImage], *, threads: int
) -> tuple[Any, int]:
    """Return the range of every tensor over some images, and how many could be read.

    The images are taken one at a time, so that memory does not grow with their number.

    Parameters
    ----------
    prepared : Path
        The model to be quantised, beside which temporary files may lie.
    network : OnnxNetwork
        What it was made from, for reading images.
    images : list of BatchImage
        What to run.
    threads : int
        Threads that an inference may use.

    Raises
    ------
    UserError
        If no image can be read.
    """
    calibrator = create_calibrator(
        prepared,
        augmented_model_path=str(prepared.with_suffix(".augmented.onnx")),
        calibrate_method=quantization.CalibrationMethod.Percentile,
        extra_options={"percentile": PERCENTILE, "symmetric": False},
    )
    options = onnxruntime.SessionOptions()  # the calibrator's own session takes every core
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    calibrator.infer_session = onnxruntime.InferenceSession(
        calibrator.augmented_model_path, options, providers=["CPUExecutionProvider"]
    )
    read = 0
    for tensors in calibration_inputs(network, images):
        calibrator.collect_data(CalibrationReader(iter([tensors])))
        read += 1
    if not read:
        raise UserError(
            "none of the images that should calibrate the int8 export can be read; check the "
            "folder of images."
        )
    return calibrator.compute_data(), read


def quantise(
    source: str | Path,
    destination: str | Path,
    images: list[BatchImage],
    *,
    keep_fp32: list[str],
    threads: int,
) -> Quantisation:
    """Write an int8 model made from a float one.

    Parameters
    ----------
    source, destination : str or Path
        The float model and the model to write.
    images : list of BatchImage
        Images that the ranges of the activations are taken from.
    keep_fp32 : list of str
        Patterns of nodes that stay in floating point beside the tail of the head.
    threads : int
        Threads that an inference may use.
    """
    original = load_checked(source)
    network = OnnxNetwork.load(source, threads=threads)
    with tempfile.TemporaryDirectory() as folder:
        prepared, ranges = Path(folder, "prepared.onnx"), Path(folder, "ranges.json")
        quant_pre_process(
            source, prepared, skip_symbolic_shape=True, skip_optimization=True
        )  # ONNX Runtime's optimiser would rename nodes and write for one processor only
        model = onnx.load(prepared)
        kept = [*tail_of(model), *chosen_nodes(model, keep_fp32)]
        data, read = calibrate(prepared, network, images, threads=threads)
        save_tensors_data(data, ranges)
        quantised = Path(folder, "quantised.onnx")
        quantization.quantize_static(
            prepared,
            quantised,
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=kept,
            calibrate_method=quantization.CalibrationMethod.Percentile,
            calibration_cache_path=ranges,
        )
        result = onnx.load(quantised)
    del result.metadata_props[:]
    result.metadata_props.extend(original.metadata_props)
    with atomic(destination) as temporary:
        onnx.save(result, temporary)
    return Quantisation(images=read, fp32_nodes=list(dict.fromkeys(kept)))
