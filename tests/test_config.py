"""Configuration: defaults, and for every mistake the sentence that says how to fix it."""

import dataclasses
import os
import subprocess
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from parity.backends.runtimes.runtime import RUNTIMES
from parity.comparison.threshold_grid import Steps
from parity.errors import UserError
from parity.planning.checked_run import check_named_files
from parity.planning.checks import checked
from parity.planning.config import Config
from parity.planning.config_file import check_config_file
from parity.planning.schema import LISTED_NAMES, REGISTRIES, complete, load_schemas
from tests.conftest import ROOT

TOLERANCES = {
    "missing": 0,
    "extra": 0,
    "box_px": 0.01,
    "score": 1e-4,
    "mask": 0.01,
    "keypoint_px": 0.01,
    "visibility": 1e-4,
}

MODEL = {"models": {"a": {"weights": "a.pt"}}}


def completed(text: str) -> dict[str, Any]:
    """Complete a configuration of one model and the keys of a YAML text."""
    return complete(MODEL | (yaml.safe_load(text) or {}))


DEFAULTS = [
    ("images", "images"),
    ("thresholds", {"conf": 0.25, "iou": 0.45, "max_det": 300}),
    ("candidates", {"floor": 0.01}),
    ("matching", {"iou": 0.5}),
    ("tolerances", TOLERANCES),
    ("gate", []),
    ("annotate", 200),
    ("device", "cpu"),
]


@pytest.mark.parametrize(("key", "value"), DEFAULTS)
def test_defaults(key: str, value: object) -> None:
    assert completed("")[key] == value
    assert completed(f"{key}:")[key] == value, "a key with nothing behind it is as good as none"


def test_the_default_export_is_a_plain_fp32() -> None:
    (export,) = completed("")["exports"].items()
    assert export[0] == "fp32"
    assert {"opset": 18, "simplify": True, "dynamic": False}.items() <= export[1].items()
    assert "onnx" not in export[1]


def test_models_are_not_trusted_unless_told() -> None:
    assert completed("")["models"] == {"a": {"weights": "a.pt", "trust": False}}


@pytest.mark.parametrize(
    "text", ["exports: {fp32: }", "exports: {fp32: {}}", "exports:", "exports: {fp32: {opset: 18}}"]
)
def test_an_export_with_nothing_behind_its_name_has_all_defaults(text: str) -> None:
    assert completed(text) == completed("")


def test_one_key_of_a_section_leaves_the_defaults_of_the_others() -> None:
    config = completed("thresholds: {conf: 0.4}\nexports: {b: {tolerances: {missing: 2}}}")
    assert config["thresholds"] == {"conf": 0.4, "iou": 0.45, "max_det": 300}
    assert config["exports"]["b"]["tolerances"] == {**TOLERANCES, "missing": 2}


def test_the_configuration_that_is_given_is_not_modified() -> None:
    given: dict[str, Any] = {"models": {"a": {"weights": "a.pt"}}, "exports": {"fp32": None}}
    complete(given)
    assert given == {"models": {"a": {"weights": "a.pt"}}, "exports": {"fp32": None}}


def test_the_configuration_that_is_shipped_spells_out_the_defaults() -> None:
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text())
    bare = complete({"models": shipped["models"]})
    assert {key: complete(shipped)[key] for key in bare} == bare


LIST = "it must be a list"
KEYS = "it must be keys with values"
FINITE = "it must be a finite number"
WHOLE = "it must be a whole number"
SIZE = "it must be a whole number, a multiple of 32, or [height, width] where both are."
NAME = "it must be letters, digits, dots, dashes and underscores, beginning with a letter or digit."
TEXT = ", not text; a value in quotes or nested in --config is text"

