"""What causes the differences, and what to do."""

from dataclasses import replace
from pathlib import Path

from parity.comparison.tolerances import Tolerance
from parity.reporting.deployment_effects import ImageAttribution, attribute_images, deployments
from parity.reporting.views.blocks import Text
from parity.reporting.views.causes import (
    SEE_DIAGNOSIS,
    SEE_LAYERS,
    UNKNOWN_CAUSE,
    cause_blocks,
    causes,
)
from parity.reporting.views.recommendations import recommendations, round_tolerance
from tests.report_documents import layers
from tests.synthetic import BROKEN, EFFECTS, PERSON, SAME, Run, comparison, make_run


def attribution(run: Run) -> ImageAttribution:
    return attribute_images(next(deployments(run.load())))


def test_geometry_and_runtime_are_told_apart(tmp_path: Path) -> None:
    assert attribution(make_run(tmp_path / "a", SAME)) == ImageAttribution(differing=2, geometry=2)
    broken = attribution(make_run(tmp_path / "b", BROKEN))
    assert broken == ImageAttribution(differing=3, runtime=1, both=2)
    same = dict.fromkeys(SAME, SAME["pytorch-rect"])
    assert attribution(make_run(tmp_path / "c", same)) == ImageAttribution()


def test_a_wide_tolerance_of_the_runtime_hides_no_cause(tmp_path: Path) -> None:
    wide = Tolerance(missing=9, extra=9, box_px=99, score=1)
    settings = {**EFFECTS, "runtime-fp32": replace(EFFECTS["runtime-fp32"], tolerance=wide)}
    run = make_run(tmp_path, BROKEN, settings=settings)
    assert run.load().comparisons["runtime-fp32"].passed
    assert attribution(run) == ImageAttribution(differing=3, runtime=1, both=2)


def test_an_export_on_the_reference_geometry_has_only_a_runtime(tmp_path: Path) -> None:
    settings = {
        "geometry": EFFECTS["geometry"],
        "runtime-dyn": comparison("runtime", "pytorch-rect", "onnx-fp32", gated=True),
        "deployment-dyn": comparison("deployment", "pytorch-rect", "onnx-fp32"),
    }
    run = make_run(tmp_path, BROKEN, settings=settings)
    assert attribution(run) == ImageAttribution(differing=3, runtime=3)
    assert "dynamic: true" not in " ".join(recommendations(run.load()))


def test_without_a_control_of_its_size_what_differs_in_both_is_unknown(tmp_path: Path) -> None:
    arms = {**BROKEN, "pytorch-square-320": SAME["pytorch-square"]}
    settings = {
        "geometry": EFFECTS["geometry"],
        "runtime-s": comparison("runtime", "pytorch-square-320", "onnx-fp32", gated=True),
        "deployment-s": comparison("deployment", "pytorch-rect", "onnx-fp32"),
    }
    assert attribution(make_run(tmp_path / "a", arms, settings=settings)) == ImageAttribution(
        differing=3, unknown=3
    )
    arms = {**SAME, "pytorch-square-320": SAME["pytorch-square"]}
    run = make_run(tmp_path / "b", arms, settings=settings)
    assert attribution(run) == ImageAttribution(differing=2, geometry=2)
    assert "export at 640×640 instead of 320×320" in " ".join(recommendations(run.load()))


def test_recommendations_follow_from_the_numbers(tmp_path: Path) -> None:
    good = " ".join(recommendations(make_run(tmp_path / "a", SAME).load()))
    assert "runtime" not in good, "what is fine needs no word"
    assert "export with dynamic: true" in good
    assert "Do not deploy" not in good

    bad = " ".join(recommendations(make_run(tmp_path / "b", BROKEN).load()))
    assert "Do not deploy onnx-fp32 while it fails runtime-fp32" in bad
    assert "3 missing detections, 3 extra detections" in bad

    point = ([30.0, 30.0, 30.0, 30.0], 0.9, 0)
    degenerate = {**SAME, "onnx-fp32": {name: [point] for name in SAME["onnx-fp32"]}}
    worse = " ".join(recommendations(make_run(tmp_path / "c", degenerate).load()))
    assert "its preprocessing or postprocessing rather than to the network" in worse
    assert "no area: 3" in worse


