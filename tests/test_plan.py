"""The plan: which arms and comparisons a configuration asks for."""

import locale
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from parity.comparison.tolerances import Tolerance
from parity.errors import UserError
from parity.planning.arms import plan_arms, plan_comparisons
from parity.planning.checks import checked
from parity.planning.config import Config
from parity.planning.exports import check_installed
from parity.planning.options import NEEDED, check_encoding, check_options
from parity.planning.plan import Plan
from parity.planning.plan_run import plan_run
from parity.planning.run_folder import SNAKEMAKES, check_records, check_run_folders, check_written
from parity.planning.schema import complete


def completed(text: str) -> dict[str, Any]:
    """Complete a configuration of one model and the keys of a YAML text."""
    return complete({"models": {"a": {"weights": "a.pt"}}} | (yaml.safe_load(text) or {}))


def configured(text: str) -> Config:
    return checked(completed(text))


def planned_by(text: str) -> Plan:
    return plan_run(completed(text), coordinating=True)


@pytest.mark.parametrize("path", ["best {x}.pt", "a<x>/best.pt", "best}.pt"])
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("models: {{m: {{weights: '{}'}}}}", "models.m.weights"),
        ("exports: {{own: {{onnx: '{}'}}}}", "exports.own.onnx"),
        ("external: {{mine: {{detections: '{}'}}}}", "external.mine.detections"),
    ],
)
def test_paths_that_snakemake_would_replace_parts_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, key: str, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).touch()
    with pytest.raises(UserError) as caught:
        configured(text.format(path))
    assert str(caught.value).startswith(f"config: {key} is '{path}'; Snakemake takes")


@pytest.mark.parametrize("key", ["models: {m: {weights: a/%s}}", "exports: {own: {onnx: a/%s}}"])
def test_a_path_that_is_too_long_says_so(key: str) -> None:
    with pytest.raises(UserError, match="which is too long"):
        configured(key % ("x" * 5000))


@pytest.mark.parametrize(
    ("text", "arms", "controls", "reason"),
    [
        (
            "",
            ["pytorch-rect", "pytorch-square", "onnx-fp32"],
            {"fp32": "pytorch-square"},
            "by default a fixed square",
        ),
        (
            "exports: {d: {dynamic: true}}",
            ["pytorch-rect", "pytorch-square", "onnx-d"],
            {"d": "pytorch-rect"},
            "a dynamic export takes the minimal rectangle, as the reference",
        ),
        (
            "exports: {s: {imgsz: 320}}",
            ["pytorch-rect", "pytorch-square", "pytorch-square-320", "onnx-s"],
            {"s": "pytorch-square-320"},
            "an export of its own size has a control of its own",
        ),
        (
            "exports: {s: {imgsz: [384, 640]}, t: {imgsz: [384, 640]}}",
            ["pytorch-rect", "pytorch-square", "pytorch-square-384x640", "onnx-s", "onnx-t"],
            {"s": "pytorch-square-384x640", "t": "pytorch-square-384x640"},
            "two exports of one size share it",
        ),
        (
            "exports: {s: {imgsz: [320, 320], dynamic: true}}",
            ["pytorch-rect", "pytorch-square", "pytorch-rect-320", "onnx-s"],
            {"s": "pytorch-rect-320"},
            "a square by two numbers is a square",
        ),
        (
            "imgsz: 320\nexports: {s: {imgsz: 320}}",
            ["pytorch-rect", "pytorch-square", "onnx-s"],
            {"s": "pytorch-square"},
            "the size of all others is no size of its own",
        ),
    ],
)
def test_arms_and_controls(
    text: str, arms: list[str], controls: dict[str, str], reason: str
) -> None:
    config = configured(text)
    planned = plan_arms(config)
    assert sorted(planned) == sorted(arms), reason
    assert next(iter(planned)) == "pytorch-rect", "the reference comes first"
    comparisons = plan_comparisons(config, planned)
    for export, control in controls.items():
        runtime = comparisons[f"runtime-{export}"]
        assert (runtime.reference, runtime.candidate) == (control, f"onnx-{export}"), reason
        deployment = comparisons[f"deployment-{export}"]
        assert (deployment.reference, deployment.candidate) == ("pytorch-rect", f"onnx-{export}")
        ours, theirs = planned[control], planned[f"onnx-{export}"]
        assert (ours.imgsz, ours.rect) == (theirs.imgsz, theirs.rect), "the same geometry"
    geometry = comparisons["geometry"]
    assert (geometry.reference, geometry.candidate) == ("pytorch-rect", "pytorch-square")
    assert {c.effect for c in comparisons.values()} == {"geometry", "runtime", "deployment"}


