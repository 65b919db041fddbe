"""Packing the files of a runtime's own: what they lack, and where they deviate, by running them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from parity.backends.bundle_session import Conventions
from parity.backends.measured_readings import (
    ALIKE,
    CLEAR,
    READINGS,
    likeliest,
    ways_to_feed,
)
from parity.backends.onnx_metadata import check_extent
from parity.backends.onnx_network import run_session
from parity.backends.probing import THREADS, probes
from parity.backends.pytorch.fused_weights import fused_weights
from parity.backends.pytorch.loading import load_model
from parity.backends.pytorch.network import PytorchNetwork
from parity.backends.runtime_files import runtime_of
from parity.backends.runtimes.onnxruntime import PROVIDERS
from parity.backends.runtimes.runtime import RUNTIMES, Session
from parity.errors import UserError, in_one_line
from parity.foreign import read_text
from parity.foreign_yaml import LARGEST_BYTES, parse_yaml, values_in
from parity.model_files.arranging import arrangement_of
from parity.model_files.bundle import BundleManifest, write_bundle
from parity.model_files.cells import cell_count
from parity.model_files.completing import complete_metadata
from parity.model_files.families.family import FAMILIES, ULTRALYTICS
from parity.model_files.graph_limits import graph_limit
from parity.model_files.results import TensorDescription
from parity.model_files.stored_metadata import metadata_of, metadata_props
from parity.tasks.task import Outputs

METADATA = "metadata.yaml"
"""What Ultralytics' exporter writes beside files that cannot hold metadata."""
COMPARED = 100
"""Boxes of a raw output that are compared, those that score highest; chosen."""
BOX = 4


def pack_files(
    files: Sequence[Path],
    destination: str | Path,
    checkpoint: str | Path,
    options: Mapping[str, Any],
) -> None:
    """Write a bundle of files, with their metadata and their conventions.

    Parameters
    ----------
    files : sequence of Path
        The file that the runtime loads first.
    destination : str or Path
        The bundle to write.
    checkpoint : str or Path
        What they were exported from; a ``.pt`` that is trusted.
    options : mapping
        ``imgsz``, and ``metadata`` that is given for the files.

    Raises
    ------
    UserError
        If the runtime is not installed or cannot run them, or they take no image.
    """
    path = files[0]
    runtime = runtime_of(path)
    with graph_limit(path, "loading it"):
        session = RUNTIMES[runtime].load(path, threads=THREADS, providers=PROVIDERS)
    batch, (height, width), names = input_of(session, options["imgsz"], path)
    network = PytorchNetwork.load(
        checkpoint, imgsz=(height, width), rect=False, threads=THREADS, device="cpu"
    )
    if network.family != ULTRALYTICS:
        models = FAMILIES[network.family].models
        raise UserError(f"{path} is no ONNX file; only those of {models} are compared.")
    metadata = metadata_for(path, session, network, (height, width), options["metadata"])
    images = [network.preprocess(image) for image in probes(height, width)]
    truth = [network.forward(image) for image in images]
    tensors = [np.concatenate([image.numpy()] * batch) for image in images]

    def run(fed: np.ndarray) -> list[np.ndarray]:
        return run_session(session, fed, path)

    found = measured_conventions(run, tensors, truth, names, network)
    returned = found.read(run(found.fed(tensors[0])))
    box_px, score = raw_differences([output[0] for output in returned], truth[0], network)
    manifest = BundleManifest(
        runtime=runtime,
        file=f"model{path.suffix}",
        inputs=[TensorDescription(session.input.name, [batch, 3, height, width], "float")],
        outputs=[
            TensorDescription(f"output{i}", list(output.shape), "float")
            for i, output in enumerate(returned)
        ],
        deviations=list(found.deviations),
        metadata=metadata,
        weights=sum(each.size for each in fused_weights(load_model(checkpoint).model).values()),
        box_px=box_px,
        score=score,
    )
    write_bundle(destination, files, manifest)


def input_of(
    session: Session, imgsz: tuple[int, int], path: Path
) -> tuple[int, tuple[int, int], tuple[str, ...]]:
    """Return batch size, height and width of an input, and how it deviates by its shape.

    Where the file states no shape, the configuration decides.

    Raises
    ------
    UserError
        If it is no image, or larger than an image may be.
    """
    shape = session.input.shape
    if len(shape) != 4 or 3 not in (shape[1], shape[3]):
        raise UserError(
            f"{path} takes {list(shape)}; expected [batch, 3, height, width] or [batch, height, "
            "width, 3]."
        )
    names = () if shape[1] == 3 else ("nhwc",)
    height, width = shape[1:3] if names else shape[2:4]
    size = tuple(
        side if isinstance(side, int) else asked
        for side, asked in zip((height, width), imgsz, strict=True)
    )
    batch = shape[0] if isinstance(shape[0], int) else 1
    check_extent(session.input, batch, size, path)
    return batch, (size[0], size[1]), names