def test_a_wide_tolerance_is_not_called_floating_point(tmp_path: Path) -> None:
    wide = Tolerance(box_px=5, score=0.1)
    settings = {"r": comparison("runtime", "pytorch-rect", "onnx-fp32", gated=True, tolerance=wide)}
    arms = {
        "pytorch-rect": {"one.png": [PERSON]},
        "onnx-fp32": {"one.png": [([22.0, 20.0, 60.0, 100.0], 0.88, 0)]},
    }
    said = " ".join(recommendations(make_run(tmp_path, arms, settings=settings).load()))
    assert "Check onnx-fp32 on your own images: within its tolerance, it differs from" in said


def test_what_is_wrong_with_a_program_is_said_by_its_diagnosis(tmp_path: Path) -> None:
    """No export was compared, and still the page says what causes the differences."""
    settings = {
        "external-mine": comparison("external", "pytorch-rect", "external-mine", gated=True)
    }
    arms = {
        "pytorch-rect": SAME["pytorch-rect"],
        "external-mine": {name: [] for name in SAME["pytorch-rect"]},
    }
    results = make_run(tmp_path, arms, settings=settings).load()
    assert [*cause_blocks(results, {})] == [Text(SEE_DIAGNOSIS)]
    assert recommendations(results) == [
        "Do not deploy external-mine: its gate fails. The section Diagnosis says what is wrong."
    ]


def test_layers_tell_why_a_runtime_differs(tmp_path: Path) -> None:
    results = make_run(tmp_path, BROKEN).load()
    (untold,) = causes(results, {})
    assert untold.endswith(UNKNOWN_CAUSE)
    (told,) = causes(results, {"fp32": layers()})
    assert told.endswith("By layer: No layer stands out. Most of the error comes from /a/Conv.")


def test_exports_of_equal_counts_share_a_sentence_whatever_their_layers(tmp_path: Path) -> None:
    arms = {**BROKEN, "onnx-b": BROKEN["onnx-fp32"]}
    settings = EFFECTS | {
        "runtime-b": replace(EFFECTS["runtime-fp32"], candidate="onnx-b"),
        "deployment-b": replace(EFFECTS["deployment-fp32"], candidate="onnx-b"),
    }
    results = make_run(tmp_path, arms, settings=settings).load()
    other = replace(layers(), sentences=["Another layer stands out."])
    (told,) = causes(results, {"fp32": layers(), "b": other})
    assert told.startswith("onnx-fp32 and onnx-b: ")
    assert told.endswith(SEE_LAYERS)


def test_equal_exports_share_a_sentence(tmp_path: Path) -> None:
    arms = {**SAME, "onnx-b": SAME["onnx-fp32"], "onnx-c": BROKEN["onnx-fp32"]}
    settings = {"geometry": EFFECTS["geometry"]}
    for name in ("fp32", "b", "c"):
        arm = f"onnx-{name}"
        settings[f"runtime-{name}"] = replace(EFFECTS["runtime-fp32"], candidate=arm)
        settings[f"deployment-{name}"] = replace(EFFECTS["deployment-fp32"], candidate=arm)
    results = make_run(tmp_path, arms, settings=settings).load()
    same, broken = causes(results, {})
    assert same.startswith("onnx-fp32 and onnx-b: 2 images of 3 differ from pytorch-rect. In all")
    assert broken.startswith("onnx-c: 3 images of 3 differ")
    said = recommendations(results)
    assert [each for each in said if "dynamic: true" in each] == [
        each for each in said if "from onnx-fp32, onnx-b" in each or "from onnx-fp32 and" in each
    ]
    assert len(said) == len(set(said)) == 2


def test_a_tolerance_to_set_has_two_digits_and_would_pass() -> None:
    found = round_tolerance(Tolerance(missing=3, box_px=0.012341, score=1.01e-4))
    assert found == Tolerance(missing=3, box_px=0.013, score=1.1e-4)