@pytest.mark.parametrize(
    ("text", "gated", "reason"),
    [
        ("", {"runtime-fp32"}, "the runtime effect decides"),
        ("exports: {a: , b: }", {"runtime-a", "runtime-b"}, "of every export"),
        ("gate: [deployment-fp32]", {"runtime-fp32", "deployment-fp32"}, "and what is named"),
        ("gate: [geometry]", {"runtime-fp32", "geometry"}, "geometry, too"),
    ],
)
def test_what_decides_the_verdict(text: str, gated: set[str], reason: str) -> None:
    config = configured(text)
    comparisons = plan_comparisons(config, plan_arms(config))
    assert {name for name, c in comparisons.items() if c.gated} == gated, reason


def test_a_gate_that_names_nothing_says_what_there_is() -> None:
    config = configured("gate: [runtime-fp16]")
    with pytest.raises(UserError) as caught:
        plan_comparisons(config, plan_arms(config))
    assert str(caught.value) == (
        "config: gate names 'runtime-fp16'; it may name deployment-fp32, geometry, runtime-fp32."
    )


def test_the_tolerances_of_an_export_hold_for_its_runtime_effect() -> None:
    config = configured("exports: {a: {tolerances: {box_px: 5}}, b: }\ntolerances: {extra: 1}")
    comparisons = plan_comparisons(config, plan_arms(config))
    assert comparisons["runtime-a"].tolerance == Tolerance(box_px=5)
    common = Tolerance(missing=0, extra=1, box_px=0.01, score=1e-4)
    for name in ("runtime-b", "deployment-a", "deployment-b", "geometry"):
        assert comparisons[name].tolerance == common


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_an_empty_folder_is_replaced_by_samples_and_that_is_said() -> None:
    planned = planned_by("")
    assert planned.note.startswith("The folder images is empty, so samples were used: ")
    assert planned.note.endswith(".")
    job = plan_run(completed(""), coordinating=False)
    assert (job.batches, job.note) == (planned.batches, planned.note)


def test_a_folder_with_an_image_is_taken_without_a_note(folder: Path) -> None:
    (folder / "images" / "a.jpg").write_text("unreadable, but there")
    planned = planned_by("images_per_job: 1")
    assert (planned.batches, planned.note) == (["a.jpg"], "")


def test_paths(folder: Path) -> None:
    (folder / "images" / "a.jpg").write_text("x")
    (folder / "own.onnx").write_text("x")
    (folder / "own.pt").write_text("x")
    plan = planned_by(
        "models: {a: {weights: a.pt}, b: {weights: own.pt}}\n"
        "exports: {fp32: , own: {onnx: own.onnx}}\n"
        "images_per_job: 1"
    )
    wildcards = SimpleNamespace(
        model="b", arm="onnx-own", comparison="runtime-own", export="own", batch="a.jpg"
    )
    assert plan.models == ["a", "b"]
    assert plan.weights(wildcards) == ["own.pt"]
    assert plan.weights(SimpleNamespace(model="a")) == [], "a published name is not a file"
    assert plan.given_export(wildcards) == ["own.onnx"]
    assert plan.given_export(SimpleNamespace(export="fp32")) == []
    assert plan.comparison_alone(wildcards) == {"runtime-own": ["pytorch-square", "onnx-own"]}
    assert plan.compared_detections(wildcards) == [
        "results/detect_pytorch/b/pytorch-square/a.jpg.json",
        "results/detect_onnx/b/onnx-own/a.jpg.json",
    ]
    assert {*plan.compared_detections(wildcards)} < {*plan.network_detections(wildcards)}
    assert plan.all_detections(wildcards) == [
        "results/detect_pytorch/b/pytorch-rect/a.jpg.json",
        "results/detect_pytorch/b/pytorch-square/a.jpg.json",
        "results/detect_onnx/b/onnx-fp32/a.jpg.json",
        "results/detect_onnx/b/onnx-own/a.jpg.json",
    ]


def test_a_tolerance_makes_no_export_stale(folder: Path) -> None:
    (folder / "images" / "a.jpg").write_text("x")
    plain = planned_by("exports: {a: }")
    other = planned_by("exports: {a: {tolerances: {box_px: 5}}}")
    export, model = SimpleNamespace(model="a", export="a"), SimpleNamespace(model="a")
    assert plain.export_options(export) == other.export_options(export)
    assert plain.comparisons_of(model) != other.comparisons_of(model)
    assert (
        plain.export_options(export).items()
        >= {
            "onnx": "",
            "opset": 18,
            "simplify": True,
            "dynamic": False,
            "imgsz": [640, 640],
        }.items()
    )


