"""Documents that the report reads, with numbers that its tests know."""

from dataclasses import replace
from typing import Any

import numpy as np

from parity.accuracy.results import (
    Accuracy,
    AccuracyComparison,
    AccuracyLoss,
    ArmAccuracy,
    LabelFacts,
    Metric,
    OperatingPoint,
    Protocol,
)
from parity.benchmarking.results import Latency, LatencySettings, Machine, Race, Ratio, Speed
from parity.comparison.differences import MatchingSettings
from parity.comparison.fallback import Fallbacks, FallenBack
from parity.comparison.sweep import ArmCounts
from parity.comparison.threshold_grid import Axes
from parity.comparison.tuning import Cell, Point, SweepComparison, SweepResults, Tuning
from parity.detection.detection_files import Thresholds
from parity.diagnosis.document import (
    Alternative,
    BoxComparison,
    DiagnosisDocument,
    DrawnBoxes,
    ExampleImage,
    FixEffect,
    FoundFault,
    NamedFault,
    Proof,
    Reproduction,
    Severity,
    ThresholdRange,
    Unexplained,
    WaterfallStep,
)
from parity.diagnosis.stages import BEFORE_OUTPUT_STAGES
from parity.external.observations import NOTHING_DECLARED
from parity.layers.results import LayerError, LayerResults
from parity.model_files.results import Finding, Inspection, WantedOptions
from tests.documents import EXPORT
from tests.synthetic import HOSTILE, THRESHOLDS

MAPS = {"fp32": 0.5, "fp16": 0.499, "int8": 0.45}
"""Mean average precision of each export."""

BGR = FoundFault(
    name="bgr",
    title="Colours swapped (BGR instead of RGB)",
    stage="input_tensor",
    changes={"colours": "bgr"},
    wrong="The colours enter as blue, green, red.",
    fix="Turn OpenCV's BGR into RGB exactly once.",
    fixes={
        "python": "x = x[..., ::-1]\ny = x",
        "cpp": "if (a < b)  // </b><b>\n    c = a;\n\nd = c;",
        "swift": "let x = y",
    },
    run=("python", "cpp"),
    reference="https://github.com/a/b/issues/1",
    proof=Proof(explained=5, unobserved=2),
    severity=Severity(lost=3, added=1, box_px=20.0, box_px_median=2.0, score=0.4),
)
ONE_GAIN = replace(
    BGR,
    name="one_gain",
    title="One gain for both axes",
    stage="rescaling",
    changes={"gain": "one"},
    wrong="Both axes are divided by one gain.",
    fix="Divide each axis by its own gain.",
    fixes={},
    run=(),
    reference="",
    proof=Proof(explained=7),
    severity=Severity(box_px=0.4, box_px_median=0.1),
)
"""A harmless fault."""

NMSBOXES = NamedFault(
    name="nmsboxes",
    title="Boxes passed to cv2.dnn.NMSBoxes",
    stage="nms",
    changes={"overlap": "nmsboxes"},
    wrong="cv2.dnn.NMSBoxes computes the overlap.",
    fix="Nothing needs to be done.",
    fixes={},
    run=(),
    reference="",
)
FIXED = BoxComparison(
    reference=10,
    matched=10,
    missing=0,
    extra=0,
    flipped=0,
    box_px=0.0001,
    score=1e-6,
    box_px_median=0.0,
    score_median=0.0,
    panoptic_quality=0.9999999,
    shapes={},
)
WORSE = replace(FIXED, matched=7, missing=3, extra=1, box_px=20.0, panoptic_quality=0.7)
REPRODUCED = Reproduction(exact=1.0, close=1.0, predicted=1.0, box_px=0.0, score=0.0)
EXPLAINED = Unexplained(0.0, 0.0, (), Severity(), ())
BOX = DrawnBoxes(boxes=[[5.0, 5.0, 30.0, 30.0]], scores=[None], class_ids=[10000])


def waterfall_step(found: BoxComparison, **own: Any) -> WaterfallStep:
    return WaterfallStep(**{**vars(found), "name": "", "lost": 0.0, "share": 0.0, **own})


