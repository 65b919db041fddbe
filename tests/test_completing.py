"""Metadata that a file lacks or has wrong is completed, and the file says from where."""

from types import SimpleNamespace

import onnx
import pytest

from parity.detection.head import NetworkHead
from parity.model_files.completing import COMPLETED, complete_metadata
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.inspection import of_metadata
from tests.test_hostile_graphs import METADATA, detector

NETWORK = SimpleNamespace(names={0: "cat", 1: "dog"}, head=NetworkHead(), stride=8)


def completed(metadata: dict[str, str], **given: object) -> dict[str, str]:
    model = detector(metadata)
    complete_metadata(model, NETWORK, (64, 64), given)
    return {entry.key: entry.value for entry in model.metadata_props}


@pytest.mark.parametrize(
    ("changes", "given", "said"),
    [
        ({}, {}, []),
        (
            {"stride": "x"},
            {},
            ["Its metadata lacks stride or has it wrong; it was taken from the checkpoint."],
        ),
        (
            {"stride": "x", "imgsz": "x", "names": "x"},
            {},
            [
                (
                    "Its metadata lacks imgsz, names and stride or has some of them wrong; they "
                    "were taken from the checkpoint."
                )
            ],
        ),
        (
            {},
            {"stride": 16, "task": None},
            [
                (
                    "stride was taken from the configuration instead of the file's metadata; a "
                    "deployment that reads the file gets something else."
                )
            ],
        ),
        (
            {"args": "x"},
            {},
            ["Its metadata lacks args or has it wrong; it was taken from the graph."],
        ),
    ],
)
def test_what_was_completed_is_said(
    changes: dict[str, str], given: dict[str, object], said: list[str]
) -> None:
    metadata = completed(METADATA | changes, **given)
    assert [finding.sentence for finding in of_metadata(metadata)] == said
    assert (COMPLETED in metadata) == bool(said)
    assert read_metadata(metadata).wrong == {}


def test_suppression_in_the_graph_is_added_to_the_arguments() -> None:
    model = detector(METADATA | {"args": "{'half': True}"})
    model.graph.node.append(
        onnx.helper.make_node("NonMaxSuppression", ["output0", "output0"], ["kept"])
    )
    complete_metadata(model, NETWORK, (64, 64), {})
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert read_metadata(metadata).arguments == {"half": True, "nms": True}
    assert metadata[COMPLETED] == "args:graph"