MISTAKES = [
    ("bogus: 1", "unknown key 'bogus' in the file; it may have ", "an unknown key"),
    ("models: {a: {exports: 1}}", "in models.a; it belongs at the top level", "of another level"),
    ("conf: 0.5", "unknown key 'conf' in the file; it belongs under thresholds.", "of a section"),
    ("thresholds: {confidence: 1}", "unknown key 'confidence' in thresholds; it may have conf", ""),
    ("exports: {b: {opsett: 1}}", "in exports.b (did you mean 'opset'?); it may have ", "misspelt"),
    ("models: {a: {weight: a.pt}}", "in models.a (did you mean 'weights'?)", "a misspelt key"),
    ("models: {a: {weights: no/a.pt}}", "models.a.weights is no/a.pt, which does not exist.", ""),
    ("models: {a: }", "models.a must have either weights or a reference.", "a model of nothing"),
    ("models: {}", "models is {}; it must not be empty.", "no model"),
    ("models: {a: a.pt}", f'models.a is "a.pt"; {KEYS}', "weights without their key"),
    ("models: [a.pt]", f'models is ["a.pt"]; {KEYS}', "models without names"),
    ("models: {a: {weights: }}", "models.a.weights is null; it must be text.", "no weights"),
    ("models: {a: {weights: ''}}", 'models.a.weights is ""; it must not be empty.', "empty"),
    ("models: {a: {weights: a, trust: 'yes'}}", f"it must be true or false{TEXT}", "quoted"),
    ("models: {a/b: {weights: a.pt}}", f'models is "a/b"; {NAME}', "a name with a slash"),
    ("exports: {aaaaaaaaaaaaaaaaaaaaaaaa: }", "it must not end with the same characters 20", "aa"),
    ("exports: {.a: }", f'exports is ".a"; {NAME}', "a name with a dot first"),
    ("exports: {'a b': }", f'exports is "a b"; {NAME}', "a name with a blank"),
    ("exports: {8: }", "the key 8 in exports is not text; put it in quotes.", "YAML: a number"),
    ("exports: {1.5: }", "the key 1.5 in exports is not text", "YAML: a version"),
    ("exports: {no: }", "the key False in exports is not text", "YAML: Norway"),
    ("2: b", "the key 2 is not text; put it in quotes.", "YAML: a number"),
    ("exports: {}", "exports is {}; it must not be empty.", "no export"),
    ("exports: {b: {opset: 9}}", "exports.b.opset is 9; it must be at least 11.", "too old"),
    ("exports: {b: {opset: 18.0}}", f"exports.b.opset is 18.0; {WHOLE}.", "a float"),
    ("exports: {b: {quantize: int8}}", 'is "int8"; it must be one of 8, 16, 32.', "a name"),
    ("exports: {b: {simplify: 1}}", "exports.b.simplify is 1; it must be true or false.", "C"),
    ("exports: {b: {onnx: no.onnx}}", "exports.b.onnx is no.onnx, which does not exist.", "lost"),
    ("exports: {b: {onnx: }}", "exports.b.onnx is null; it must be text.", "no file named"),
    ("thresholds: {conf: 1e-3}", f'thresholds.conf is "1e-3"; {FINITE}: YAML', "YAML: 1e-3"),
    ("thresholds: {conf: 1e-3}", "YAML reads 1e-3 as text, so write 1.0e-3.", "says how"),
    ("thresholds: {conf: '0.3'}", f'thresholds.conf is "0.3"; {FINITE}{TEXT}', "quoted"),
    ("thresholds: {conf: .nan}", f"thresholds.conf is NaN; {FINITE}.", "no number passes any gate"),
    ("thresholds: {conf: true}", f"thresholds.conf is true; {FINITE}.", "true is no 1"),
    ("thresholds: {conf: 0}", "thresholds.conf is 0; it must be above 0.", "everything"),
    ("thresholds: {conf: 1}", "thresholds.conf is 1; it must be below 1.", "nothing"),
    ("thresholds: {iou: 1.01}", "thresholds.iou is 1.01; it must be at most 1.", "no overlap"),
    ("thresholds: {max_det: 0}", "thresholds.max_det is 0; it must be at least 1.", "nothing"),
    ("thresholds: '{conf: 0.3}'", f'thresholds is "{{conf: 0.3}}"; {KEYS}{TEXT}', "--config"),
    ("thresholds: {conf: 0.005}", "thresholds.conf is 0.005, below candidates.floor", "floor"),
    ("candidates: {floor: 0.3}", "thresholds.conf is 0.25, below candidates.floor", "floor"),
    ("tolerances: {box_px: .inf}", f"tolerances.box_px is Infinity; {FINITE}.", "no tolerance"),
    ("tolerances: {box_px: .nan}", f"tolerances.box_px is NaN; {FINITE}.", "would let all pass"),
    ("tolerances: {box_px: 1.0e+308}", "box_px is 1e+308; it must be at most 1000000.", "axes"),
    ("tolerances: {score: -1}", "tolerances.score is -1; it must be at least 0.", "negative"),
    ("tolerances: {missing: 0.5}", f"tolerances.missing is 0.5; {WHOLE}.", "half a detection"),
    ("imgsz: 650", "imgsz is 650; it must be a whole number, a multiple of 32.", "no multiple"),
    ("imgsz: '640'", f'imgsz is "640"; {SIZE}', "quoted"),
    ("imgsz: 640.0", f"imgsz is 640.0; {SIZE}", "a float"),
    ("imgsz: 640.5", "imgsz is 640.5; it must be a whole number, a multiple of 32.", "half"),
    ("imgsz: 1.0e+400", f"imgsz is Infinity; {SIZE}", "beyond all numbers"),
    ("imgsz: [640]", f"imgsz is [640]; {SIZE}", "one side"),
    ("imgsz: [640, 640, 640]", f"imgsz is [640, 640, 640]; {SIZE}", "three sides"),
    ("exports: {a: {providers: []}}", "exports.a.providers is []; it must not be empty.", "a list"),
    (
        "exports: {a: {onnx: a.onnx, metadata: {kpt_shape: [17]}}}",
        "exports.a.metadata.kpt_shape is [17]; it must hold two numbers.",
        "half a pair",
    ),
    ("imgsz: [640, 100]", "imgsz.1 is 100; it must be a whole number, a multiple", "one bad side"),
    ("images: 5", "images is 5; it must be text.", "a number"),
    ("images: [a, b]", 'images is ["a", "b"]; it must be text.', "a list"),
    ("images: ''", 'images is ""; it must not be empty.', "nothing"),
    ("images_per_job: 0", "images_per_job is 0; it must be ", "none"),
    ("images_per_job: 64.0", "images_per_job is 64.0; it must be ", "a float"),
    ("gate: runtime", f'gate is "runtime"; {LIST}{TEXT}', "no list"),
    ("gate: [a, a]", 'gate is ["a", "a"]; it must not name the same twice.', "twice"),
    ("matching: {iou: 0}", "matching.iou is 0; it must be above 0.", "anything matches anything"),
    ("annotate: -1", "annotate is -1; it must be at least 0.", "negative"),
    ("sweep: {conf: 5}", "sweep.conf is 5; it must be a list or keys with values.", "a number"),
    ("sweep: 5", "sweep is 5; it must be keys with values or nothing.", "a number"),
    ("device: gpu", 'device is "gpu"; it must be cpu, cuda or cuda:<number>.', "no such device"),
]


