"""Runtimes with files of their own, where they are installed: they compute the same."""

import importlib.util
import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from shutil import which

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from parity.backends.runtimes.litert import Quantised, read_appended
from parity.backends.runtimes.onnxruntime import PROVIDERS
from parity.backends.runtimes.onnxruntime_web import FOLDER, INSTALL
from parity.backends.runtimes.runtime import RUNTIMES
from parity.backends.runtimes.tensorrt import split_engine
from parity.errors import UserError
from parity.model_files.stored_metadata import metadata_of_json

PACKAGES = {
    "executorch": "executorch",
    "litert": "ai_edge_litert",
    "mnn": "MNN",
    "ncnn": "ncnn",
    "openvino": "openvino",
}
WEIGHTS = np.random.default_rng(3).normal(0, 1, (6, 3, 3, 3)).astype(np.float32)
TENSOR = np.random.default_rng(4).random((1, 3, 32, 32), np.float32)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Return an ONNX file of one convolution."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Conv", ["images", "w"], ["output0"], pads=[1, 1, 1, 1])],
        "convolution",
        [value("images", TensorProto.FLOAT, [1, 3, 32, 32])],
        [value("output0", TensorProto.FLOAT, [1, 6, 32, 32])],
        [numpy_helper.from_array(WEIGHTS, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "plain.onnx")
    return tmp_path / "plain.onnx"


def make_openvino(plain: Path) -> Path:
    import openvino

    openvino.save_model(openvino.convert_model(plain), plain.with_suffix(".xml"), False)
    return plain.with_suffix(".xml")


def make_ncnn(plain: Path) -> Path:
    layers = [
        "7767517",
        "2 2",
        "Input in0 0 1 in0",
        f"Convolution conv 1 1 in0 out0 0=6 1=3 4=1 5=0 6={WEIGHTS.size}",
    ]
    plain.with_suffix(".param").write_text("\n".join(layers) + "\n")
    plain.with_suffix(".bin").write_bytes(struct.pack("<I", 0) + WEIGHTS.tobytes())
    return plain.with_suffix(".param")


def make_mnn(plain: Path) -> Path:
    import _tools
    import MNN  # noqa: F401 - the converter needs its libraries

    made = plain.with_suffix(".mnn")
    said = '{"task": "detect", "names": {"0": "a"}}'
    _tools.mnnconvert(
        ["", "-f", "ONNX", "--modelFile", str(plain), "--MNNModel", str(made), "--bizCode", said]
    )
    return made


def make_litert(_plain: Path) -> Path:
    pytest.skip("a .tflite is made by packages that are no part of LiteRT")


def make_executorch(plain: Path) -> Path:
    import torch
    from executorch.exir import to_edge

    convolution = torch.nn.Conv2d(3, 6, 3, padding=1, bias=False)
    convolution.weight = torch.nn.Parameter(torch.from_numpy(WEIGHTS))
    exported = torch.export.export(convolution.eval(), (torch.from_numpy(TENSOR),))
    plain.with_suffix(".pte").write_bytes(to_edge(exported).to_executorch().buffer)
    return plain.with_suffix(".pte")


MAKERS: dict[str, Callable[[Path], Path]] = {
    "executorch": make_executorch,
    "litert": make_litert,
    "mnn": make_mnn,
    "ncnn": make_ncnn,
    "openvino": make_openvino,
}


def need(runtime: str) -> None:
    if importlib.util.find_spec(PACKAGES[runtime]) is None:
        pytest.skip(f"{runtime} is not installed: pip install -r requirements-{runtime}.txt")


@pytest.mark.parametrize("runtime", MAKERS)
def test_it_computes_what_onnx_runtime_computes(runtime: str, plain: Path) -> None:
    need(runtime)
    session = RUNTIMES[runtime].load(MAKERS[runtime](plain), threads=1, providers=())
    (expected,) = (
        RUNTIMES["onnxruntime"]
        .load(plain, threads=1, providers=("CPUExecutionProvider",))
        .run(TENSOR)
    )
    (output,) = session.run(TENSOR)
    np.testing.assert_allclose(output, expected, atol=2e-5)
    again = session.run(TENSOR / 2)[0]
    np.testing.assert_allclose(
        output, expected, atol=2e-5, err_msg="an output is no view of the next"
    )
    np.testing.assert_allclose(again, expected / 2, atol=2e-5)
    assert session.executed_by.startswith(RUNTIMES[runtime].title)


@pytest.mark.parametrize("runtime", MAKERS)
def test_what_is_no_file_of_it_gets_a_sentence(runtime: str, tmp_path: Path) -> None:
    need(runtime)
    path = tmp_path / f"model{RUNTIMES[runtime].suffix}"
    for content in (b"", b"no model at all", bytes(4096)):
        path.write_bytes(content)
        for companion in RUNTIMES[runtime].companions:
            path.with_suffix(companion).write_bytes(content)
        with pytest.raises(UserError, match=f"{RUNTIMES[runtime].title} cannot load it"):
            RUNTIMES[runtime].load(path, threads=1, providers=())


@pytest.mark.parametrize("runtime", MAKERS)
def test_one_that_is_not_installed_names_its_requirements(runtime: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(PACKAGES[runtime]) is not None:
        pytest.skip(f"{runtime} is installed")
    with pytest.raises(UserError, match=f"pip install -r requirements-{runtime}.txt"):
        RUNTIMES[runtime].load(tmp_path / "model", threads=1, providers=())


def test_mnn_tells_its_metadata(plain: Path) -> None:
    need("mnn")
    session = RUNTIMES["mnn"].load(make_mnn(plain), threads=1, providers=())
    assert session.metadata == {"task": "detect", "names": "{0: 'a'}"}
    assert session.input.shape == (1, 3, 32, 32)


def test_ncnn_that_lost_its_weights_gets_a_sentence(plain: Path) -> None:
    need("ncnn")
    path = make_ncnn(plain)
    path.with_suffix(".bin").write_bytes(b"")
    with pytest.raises(UserError, match=r"plain.bin: NCNN cannot load it; it does not fit plain"):
        RUNTIMES["ncnn"].load(path, threads=1, providers=())


def test_the_web_build_computes_what_onnx_runtime_computes(plain: Path) -> None:
    if which("node") is None or not (FOLDER / "node_modules" / "onnxruntime-web").exists():
        pytest.skip(f"onnxruntime-web is not installed: {INSTALL}")
    tensor = np.repeat(TENSOR, 1, axis=0)
    web = RUNTIMES["onnxruntime-web"].load(plain, threads=1, providers=())
    (expected,) = RUNTIMES["onnxruntime"].load(plain, threads=1, providers=PROVIDERS).run(tensor)
    for factor in (1, 2):
        (output,) = web.run(tensor * factor)
        np.testing.assert_allclose(output, expected * factor, atol=4e-5)
    pinned = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    assert web.versions == pinned
    with pytest.raises(RuntimeError, match=r"[Gg]ot invalid dimensions"):
        web.run(np.zeros((1, 3, 8, 8), np.float32))
    plain.write_bytes(plain.read_bytes().replace(b"Conv", b"Cnov"))
    with pytest.raises(UserError, match=r"plain.onnx: ONNX Runtime Web cannot load it \(.*Cnov"):
        RUNTIMES["onnxruntime-web"].load(plain, threads=1, providers=())


def test_quantised_tensors_are_rounded_clipped_and_given_back() -> None:
    tensor = Quantised(0, np.dtype(np.uint8), 1 / 255, 0)
    np.testing.assert_array_equal(tensor.stored(np.array([0, 0.5, 1, 2])), [0, 128, 255, 255])
    signed = Quantised(0, np.dtype(np.int8), 0.5, -3)
    np.testing.assert_array_equal(signed.stored(np.array([0, 1, -99])), [-3, -1, -128])
    np.testing.assert_array_equal(signed.real(np.array([-3, -1], np.int8)), [0, 1])
    values = np.random.default_rng(5).uniform(-60, 60, 1000)
    assert np.abs(signed.real(signed.stored(values)) - values).max() <= 0.25 + 1e-9


def test_integers_without_a_scale_and_floats_stay_as_they_are() -> None:
    pixels = Quantised(0, np.dtype(np.uint8), 0.0, 0)
    np.testing.assert_array_equal(pixels.stored(np.array([0.4, 254.6])), [0, 255])
    assert Quantised(0, np.dtype(np.float16), 0.0, 0).stored(np.ones(1)).dtype == np.float16
    assert Quantised(0, np.dtype(np.float16), 0.0, 0).real(np.ones(1, np.float16)).dtype == (
        np.float32
    )


def test_what_precedes_an_engine_is_its_metadata() -> None:
    said = b'{"stride": 32, "names": {"0": "a"}}'
    engine = b"ftrt" + bytes(100)
    expected = {"stride": "32", "names": "{0: 'a'}"}
    assert split_engine(len(said).to_bytes(4, "little") + said + engine) == (expected, engine)
    for bare in (engine, b"", b"\x05\x00\x00\x00[not JSON"):
        assert split_engine(bare) == ({}, bare)


def test_what_follows_a_flatbuffer_is_its_metadata(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "m.tflite"
    path.write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(100))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("metadata.json", '{"names": {"0": "a", "1": "b"}, "stride": 32}')
    assert read_appended(path.read_bytes()) == {"names": "{0: 'a', 1: 'b'}", "stride": "32"}
    assert read_appended(b"TFL3") == {}
    whole = path.read_bytes()
    for place in range(len(whole) - 200, len(whole)):
        for bit in (1, 8):
            read_appended(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])


@pytest.mark.parametrize(
    "text", ['{"names": {"' + "9" * 5000 + '": "a"}}', "[" * 100_000, "\xff", "7", '{"a": NaN}']
)
def test_hostile_metadata_is_no_metadata(text: str) -> None:
    assert metadata_of_json(text) == ({"a": "nan"} if "NaN" in text else {})


LAUGHS = "\n".join(
    f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]" if i else "a0: &a0 [x]\na1: &a1 [*a0]"
    for i in range(15)
)


@pytest.mark.parametrize(
    ("text", "words"),
    {
        "names: [a": "not valid YAML at line 1",
        "names: " + "9" * 5000: "not valid YAML at line 1",
        'names: {? "' + "9" * 5000 + '" : a}': "digits",
        LAUGHS: "more than 100,000 values",
        LAUGHS.replace("[", "!!pairs [k: ").replace(", *", ", k: *"): "more than|nested too deeply",
        "a: &a [*a]": "refers to itself",
        "[" * 5000: "nested too deeply",
        "names: !!python/object/apply:os.system [touch harm]": "not valid YAML",
        "a: " + "x" * 1_000_001: "more than 1,000,000 bytes",
        "names: a\nnames: b": "appears twice",
    }.items(),
    ids=range(10),
)
def test_hostile_metadata_beside_a_file(tmp_path: Path, text: str, words: str) -> None:
    from parity.backends.pytorch.packing import metadata_beside

    (tmp_path / "metadata.yaml").write_text(text)
    begun = time.process_time()
    with pytest.raises(UserError, match=words) as caught:
        metadata_beside(tmp_path / "metadata.yaml")
    assert time.process_time() - begun < 5, "seconds"
    assert str(caught.value).endswith("; export the model again.")
    assert not Path("harm").exists()