WATERFALL = (
    waterfall_step(FIXED, kind="runtime"),
    waterfall_step(WORSE, kind="fault", name="bgr", lost=0.3, share=1.0),
    waterfall_step(WORSE, kind="unexplained"),
)
DIAGNOSIS = DiagnosisDocument(
    model="m",
    external="mine",
    export="fp32",
    reference="pytorch-square",
    images_stated=1,
    declared=NOTHING_DECLARED,
    verdict="explained",
    faults=(BGR,),
    choices=(NMSBOXES,),
    pipeline={"colours": "bgr"},
    fixed={},
    reproduced=REPRODUCED,
    reproduced_by_correct=replace(REPRODUCED, exact=0.0, close=0.5),
    unexplained=EXPLAINED,
    thresholds={
        "conf": ThresholdRange(0.45, 0.512, 0.5, None),
        "iou": ThresholdRange(0.45, 0.61, 0.7, 0.7, contradicted=True),
        "max_det": ThresholdRange(8, None, 300, 300),
    },
    network="fp32",
    readings=(),
    equivalents=(Alternative(("grey",)),),
    undecided=("not_clipped",),
    first_difference="input_tensor",
    ask=("Provide the input tensor.",),
    notes=("Boxes are taken for xyxy.",),
    images=(HOSTILE,),
    network_runs=3,
    complete=True,
    fix_effect=FixEffect(1, Thresholds(conf=0.5, iou=0.7, max_det=300), WORSE, FIXED),
    waterfall=WATERFALL,
    examples=(ExampleImage(HOSTILE, 60, 80, BOX, BOX, BOX),),
    stages={"stretched": "geometry"},
    titles={
        "bgr": BGR.title,
        "nmsboxes": NMSBOXES.title,
        "grey": "Grey image",
        "not_clipped": "Boxes not clipped to the image",
    },
    names={0: "person"},
    labels={10000: "<i>cat</i>"},
    fixes=BGR.fixes,
    run=BGR.run,
)
HARMLESS = replace(
    DIAGNOSIS,
    faults=(ONE_GAIN,),
    waterfall=(
        waterfall_step(FIXED, kind="runtime"),
        waterfall_step(replace(FIXED, box_px=0.4), kind="fault", name="one_gain", share=1.0),
        waterfall_step(replace(FIXED, box_px=0.4), kind="unexplained"),
    ),
    equivalents=(),
    undecided=(),
    ask=(),
)
"""Only a harmless difference."""

CORRECT = replace(
    HARMLESS,
    verdict="nothing_wrong",
    faults=(),
    pipeline={},
    waterfall=(waterfall_step(FIXED, kind="unexplained"),),
    reproduced_by_correct=REPRODUCED,
    first_difference="",
)
IN_PART = replace(
    DIAGNOSIS,
    verdict="explained_in_part",
    faults=(BGR, ONE_GAIN),
    reproduced=replace(REPRODUCED, exact=0.62, close=0.9, predicted=0.88),
    unexplained=Unexplained(
        0.38,
        0.12,
        BEFORE_OUTPUT_STAGES,
        Severity(lost=2, added=1, renamed=1, box_px=12.0, box_px_median=1.2, score=0.13),
        ("The network was given <b>another</b> input.",),
    ),
    waterfall=(
        waterfall_step(FIXED, kind="runtime"),
        waterfall_step(WORSE, kind="fault", name="bgr", lost=0.3, share=0.6),
        waterfall_step(WORSE, kind="fault", name="one_gain", share=0.0),
        waterfall_step(
            replace(WORSE, missing=5, panoptic_quality=0.5), kind="unexplained", lost=0.2, share=0.4
        ),
    ),
    titles=DIAGNOSIS.titles | {"one_gain": ONE_GAIN.title},
)
UNKNOWN = replace(
    IN_PART,
    verdict="not_explained",
    faults=(),
    pipeline={},
    waterfall=(
        waterfall_step(FIXED, kind="runtime"),
        waterfall_step(WORSE, kind="unexplained", lost=0.3, share=1.0),
    ),
    reproduced=replace(REPRODUCED, exact=0.0, close=0.3, predicted=0.5),
    unexplained=replace(IN_PART.unexplained, observed=1.0, predicted=0.5),
    first_difference="reading",
)
TENSORS = replace(
    DIAGNOSIS,
    images_stated=0,
    readings=("The input tensors of 1 image are reproduced to 0.1 grey levels.",),
    faults=(replace(BGR, proof=Proof(levels=31.4)),),
)
"""Input tensors alone, and no boxes."""

DIAGNOSES = (DIAGNOSIS, IN_PART, UNKNOWN, HARMLESS, CORRECT, TENSORS)
"""One of each verdict, and one without boxes."""


def cost(percent: float) -> AccuracyLoss:
    return AccuracyLoss(
        difference=-percent / 200,
        interval=(-percent / 100, 0.0),
        percent=percent,
        percent_interval=(0.0, 2 * percent),
    )