def metadata_for(
    path: Path,
    session: Session,
    network: PytorchNetwork,
    imgsz: tuple[int, int],
    given: Mapping[str, Any],
) -> dict[str, str]:
    """Return the metadata in a file or beside it, completed by the checkpoint.

    Raises
    ------
    UserError
        If the file beside it is no metadata.
    """
    beside = path.with_name(METADATA)
    stored = dict(session.metadata)
    if beside.is_file():
        stored |= metadata_beside(beside)
    carrier = onnx.ModelProto()  # what completes metadata does so in a model
    for key, value in stored.items():
        carrier.metadata_props.add(key=key, value=value)
    complete_metadata(carrier, network, imgsz, given)
    return metadata_props(carrier)


def metadata_beside(path: Path) -> dict[str, str]:
    """Return the metadata of the YAML file that Ultralytics' exporter writes beside a model.

    Raises
    ------
    UserError
        If it is no such file.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UserError(f"{path} has more than {LARGEST_BYTES:,} bytes")
        said = parse_yaml(read_text(path), path)
        for _ in values_in(said, str(path)):
            pass
        return metadata_of(said)
    except UserError as error:
        raise UserError(f"{str(error).removesuffix('.')}; export the model again.") from None
    except ValueError as error:
        raise UserError(f"{path}: {in_one_line(error)}; export the model again.") from None


def measured_conventions(
    run: Callable[[np.ndarray], list[np.ndarray]],
    tensors: Sequence[np.ndarray],
    truth: Sequence[Outputs],
    names: tuple[str, ...],
    network: PytorchNetwork,
) -> Conventions:
    """Return how a file's tensors differ, as far as running it beside the checkpoint shows clearly.

    Parameters
    ----------
    run : callable
        Returns the outputs of the file for an input.
    tensors : sequence of (batch, 3, H, W) float32
        Inputs.
    truth : sequence of outputs
        What the checkpoint returns for each.
    names : tuple of str
        How its input deviates by its shape.
    network : PytorchNetwork
        The checkpoint.
    """
    _, _, height, width = tensors[0].shape
    raw = network.task.has_boxes and not network.head.finished
    classes, rows = len(network.names), len(truth[0][0]) if raw else 0
    known = (height, width, classes, rows, network.head.keypoint_shape)
    returned = run(Conventions(names, *known).fed(tensors[0]))
    plain = Conventions((*names, *_layout(returned, truth[0])), *known)
    if not raw:
        return _of_numbers(run, tensors, truth, names, plain)
    arranged = arrangement_of(
        [output.shape for output in returned], rows, cell_count((height, width))
    )
    before = tuple(name for name in (arranged, *plain.deviations) if name and name not in names)

    def first_of(taken: tuple[str, ...], tensor: np.ndarray) -> np.ndarray:
        feeding = Conventions(taken, *known)
        return feeding.read(run(feeding.fed(tensor)))[0][:1]

    measured = likeliest(first_of, names, tensors, truth, classes=classes, readings=READINGS)
    return replace(plain, deviations=(*before, *measured.deviations))


def _of_numbers(
    run: Callable[[np.ndarray], list[np.ndarray]],
    tensors: Sequence[np.ndarray],
    truth: Sequence[Outputs],
    names: tuple[str, ...],
    plain: Conventions,
) -> Conventions:
    """Return how a file's input differs, where its output is no raw boxes."""
    distances = {}
    for taken in ways_to_feed(names):
        found = replace(plain, deviations=taken)
        distances[taken] = max(
            _off(found.read(run(found.fed(tensor)))[0][0], true[0], max(tensor.shape[2:]))
            for tensor, true in zip(tensors, truth, strict=True)
        )
    best = min(distances, key=lambda key: distances[key])
    clear = distances[best] <= min(ALIKE, CLEAR * distances[names])
    return replace(plain, deviations=best if clear else names)


def _layout(returned: Sequence[np.ndarray], true: Outputs) -> tuple[str, ...]:
    """Return how mask prototypes are laid out, which their shape shows."""
    maps = [output for output in returned if output.ndim == 4]
    moved = len(true) > 1 and maps and maps[0].shape[1] != true[1].shape[0]
    return ("prototypes",) if moved else ()


def _off(mine: np.ndarray, true: np.ndarray, side: int) -> float:
    """Return how far scores of classes, or boxes in sides of the input, are from others."""
    if mine.shape != true.shape:
        return np.inf
    return float(np.sqrt(np.mean((mine - true) ** 2))) / (side if mine.ndim > 1 else 1)


def raw_differences(
    mine: Sequence[np.ndarray], true: Outputs, network: PytorchNetwork
) -> tuple[float | None, float | None]:
    """Return the median differences of boxes, px, and of scores, where the latter are highest.

    The median, since a single box in which rounding makes another class win says little. Of a box,
    the largest difference of a coordinate counts, and of all its scores.
    """
    ours, theirs = mine[0], true[0]
    if ours.shape != theirs.shape:
        return None, None
    if not network.task.has_boxes:
        return None, float(np.abs(ours - theirs).max())
    if network.head.finished:  # rows of finished boxes, which may come in another order
        return None, None
    end = BOX + len(network.names)
    best = np.argsort(theirs[BOX:end].max(axis=0))[-COMPARED:]
    apart = np.abs(ours - theirs)[:, best]
    boxes, scores = apart[:BOX].max(axis=0), apart[BOX:end].max(axis=0)
    return float(np.median(boxes)), float(np.median(scores))
