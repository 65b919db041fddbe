"""What the report says of model files, accuracy and fallbacks."""

from dataclasses import replace
from pathlib import Path

from parity.comparison.results import Results
from parity.detection.head import NetworkHead
from parity.documents import Document, save
from parity.model_files.results import Finding
from parity.reporting.views import (
    accuracy,
    checks,
    effects,
    exports,
    fallback,
    model_files,
    versions,
)
from parity.reporting.views.blocks import Table, every_block
from parity.reporting.views.images import difference_in_words
from parity.reporting.views.section import Model, View
from tests import report_documents as documents
from tests.documents import EXPORT
from tests.synthetic import SAME, make_run


def model(tmp_path: Path, name: str = "", **found: Document) -> Model:
    """Return a model with documents of one input, by export."""
    paths = {stem: tmp_path / name / "yolo11n" / f"{stem}.json" for stem in found}
    for stem, document in found.items():
        save(paths[stem], document)
    results = make_run(tmp_path, SAME).load()
    return Model(results, {name: tuple(map(str, paths.values()))} if name else {})


def rows(view: View | None) -> list[tuple[str, ...]]:
    """Return the rows of all tables of a section."""
    assert view
    found = (block for block in every_block(view.blocks) if isinstance(block, Table))
    return [row for block in found for row in block.rows]


def with_providers(results: Results, asked: tuple[str, ...]) -> Results:
    arm = results.arms["onnx-fp32"]
    ran = {"runtime": "onnxruntime", "provider": "CPUExecutionProvider", "providers": asked}
    made_by = replace(arm.made_by, **ran)
    return replace(results, arms=results.arms | {"onnx-fp32": replace(arm, made_by=made_by)})


def test_findings_of_model_files(tmp_path: Path) -> None:
    warning = documents.inspection(Finding("warn", "It was changed."))
    found = {"fp32": documents.inspection(), "int8": warning}
    said = rows(model_files.prepare(model(tmp_path, "inspections", **found)))
    fine = ("fp32", "fine", "As configured; all 7 weights match the checkpoint.")
    assert said == [fine, ("int8", "warn", "It was changed.")]
    assert model_files.prepare(model(tmp_path / "none")) is None


def test_a_provider_that_is_not_available_is_a_finding(tmp_path: Path) -> None:
    results = make_run(tmp_path, SAME).load()
    cpu, cuda = "CPUExecutionProvider", "CUDAExecutionProvider"
    assert not [*model_files.other_providers(with_providers(results, (cpu,)))]
    ((export, level, said),) = model_files.other_providers(with_providers(results, (cuda, cpu)))
    assert (export, level) == ("fp32", "warn")
    assert said == f"{cuda} is not available on this machine; the export ran on {cpu}."


def test_accuracy_is_that_of_the_document(tmp_path: Path) -> None:
    said = rows(accuracy.prepare(model(tmp_path, "accuracies", accuracy=documents.accuracy())))
    interval = "0.400 to 0.600"
    assert said[1][:5] == ("onnx-fp32", "0.500", interval, "0.500", interval)
    assert said[1][5:] == ("–", "0.400", "0.600", "0.800", "–")
    assert ("runtime-int8", "10", "0 to 20", "10", "0 to 20") in said
    assert ("onnx-fp32", "1", "1", "1", "1", "2", "3") in said
    assert ("runtime-fp16", "2 found → missed") in said
    assert accuracy.prepare(model(tmp_path / "none")) is None


def test_fallbacks_are_counted(tmp_path: Path) -> None:
    said = rows(fallback.prepare(model(tmp_path, "fallbacks", int8=documents.fallbacks())))
    assert said == [("int8", "1 of 9", "no area: 1", "a.jpg")]
    assert fallback.prepare(model(tmp_path / "none")) is None


def test_exports_stand_side_by_side(tmp_path: Path) -> None:
    results = make_run(tmp_path, SAME).load()
    sizes = {"fp32": replace(EXPORT, bytes=2_500_000), "fp16": replace(EXPORT, bytes=1_200_000)}
    known = documents.accuracy()
    losses = {"mAP50-95": documents.cost(1.5)}
    lost = {"deployment-fp32": replace(known.comparisons["runtime-fp32"], losses=losses)}
    measured = exports.MeasuredExports(
        replace(known, arms={"onnx-fp32": known.arms["onnx-fp32"]}, comparisons=lost),
        {"fp32": documents.latency()},
    )
    found = exports.side_by_side(replace(results, exports=sizes), measured)
    fp32, fp16 = found.rows
    assert len(found.header) == len(fp32) == len(fp16)
    assert fp32[:2] == ("fp32", "2.5 MB")
    assert fp32[-3:] == ("0.5000", "1.50 % (0.00 to 3.00)", "20.0")
    assert fp16[2:5] == ("–", "–", "nothing compared")
    assert fp16[-3:] == ("–", "–", "–")


def test_a_file_of_a_runtime_s_own_has_no_operator_set(tmp_path: Path) -> None:
    own = replace(EXPORT, opset=0, ir_version=0, operators={}, producer="ncnn")
    results = replace(make_run(tmp_path, SAME).load(), exports={"fp32": EXPORT, "phone": own})
    onnx, ncnn = exports.file_rows(results)
    assert onnx[3] == str(EXPORT.opset)
    assert (ncnn[3], ncnn[4], ncnn[7]) == ("–", "ncnn", "–")


def test_no_export_stands_where_none_was_compared(tmp_path: Path) -> None:
    found = model(tmp_path)
    view = exports.prepare(found)
    assert any(getattr(block, "caption", "") == "Side by side" for block in view.blocks)
    alone = replace(found, results=replace(found.results, comparisons={}))
    tables = [b for b in every_block(exports.prepare(alone).blocks) if isinstance(b, Table)]
    assert [each.caption for each in tables] == ["What each file is"]


def test_what_a_tolerance_allows_is_not_called_the_same(tmp_path: Path) -> None:
    measured = make_run(tmp_path, SAME).load().images[0].comparisons["runtime-fp32"]
    for moved, start in ((1e-5, "same: "), (0.3, "within the tolerance: ")):
        differing = replace(measured, box_px=moved, passed=True)
        assert difference_in_words(differing, "detect").startswith(start)


def test_a_classifier_is_not_said_to_have_boxes_or_rectangles(tmp_path: Path) -> None:
    found = model(tmp_path)
    head = NetworkHead(task="classify")
    arms = {
        name: replace(arm, made_by=replace(arm.made_by, head=head))
        for name, arm in found.results.arms.items()
    }
    labels = replace(found, results=replace(found.results, arms=arms))
    for section in (checks, effects, versions):
        said = str(section.prepare(labels)).lower()
        assert "rectangle" not in said
        assert "area" not in said
    assert "centre crop 640×640" in str(versions.prepare(labels))
    assert "minimal rectangle within" in str(versions.prepare(found))
