"""What the configuration says of exports: how each is made, and what it is held against."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parity.errors import UserError
from parity.planning.checks import checked
from parity.planning.config import Config
from parity.planning.exports import all_options, counterpart_name, description_file, model_file
from parity.planning.plan import Plan
from parity.planning.schema import complete


def config(exports: dict[str, Any], **more: Any) -> Config:
    return checked(complete({"models": {"m": {"weights": "m.pt"}}, "exports": exports, **more}))


def plan(exports: dict[str, Any], **more: Any) -> Plan:
    return Plan(config(exports, **more), arms={}, comparisons={}, batches=[], note="")


@pytest.fixture
def given(tmp_path: Path) -> str:
    """Return an ONNX file that exists."""
    (tmp_path / "given.onnx").write_bytes(b"")
    return str(tmp_path / "given.onnx")


def test_an_int8_export_is_made_of_a_float_one() -> None:
    asked = {"int8": {"quantize": 8, "keep_fp32": ["/a/*"]}}
    made = config(asked)
    assert [(name, each.quantize) for name, each in all_options(made).items()] == [
        ("_fp32-for-int8", 32)
    ]
    assert plan(asked).quantised == {"int8": {"keep_fp32": ["/a/*"]}}
    assert model_file(made, "m", "int8") == "results/quantise/m/int8.onnx"
    assert description_file(made, "m", "int8") == "results/quantise/m/int8.json"
    assert plan(asked).wanted(SimpleNamespace(model="m", export="int8"))["quantize"] == 8
    assert counterpart_name(made, "int8") == "_fp32-for-int8"
    assert [*all_options(config({"fp32": {}, **asked}))] == ["fp32"], "an export serves both"


@pytest.mark.parametrize(
    ("others", "export", "expected", "reason"),
    [
        ({}, {"quantize": 16}, "_fp32-for-it", "nothing like it, so one is made"),
        ({"fp32": {}}, {"quantize": 16}, "fp32", "there is one like it"),
        ({"old": {"opset": 12}}, {"quantize": 16}, "_fp32-for-it", "another operator set"),
        ({"int8": {"quantize": 8}}, {"quantize": 16}, "_fp32-for-it", "an int8 one is not fp32"),
        ({"fp32": {}}, {"quantize": 8}, "fp32", "it is made of that one"),
        ({"fp32": {}}, {}, "it", "it is fp32 itself"),
    ],
)
def test_what_an_export_is_compared_with(
    others: dict, export: dict, expected: str, reason: str
) -> None:
    made = config({**others, "it": export})
    assert counterpart_name(made, "it") == expected, reason
    options = all_options(made)[expected]
    assert (options.quantize, options.onnx) == (32, "")


def test_a_given_file_is_compared_with_what_the_checkpoint_gives(given: str) -> None:
    asked = {"theirs": {"onnx": given, "quantize": 8}}
    made = config(asked)
    assert counterpart_name(made, "theirs") == "_fp32-for-theirs"
    assert plan(asked).quantised == {}, "a given file is used as it is"
    assert model_file(made, "m", "theirs") == "results/export/m/theirs.onnx"
    assert plan(asked).wanted(SimpleNamespace(model="m", export="theirs"))["given"]


def test_layers_are_looked_into_where_an_export_may_drift(given: str) -> None:
    exports = {"fp32": {}, "half": {"quantize": 16}, "theirs": {"onnx": given}}
    assert {name: each["stored_as"] for name, each in plan(exports).suspects.items()} == {
        "half": "float16",
        "theirs": "float",
    }
    assert plan(exports, layers={"images": 0}).suspects == {}


@pytest.mark.parametrize(
    ("export", "sentence"),
    [
        ({"onnx": "nowhere.onnx"}, "nowhere.onnx, which does not exist"),
        ({"keep_fp32": ["/a/*"]}, "keep_fp32 has no meaning here"),
        ({"quantize": 16, "keep_fp32": ["/a/*"]}, "keep_fp32 has no meaning here"),
        ({"quantize": 4}, "exports.it.quantize is 4"),
    ],
)
def test_what_makes_no_sense_is_refused(export: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        config({"it": export})
