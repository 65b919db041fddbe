"""The size that a checkpoint was trained at, read before anything is loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parity.backends.pytorch.transcription.archive import open_archive
from parity.backends.pytorch.transcription.arguments import arguments_of, mapping_of, size_of
from parity.backends.pytorch.transcription.pickle_reader import MalformedError, read_pickle
from parity.errors import UserError
from parity.foreign import is_file
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.stored_metadata import metadata_props


def trained_size(weights: str) -> tuple[int, int]:
    """Return height and width that ``predict`` takes by default for a checkpoint, px.

    Parameters
    ----------
    weights : str
        Path of a ``.pt`` or ``.onnx``, or a published name. What cannot be read has the usual size;
        the rule that loads it says what is wrong with it.
    """
    path = Path(weights)
    return size_of(*_stated(path)) if is_file(path) else size_of()


def _stated(path: Path) -> list[Mapping[Any, Any]]:
    if path.suffix == ".onnx":
        import onnx  # noqa: PLC0415  planning rarely needs it

        from parity.model_files.graph_limits import graph_limit  # noqa: PLC0415  it neither

        try:
            with graph_limit(path, "reading it"):
                model = onnx.load(path, load_external_data=False)
        except Exception:  # protobuf's errors share no base class
            return []
        said = read_metadata(metadata_props(model))
        return [{"imgsz": said.imgsz}]
    try:
        with open_archive(path) as archive:
            checkpoint = mapping_of(read_pickle(archive.pickled()).value)
    except (UserError, MalformedError, OSError):
        return []
    return arguments_of(checkpoint or {})
