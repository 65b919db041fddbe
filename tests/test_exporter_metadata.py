"""What exporters and other tools write into the metadata of a file."""

from typing import Any

import pytest

from parity.model_files.exporter_metadata import read_metadata


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("names", "{0: 'cat', 1: 'dog'}", {0: "cat", 1: "dog"}),  # Ultralytics
        ("names", "['cat', 'dog']", {0: "cat", 1: "dog"}),  # YOLOv5
        ("names", '{"0": "cat", "1": "dog"}', {0: "cat", 1: "dog"}),  # JSON of a mapping
        ("names", "{'1': 'dog', '0': 'cat'}", {0: "cat", 1: "dog"}),  # its text by Python
        ("names", '{"0": null}', None),
        ("names", '{"1": "cat"}', None),  # counted from 1
        ("names", '{"²": "cat"}', None),
        ("names", "cat,dog", None),
        pytest.param("names", "[" + "0," * 4_000_000 + "]", None, id="4 GB of memory"),
        ("imgsz", "[320, 640]", (320, 640)),
        ("imgsz", "320", (320, 320)),
        ("imgsz", "320x640", None),
        ("stride", "32", 32),
        ("stride", "32.0", 32),
        ("stride", "nan", None),
        ("stride", "1e400", None),
        ("stride", "[8, 16, 32]", None),
    ],
)
def test_metadata_is_read_as_tools_write_it(key: str, text: str, value: Any) -> None:
    found = read_metadata({key: text})
    assert getattr(found, key) == value
    assert (key in found.wrong) == (value is None)