@pytest.mark.parametrize(("text", "said", "reason"), MISTAKES)
def test_mistakes(text: str, said: str, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        checked(completed(text))
    sentence = str(caught.value)
    assert said in sentence, reason
    assert sentence.startswith("config: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", ["a\n", "a b", "ä", "../a", "", "-a", "a/b"])
@pytest.mark.parametrize("section", ["models", "exports", "external"])
def test_names_that_would_break_a_path(section: str, name: str) -> None:
    config = {"models": {"a": {"weights": "a.pt"}}} | {section: {name: {"weights": "a.pt"}}}
    with pytest.raises(UserError, match="config: "):
        complete(config)


def test_no_models_at_all() -> None:
    with pytest.raises(UserError, match=r"^config: the file lacks the key 'models'\.$"):
        complete({})


def test_it_becomes_dataclasses() -> None:
    config = checked(
        completed("exports: {fp32: {imgsz: 320}, open: {dynamic: true}}\nimgsz: [32, 64]")
    )
    (model,) = config.models
    sizes = [config.size_of(model, export) for export in (None, "fp32", "open")]
    assert sizes == [(32, 64), (320, 320), (32, 64)]
    assert config.exports["open"].dynamic
    assert config.exports["open"].onnx is None
    assert (config.labels, config.sweep, config.grid) == (None, None, {})


def properties_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a part of a schema that may refer to another."""
    if "$ref" not in schema:
        return schema.get("properties", {})
    file, _, place = schema["$ref"].partition("#")
    found = load_schemas().contents(file or "config.schema.yaml")
    for key in place.split("/")[1:]:
        found = found[key]
    return properties_of(found)


def section_of(hint: Any) -> Any:
    """Return the dataclass that a field holds, or entries of which it holds, if any."""
    candidates = [hint, *typing.get_args(hint)]
    return next((each for each in candidates if dataclasses.is_dataclass(each)), None)


def differences(kind: type, properties: dict[str, Any], path: str = "") -> set[str]:
    """Return the keys that only a dataclass or only the schema has, sections included."""
    hints = typing.get_type_hints(kind)
    found = {f"{path}{key}" for key in {f.name for f in dataclasses.fields(kind)} ^ set(properties)}
    for key in properties.keys() & hints.keys():
        section, part = section_of(hints[key]), properties[key]
        entry = part.get("additionalProperties")
        if section is not None and section is not Steps:
            inner = properties_of(entry if isinstance(entry, dict) else part)
            found |= differences(section, inner, f"{path}{key}.")
    return found


def test_the_dataclasses_have_the_keys_of_the_schema() -> None:
    schema = load_schemas().contents("config.schema.yaml")
    own = {f"{where}tolerances.unread" for where in ("", "exports.", "external.")}
    assert differences(Config, schema["properties"]) - own == {"imgsz"}, "each model has its size"
    assert own <= differences(Config, schema["properties"]), "unreadable images are never tolerated"


def registries_of(part: Any) -> list[str]:
    """Return the registries that a part of a schema names."""
    if not isinstance(part, dict):
        return []
    own = [part["x-registry"]] if "x-registry" in part else []
    return own + [name for inner in part.values() for name in registries_of(inner)]


def test_every_registry_is_named_by_a_schema() -> None:
    schemas = load_schemas()
    assert {n for file in schemas for n in registries_of(schemas.contents(file))} == set(REGISTRIES)


def test_a_value_is_allowed_as_soon_as_it_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "exports: {b: {runtime: dummy}}"
    with pytest.raises(UserError, match=r"exports\.b\.runtime is"):
        completed(text)
    monkeypatch.setitem(RUNTIMES._entries, "dummy", None)
    assert completed(text)["exports"]["b"]["runtime"] == "dummy"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exports: {b: {runtime: tensorflow}}", f"it must be one of {', '.join(RUNTIMES)}."),
        ("external: {b: {inject: [brg]}}", r"it must be one of \d+ names, such as bgr"),
        ("external: {b: {inject: [1]}}", "it must be text."),
    ],
    ids=["few", "many", "of another type"],
)
def test_a_value_that_is_not_in_a_registry_gets_a_sentence(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        completed(text)
    assert len(list(REGISTRIES["faults"]())) > LISTED_NAMES


def test_planning_imports_no_catalogue_unless_a_fault_is_named() -> None:
    modules = "parity.planning.plan_run, parity.planning.schema"
    code = f"import sys, {modules}; sys.exit('cv2' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def walk(schema: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return every key that may be set, with its part of the schema."""
    found = []
    for key, part in schema.get("properties", {}).items():
        found += [(f"{path}.{key}", part), *walk(part, f"{path}.{key}")]
    for part in (schema.get("additionalProperties"), *schema.get("$defs", {}).values()):
        if isinstance(part, dict):
            found += walk(part, f"{path}.*")
    return found


SCHEMA_KEYS = [
    key
    for name in sorted(load_schemas())
    for key in walk(load_schemas().contents(name), Path(name).stem)
]


@pytest.mark.parametrize(("path", "part"), SCHEMA_KEYS, ids=[path for path, _ in SCHEMA_KEYS])
def test_every_key_is_described_and_closed(path: str, part: dict[str, Any]) -> None:
    assert part.get("description", "").strip(), f"{path} is not described"
    if part.get("type") == "object":
        assert "additionalProperties" in part, f"{path} takes any key"


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to("no")],
    ids=["a pipe", "a device", "a link that leads nowhere"],
)
def test_a_configuration_that_is_no_file_is_never_opened(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    make(tmp_path / "config.yaml")
    with pytest.raises(UserError, match=r"is not a file, or a link that leads nowhere; replace"):
        check_config_file(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Path.mkdir, "which is not a file."),
        (os.mkfifo, "which is not a file."),
        (lambda path: path.symlink_to("no"), "which is a link that leads nowhere."),
    ],
    ids=["a folder", "a pipe", "a link"],
)
def test_a_name_that_stands_in_the_folder_is_no_published_one(
    make: Callable[[Path], None], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("yolo11n.pt"))
    with pytest.raises(UserError, match=f"models.m.weights is yolo11n.pt, {said}"):
        checked(complete({"models": {"m": {"weights": "yolo11n.pt"}}}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1,\nb: {", "not valid YAML at line"),
        (b"- a\n- b\n", "must hold keys with values"),
        (b"", "must hold keys with values"),
        (b"\x94\x00\xff" * 9, "is a binary file, or UTF-16 without"),
        (b"__use_yte__: true\n", "evaluates Python"),
        (None, "does not exist"),
    ],
)
def test_a_file_that_snakemake_would_read_first_is_checked(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "bad.yaml").write_bytes(content)
    named = ["--configfile", str(ROOT / "config.yaml"), str(tmp_path / "bad.yaml")]
    with pytest.raises(UserError, match=said):
        check_named_files(["-n", *named, "--config", "a=b"])
    check_named_files(["-n", *named[:2], "--config", "configfile=b"])


def test_a_folder_without_a_configuration_or_that_is_read_only_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"config\.yaml is missing; copy the one of the project"):
        check_named_files(["--directory", str(tmp_path)])
    (tmp_path / "config.yaml").write_text("images: a\n")
    check_named_files(["--directory", str(tmp_path)])
    # The tests may run as root, whom no permission stops.
    monkeypatch.setattr("os.access", lambda path, _: Path(path) != tmp_path)
    with pytest.raises(UserError, match=r"cannot be written to; copy config\.yaml into a folder"):
        check_named_files(["--directory", str(tmp_path / "new" / "folder")])
