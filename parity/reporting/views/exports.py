"""The exports of a model side by side, and which one to ship."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from parity.accuracy.results import Accuracy
from parity.benchmarking.results import Latency
from parity.comparison.judgement import judge
from parity.comparison.results import Results
from parity.comparison.tolerances import FLOAT32_ROUNDING
from parity.model_files.results import TensorDescription
from parity.reporting.bounds import in_other_images
from parity.reporting.equal_results import equal_groups
from parity.reporting.export_choice import ExportChoice, ExportChoices, single_thread_speed
from parity.reporting.task_wording import words_of
from parity.reporting.verdict import (
    object_count,
    outcome_in_words,
    spread_of,
    wording_of,
)
from parity.reporting.views.blocks import (
    Block,
    Figure,
    Group,
    Note,
    Sentences,
    Table,
    Text,
    table,
    without_dashes,
)
from parity.reporting.views.recommendations import recommendations
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.wording import (
    count,
    decapitalised,
    four_decimals,
    number,
    quality_in_words,
)
from parity.sentences import listing

CHOICE_HEADER = (
    "export",
    "size (MB)",
    "images per second",
    "missing",
    "extra",
    "class-flipped",
    "boxes: largest (px)",
    "scores: largest",
    "masks: largest (1 − IoU)",
    "keypoints: largest (px)",
    "panoptic quality",
    "{metric}",
    "lost {metric} (%)",
    "tolerance",
    "Pareto-optimal",
)
FURTHER_COLUMNS = ("mask", "keypoint_px")
FILE_HEADER = ("export", "digest", "size", "opset", "made by", "inputs", "outputs", "operators")
PARETO = (
    "An export is Pareto-optimal if no other one is at least as good in agreement, size (within "
    "2 %), tolerance and, as far as measured, accuracy and speed, and better in one of them."
)
DIGESTS = (
    "Digests are SHA-256. The digest of an ONNX file leaves out its metadata, which holds the date "
    "of the export."
)
PLOT = "Quality of the exports over size and speed"


def prepare(model: Model) -> View:
    """Return the exports side by side, which one to ship, and what their files are."""
    results = model.results
    measured = MeasuredExports(
        accuracy=model.document("accuracies", Accuracy),
        latency=model.documents("latencies", Latency),
    )
    chosen = model.document("choices", ExportChoices)
    plots = model.inputs.get("choice_plots", ())
    advice = tuple(recommendations(results))
    files = table("What each file is", *without_dashes(FILE_HEADER, [*file_rows(results)]))
    compared = any(each.effect == "runtime" for each in results.comparisons.values())
    beside = [side_by_side(results, measured)] if compared else []
    return View(
        (
            *(choice_blocks(chosen, plots) if chosen else beside),
            Sentences(tuple(bounds_in_words(results))),
            *([Group("What to do", (Sentences(advice),))] if advice else []),
            Group("Files", (files, Note(DIGESTS)), folded=True),
        )
    )


def choice_blocks(found: ExportChoices, plots: tuple[str, ...]) -> Iterator[Block]:
    """Yield the advice and what it follows from."""
    yield Text(found.advice)
    alike = equal_groups(found.rows, lambda row: replace(row, export="", bytes=0, pareto=False))
    header = [title.format(metric=found.rows[0].metric) for title in CHOICE_HEADER]
    cells = without_dashes(header, [choice_row(rows) for rows in alike])
    yield table("The choice", *cells)
    figures = tuple(Figure(path, PLOT) for path in plots)
    yield Group(
        "Quality over size and speed",
        (Note(f"{quality_in_words(found.rows[0].task)} {PARETO}"), *figures),
        folded=True,
    )


def choice_row(alike: Sequence[ExportChoice]) -> tuple[str, ...]:
    """Return what is known of an export, or of several with equal results."""
    row = alike[0]
    boxes = "box_px" in row.words.quantities
    return (
        listing([each.export for each in alike]),
        " to ".join(sorted({f"{each.bytes / 1e6:.1f}" for each in alike})),
        number(row.images_per_second),
        f"{row.missing - row.flipped:,}",
        f"{row.extra - row.flipped:,}",
        f"{row.flipped:,}",
        number(row.box_px) if boxes else "–",
        number(row.score),
        *(number(row.measures.get(name)) for name in FURTHER_COLUMNS),
        four_decimals(row.panoptic_quality) if boxes else "–",
        "–" if row.accuracy is None else f"{row.accuracy:.3f}",
        number(row.cost.percent) if row.cost else "–",
        "within" if row.passed else "beyond",
        "yes" if any(each.pareto for each in alike) else "no",
    )


@dataclass(frozen=True)
class MeasuredExports:
    """What was measured beside parity: accuracy, if there are labels, and speed by export."""

    accuracy: Accuracy | None
    latency: Mapping[str, Latency]


def side_by_side(results: Results, measured: MeasuredExports) -> Table:
    """Return size, both effects, and accuracy and speed where measured, a row an export."""
    words = words_of(results.task)
    titles = [decapitalised(words.title(quantity)) for quantity in words.quantities]
    effects = [
        f"{effect}: {what}"
        for effect in ("runtime", "deployment")
        for what in ("missing / extra", " / ".join(titles), "result")
    ]
    header = ["export", "file", *effects]
    if measured.accuracy:
        header += [measured.accuracy.metric, "lost compared with the .pt"]
    header += ["images per second"] if measured.latency else []
    rows = [
        [
            name,
            f"{export.bytes / 1e6:.1f} MB",
            *effect_cells(results, f"runtime-{name}"),
            *effect_cells(results, f"deployment-{name}"),
            *(accuracy_cells(measured.accuracy, name) if measured.accuracy else []),
            *([speed_cell(measured.latency.get(name))] if measured.latency else []),
        ]
        for name, export in results.exports.items()
    ]
    return table("Side by side", header, rows)


def bounds_in_words(results: Results) -> Iterator[str]:
    """Yield how often each export differs at most in other images; equal sentences are one.

    An export that differs and still passes is left out: its tolerance is for the whole run, so it
    says nothing about single images.
    """
    exports: dict[str, list[str]] = {}
    for name in results.exports:
        comparison = results.comparisons.get(f"runtime-{name}")
        if not comparison or not object_count(comparison):
            continue
        if not comparison.passed or judge(comparison, FLOAT32_ROUNDING).passed:
            exports.setdefault(in_other_images(comparison), []).append(name)
    for said, names in exports.items():
        yield f"{listing(names)}: {said}"


def effect_cells(results: Results, name: str) -> Iterator[str]:
    """Yield counts, differences and result of a comparison; dashes where there is none."""
    comparison = results.comparisons.get(name)
    if comparison is None or not object_count(comparison):
        yield from ("–", "–", "nothing compared")
        return
    measured = wording_of(comparison).quantities
    spreads = [spread_of(comparison, quantity) for quantity in measured]
    decides = ", decides the verdict" if comparison.gated else ""
    yield f"{comparison.missing:,} / {comparison.extra:,}"
    yield " / ".join(number(each.max if each else None) for each in spreads)
    yield outcome_in_words(comparison) + decides


def accuracy_cells(accuracy: Accuracy, export: str) -> tuple[str, str]:
    """Return the accuracy of an export and what it loses, with its interval."""
    arm = accuracy.arms.get(f"onnx-{export}")
    compared = accuracy.comparisons.get(f"deployment-{export}")
    value = arm.metrics[accuracy.metric].value if arm else None
    if value is None:
        return "–", "–"
    lost = compared.losses[accuracy.metric] if compared else None
    if lost is None or lost.percent is None or lost.percent_interval is None:
        return f"{value:.4f}", "–"
    low, high = lost.percent_interval
    return f"{value:.4f}", f"{lost.percent:.2f} % ({low:.2f} to {high:.2f})"


def speed_cell(latency: Latency | None) -> str:
    """Return the median speed of the ONNX arm on one thread."""
    speed = single_thread_speed(latency) if latency else None
    return "–" if speed is None else f"{speed:.1f}"


def file_rows(results: Results) -> Iterator[tuple[str, ...]]:
    """Yield what each file is; a file of a runtime's own has no operator set."""
    for name, export in results.exports.items():
        operators, kinds = sum(export.operators.values()), len(export.operators)
        is_onnx = export.opset > 0
        yield (
            name,
            export.sha256,
            f"{export.bytes / 1e6:.1f} MB",
            str(export.opset) if is_onnx else "–",
            f"{export.producer}, IR {export.ir_version}" if is_onnx else export.producer,
            ", ".join(map(tensor_in_words, export.inputs)),
            ", ".join(map(tensor_in_words, export.outputs)),
            f"{operators:,} of {count(kinds, 'type')}" if is_onnx else "–",
        )


def tensor_in_words(tensor: TensorDescription) -> str:
    """Return name, shape and type of an input or output."""
    return f"{tensor.name} {'×'.join(map(str, tensor.shape))} {tensor.dtype}"


SECTIONS.add("exports", Section("Exports", 30, prepare))