def accuracy() -> Accuracy:
    """Return the accuracy of three exports, without labels of small objects."""
    point = OperatingPoint(
        precision=0.8,
        recall=None,
        detections=6,
        objects=10,
        mistakes=dict.fromkeys(["class", "location", "class and location", "duplicate"], 1)
        | {"background": 2},
        fates={"found": 5, "wrong class": 1, "badly placed": 1, "missed": 3},
    )
    moved = {"found": {"found": 5, "missed": 2}, "missed": {"found": 0, "missed": 3}}
    values = {"pytorch-square": 0.5} | {f"onnx-{name}": value for name, value in MAPS.items()}
    return Accuracy(
        labels=LabelFacts("labels", 4, 10, 0, ["2 images are not in the labels."]),
        protocol=Protocol("detect", iou=0.7, max_det=300, draws=1000, says=""),
        arms={
            arm: ArmAccuracy(
                metrics={name: Metric(value, (0.4, 0.6)) for name in ("mAP50-95", "mAP50")},
                sizes={"small": None, "medium": 0.4, "large": 0.6},
                classes={},
                floor=0.01,
                operating_point=point,
            )
            for arm, value in values.items()
        },
        comparisons={
            f"runtime-{name}": AccuracyComparison(
                "pytorch-square",
                f"onnx-{name}",
                dict.fromkeys(("mAP50-95", "mAP50"), cost(100 - 200 * value)),
                moved,
            )
            for name, value in MAPS.items()
        },
    )


def layers(**own: Any) -> LayerResults:
    """Return what was found out about two layers."""
    error = LayerError(
        node="/a/Conv",
        operator="Conv",
        snr_db=30.0,
        own_snr_db=None,
        own_error=0.1,
        box_px=0.1,
        score=0.1,
        share=0.5,
    )
    sentences = ["No layer stands out.", "Most of the error comes from /a/Conv."]
    return LayerResults(
        **{
            "drifts": True,
            "sentences": sentences,
            "layers": [error, error],
            "first": 1,
            **own,
        }
    )


def inspection(*findings: Finding) -> Inspection:
    """Return what a file says of itself."""
    return Inspection(
        **vars(EXPORT),
        head="raw",
        dynamic_axes=[],
        precision={},
        domains=[],
        in_order=True,
        shapes="complete",
        nodes=300,
        reference=None,
        wanted=WantedOptions(False, 18, 32, False, (640, 640), 32),
        sentences=list(findings),
    )


def fallbacks() -> Fallbacks:
    return Fallbacks(9, 1, {"no area": 1}, [FallenBack("a.jpg", ["no area"])])


def speed(kind: str, rates: list[float], *, processes: int = 1) -> Speed:
    stages = dict.fromkeys(["decode", "preprocess", "network", "postprocess"], 1.0)
    return Speed(
        kind=kind,
        processes=processes,
        threads=1,
        name=f"{kind}, {processes} x 1 thread",
        images_per_second=rates,
        processor_ms_per_image=[1.0] * len(rates),
        stage_ms_per_image=stages,
        interval_ms={"50": 1.0},
        peak_memory_bytes=1,
    )


def latency(*races: list[Speed]) -> Latency:
    """Return what was timed in some races, by default in one of two arms."""
    races = races or ([speed("PyTorch arm", [9.0]), speed("ONNX arm", [10.0, 30.0, 20.0])],)
    machine = Machine("processor", 2, 4, None, "system", "3.11", {})
    settings = LatencySettings(
        reference="a.pt",
        onnx="a.onnx",
        runtime="onnxruntime",
        providers=("CPUExecutionProvider",),
        imgsz=(640, 640),
        rect=False,
        end2end=False,
        task="detect",
        thresholds=THRESHOLDS,
        floor=0.01,
        machine=machine,
        provider="CPUExecutionProvider",
    )
    ratio = Ratio("ONNX arm, 1 thread", "PyTorch arm, 1 thread", 1.0, 2.0, 3.0, [1.0, 2.0, 3.0])
    return Latency(settings, 3, 10, 1, [Race(contestants, [ratio], 10) for contestants in races])


def sweep(*names: str, conf: int = 2, empty: bool = False, arm: str = "onnx-fp32") -> SweepResults:
    """Return what ``tune`` might write, with one or more comparisons."""
    confs, ious = tuple(0.25 + 0.01 * k for k in range(conf)), (0.45, 0.7)
    f1 = None if empty else 0.9
    point = Point(conf=0.25, iou=0.45, matched=9, missing=1, extra=1, f1=f1)
    cells = [Cell(c, i, 10, 10, 9, 1, 1, f1, f1) for i in ious for c in confs]
    compared = SweepComparison(
        reference="pytorch-rect",
        candidate=arm,
        sentence="Keep onnx-fp32 at conf 0.25.",
        recommended=point,
        tuning=Tuning(point, point, point),
        tuned_f1=[[f1] * conf] * 2,
        cells=cells,
    )
    counts = ArmCounts(ignores_iou=False, detections=np.full((2, conf), 10))
    return SweepResults(
        model="$x$ *a*",
        images=3,
        axes=Axes(confs, ious, confs, ious, 0.25, 0.45, 300),
        matching=MatchingSettings(0.5),
        notes=["onnx-fp32 finishes its boxes inside the graph."],
        arms={"pytorch-rect": counts, arm: counts},
        comparisons=dict.fromkeys(names, compared),
        task="detect",
    )
