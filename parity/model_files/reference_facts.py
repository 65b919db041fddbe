"""What the reference says of itself, read from what its rule wrote."""

from pathlib import Path

from parity.documents import load
from parity.model_files.description import load_checked
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.results import ReferenceFacts
from parity.model_files.stored_metadata import metadata_props


def load_facts(path: str | Path) -> ReferenceFacts:
    """Return what rule ``load_checkpoint`` wrote down, or what the file of rule ``take`` says."""
    if Path(path).suffix != ".onnx":
        return load(path, ReferenceFacts)
    said = read_metadata(metadata_props(load_checked(path)))
    return ReferenceFacts(said.names or {}, said.stride or 0)