IN_THE_WAY: tuple[Callable[[Path], None], ...] = (
    os.mkfifo,
    Path.touch,
    lambda path: path.symlink_to("elsewhere"),
)
"""Makes something that is no folder."""


@pytest.mark.parametrize("name", ["results", "logs", "benchmarks"])
@pytest.mark.parametrize("make", IN_THE_WAY, ids=range(3))
def test_what_a_run_writes_into_must_be_folders(
    folder: Path, name: str, make: Callable[[Path], None]
) -> None:
    (folder / "images" / "a.jpg").write_text("x")
    make(folder / name)
    with pytest.raises(UserError, match=f"^{name} is not a folder, and a run writes into it; move"):
        planned_by("")


@pytest.mark.parametrize("make", IN_THE_WAY, ids=range(3))
@pytest.mark.parametrize(
    "name", ["results/export", "logs/export/m", "results/a/m/onnx-b", ".snakemake", SNAKEMAKES[0]]
)
def test_the_folders_of_rules_must_be_folders(
    folder: Path, name: str, make: Callable[[Path], None]
) -> None:
    written = ["results/export/{model}/{export}.onnx", "logs/export/{model}/{export}.log"]
    written += ["results/a/{model}/onnx-{export}/{batch}.json", "results/b/{theirs}/c.json"]
    written += ["out/{model}/{sample.name}/{}/x.txt"]  # braces of another workflow
    names = {"model": ["k", "m"], "export": ["a", "b"]}
    (folder / "results/export").mkdir(parents=True)
    (folder / "results/export/notes.txt").write_text("of the user")
    check_written(written, names)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    if name == "results/export":
        shutil.rmtree(folder / name)
    make(folder / name)
    with pytest.raises(UserError, match=f"^{name} is not a folder, and a run writes into it; move"):
        check_written(written, names)


@pytest.mark.parametrize("name", ["results/export/m", "logs", ".snakemake/locks"])
def test_the_folders_of_rules_must_be_writable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    refused = str(Path(name))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != refused and access(path, mode))
    written = ["results/export/{model}/{export}.onnx", "logs/export/{model}/{export}.log"]
    with pytest.raises(UserError, match=f"^{re.escape(refused)} cannot be written to, and a run"):
        check_written(written, {"model": ["m"], "export": ["a"]})


def test_a_link_among_the_results_that_leads_nowhere_is_named(folder: Path) -> None:
    (folder / "images" / "a.jpg").write_text("x")
    (folder / "results/export/m").mkdir(parents=True)
    (folder / ".snakemake/metadata").mkdir(parents=True)
    (folder / "elsewhere").mkdir()
    (folder / "results/infer_onnx").symlink_to(folder / "elsewhere")  # on a larger disk
    (folder / "results/export/.#notes").symlink_to("someone@host.1")  # an editor's lock
    planned_by("")
    (folder / "results/export/m/fp32.onnx").symlink_to("/unmounted/fp32.onnx")
    with pytest.raises(UserError, match=r"^results/export/m/fp32\.onnx is a link that leads nowh"):
        planned_by("")


def test_results_whose_records_are_gone_are_not_taken_for_new(folder: Path) -> None:
    written = ["results/verdict/verdict.json", "results/compare/{model}/{arm}.json"]
    (folder / ".snakemake/log").mkdir(parents=True)  # as Snakemake does before it plans
    for beside in ("results/plan", "results/bench", "results/verdict"):  # nothing of a rule
        (folder / beside).mkdir(parents=True, exist_ok=True)
    (folder / "results/bench/edits.json").write_text("{}")
    (folder / "results/plan/run.json").write_text("{}")
    check_records(written)
    (folder / "results/verdict/verdict.json").write_text("{}")
    with pytest.raises(UserError, match=r"so nothing tells whether they are up to date; move res"):
        check_records(written)
    (folder / ".snakemake/metadata").mkdir()
    with pytest.raises(UserError, match=r"so nothing tells whether they are up to date; move res"):
        check_records(written)
    (folder / ".snakemake/metadata/eA==").write_text("{}")
    check_records(written)
    (folder / ".snakemake/metadata/eA==").unlink()
    (folder / "results/verdict/verdict.json").rename(
        folder / "results/verdict/verdict.json.damaged"
    )
    check_records(written)


@pytest.mark.parametrize("encoding", ["ANSI_X3.4-1968", "ISO-8859-1", "cp1252"])
def test_a_system_that_is_not_set_to_utf_8_is_named(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    check_encoding()
    monkeypatch.setattr(locale, "getpreferredencoding", lambda **_: encoding)
    with pytest.raises(UserError, match=f"^Python reads text as {encoding} here, .* PYTHONUTF8=1"):
        check_encoding()


@pytest.mark.parametrize("name", ["photos {x}", "a}b", "bad\udcff"])
def test_a_folder_in_which_snakemake_starts_no_script_is_named(name: str) -> None:
    check_run_folders([Path("/home/a b/<c>/'d'/%s/é"), "/elsewhere"])
    with pytest.raises(UserError, match=r"^Snakemake starts no script in /home/.*; rename"):
        check_run_folders(["/elsewhere", Path("/home", name, "run")])


@pytest.mark.parametrize("lacking", ["mtime", "params", "input", "code"])
def test_options_that_would_keep_what_has_changed_are_refused(lacking: str) -> None:
    usual = {"mtime", "params", "input", "software-env", "code"}
    assert check_options(touch=False, triggers=usual, cores=None) == []
    with pytest.raises(UserError, match=r"^--touch would let results of other settings"):
        check_options(touch=True, triggers=usual, cores=1)
    with pytest.raises(UserError, match=r"^--rerun-triggers would let results of other settings"):
        check_options(touch=False, triggers=usual - {lacking}, cores=1)


@pytest.mark.parametrize("cores", [0, -1])
def test_a_run_without_a_core_is_refused(cores: int) -> None:
    with pytest.raises(UserError, match=f"^--cores is {cores}, with which no job can run; give 1"):
        check_options(touch=False, triggers=NEEDED, cores=cores)


def test_an_empty_folder_of_ones_own_is_a_mistake(folder: Path) -> None:
    (folder / "mine").mkdir()
    with pytest.raises(UserError, match=r"images is mine, which holds no image, nor do the"):
        planned_by("images: mine")


@pytest.mark.parametrize(
    ("export", "given"),
    [("{onnx: own.onnx, imgsz: 320}", ["own.onnx"]), ("{quantize: 16, imgsz: 320}", [])],
    ids=["a given file", "fp16"],
)
def test_an_export_without_a_plain_fp32_beside_it_is_compared_with_one_that_is_made(
    folder: Path, export: str, given: list[str]
) -> None:
    (folder / "own.onnx").write_text("x")
    plan = planned_by(f"exports: {{shipped: {export}}}")
    wildcards = SimpleNamespace(model="a", export="shipped")
    assert plan.given_export(wildcards) == given
    counterpart = SimpleNamespace(model="a", export=Path(plan.counterpart(wildcards)).stem)
    assert plan.given_export(counterpart) == []
    options = plan.export_options(counterpart)
    assert (options["quantize"], options["onnx"]) == (32, "")
    assert options["imgsz"] == plan.export_options(wildcards)["imgsz"] == [320, 320]
    assert plan.exports == ["shipped"], "it is no export of the run"


def test_an_int8_export_is_quantised_from_an_fp32_one_of_another_name(folder: Path) -> None:  # noqa: ARG001
    plan = planned_by("exports: {int8: {quantize: 8, imgsz: 320}}")
    counterpart = plan.counterpart(SimpleNamespace(model="a", export="int8"))
    assert counterpart == "results/export/a/_fp32-for-int8.onnx"
    made = SimpleNamespace(model="a", export="_fp32-for-int8")
    assert plan.export_options(made)["imgsz"] == [320, 320]
    assert plan.exports == ["int8"]


@pytest.mark.parametrize(
    ("export", "missing", "said"),
    [
        ("runtime: openvino", "openvino", "runtime is openvino"),
        ("format: litert", "litert_torch", "format is litert"),
    ],
)
def test_what_is_not_installed_is_said_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, export: str, missing: str, said: str
) -> None:
    """The command installs into the environment that runs, whichever is activated."""
    monkeypatch.setattr(
        "parity.backends.runtimes.runtime.find_spec",
        lambda package: None if package == missing else package,
    )
    config = planned_by(f"exports: {{fast: {{{export}}}}}").config
    assert check_installed(config, here=False) == []
    with pytest.raises(UserError) as caught:
        check_installed(config, here=True)
    assert str(caught.value).startswith(f"config: exports.fast: {said}, which needs {missing}")
    command = r"python\S* -m pip install -r (requirements-[a-z-]+\.txt)\.$"
    assert Path(re.search(command, str(caught.value))[1]).is_file()
    monkeypatch.chdir(tmp_path)
    Path("results/infer_onnx/yolo11n/onnx-fast").mkdir(parents=True)
    with pytest.raises(UserError, match="It was there when this export ran"):
        check_installed(config, here=True)
