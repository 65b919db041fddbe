"""The report says what the results hold, to a person, and nothing that a name smuggles in."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from parity.reporting.views.findings import Attribution, attribute, deployments
from scripts.report import main

from parity.comparison.summary import RESULTS
from parity.files import read_json
from parity.reporting.markdown.report import MOST_DETAILS, MOST_ROWS
from parity.reporting.views import findings
from parity.reporting.wording import ceiling, code_block, listing, markdown, number, printable
from scripts.annotate import main as annotate
from scripts.browse import main as browse
from tests.synthetic import (
    BROKEN,
    CAR,
    EFFECTS,
    HOSTILE,
    NOTHING,
    PERSON,
    SAME,
    Run,
    comparison,
    make_run,
)

CONFIG = {"models": {"yolo11n": {"weights": "```\n# not a heading"}}, "annotate": 200}


def write(runs: list[Run], *, worst: int = 200) -> str:
    """Return the report on some runs."""
    made: dict[str, list[str]] = {"pictures": [], "browsers": []}
    for run in runs:
        model = read_json(run.results, RESULTS)["model"]
        for kind, script in (("pictures", annotate), ("browsers", browse)):
            made[kind].append(str(run.folder / script.__module__.split(".")[1] / model))
            script(
                results=run.results,
                detections=run.detections,
                comparisons=run.comparisons,
                batches=run.batches,
                worst=worst,
                destination=made[kind][-1],
            )
    plots = [
        runs[0].folder / "plot" / Path(folder).name / "comparison_plots.png"
        for folder in made["pictures"]
    ]
    for plot in plots:
        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.touch()
    destination = runs[0].folder / "report" / "analysis_report.md"
    main(
        inputs={
            "results": [run.results for run in runs],
            "plots": [str(plot) for plot in plots],
            "sweeps": [],
            "sweep_plots": [],
            **made,
        },
        config=CONFIG,
        report=str(destination),
        page=str(destination.with_name("index.html")),
        files=str(destination.with_name("files")),
    )
    return destination.read_text(encoding="utf-8")


def results_of(run: Run) -> dict[str, Any]:
    return read_json(run.results, RESULTS)


def row(report: str, start: str) -> list[str]:
    """Return the cells of the first row of a table whose first cell starts so."""
    line = next(line for line in report.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def section(report: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one."""
    return report.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]


def test_numbers_are_those_of_the_results(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    report = write([run])
    for name, each in results_of(run)["comparisons"].items():
        cells = row(report, f"{name}: ")
        assert cells[1] == f"{each['images_differing']} of {each['images']}"
        counts = ("matched", "missing", "extra", "flipped", "unread")
        assert cells[2:7] == [str(each[key]) for key in counts]
        for cell, key in zip(cells[7:9], ("box_px", "score"), strict=True):
            spread = each["distributions"][key]
            assert cell == f"{number(spread['max'])} / {number(spread['p95'])}"
        assert float(cells[9]) == pytest.approx(each["distributions"]["iou"]["mean"], abs=1e-4)
        assert f"{ceiling(each['required']['box_px'])} px" in cells[10]
        assert ("decides the verdict" in cells[12]) == each["gated"]


def test_images_are_listed_worst_first_with_the_detections_of_each_arm(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    report = write([run])
    shown = section(report, "### Images").split(" --- |\n", 1)[1].splitlines()
    images = results_of(run)["images"]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in shown[:3]]
    assert [each[0] for each in cells] == [markdown(image["name"]) for image in images]
    for each, image in zip(cells, images, strict=True):
        assert each[1:4] == [str(arm["detections"]) for arm in image["arms"].values()]
    by_name = {each[0]: each for each in cells}
    assert by_name["one.png"][-1] == "fail"
    assert by_name["one.png"][5] == "1 missing, 1 class-flipped"
    assert by_name["empty.png"][4:] == ["nothing detected", "1 extra", "1 extra", "fail"]


def test_details_name_the_objects(tmp_path: Path) -> None:
    details = section(write([make_run(tmp_path, BROKEN)]), "#### one.png")
    assert "- pytorch-rect: person 90.0 % and car 60.0 %" in details
    assert "missing: person 85.0 % at (23, 20) to (60, 100)" in details
    assert "class-flipped: car 60.0 % became &lt;b&gt;\\|\\`x\\`\\\\n\\$y\\$ 50.0 %" in details


def test_links_lead_to_files(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    (run.folder / "plot" / "yolo11n").mkdir(parents=True)
    (run.folder / "plot" / "yolo11n" / "comparison_plots.png").touch()
    links = re.findall(r"(?<!\\)\]\((\S+)\)", write([run]))
    assert "../plot/yolo11n/comparison_plots.png" in links
    assert len(links) > len(SAME["onnx-fp32"])
    for link in links:
        assert (run.folder / "report" / link).is_file(), link


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    report = write([make_run(tmp_path, BROKEN)])
    bare = re.sub(r"```+yaml.*?\n```+\n", "", report, flags=re.DOTALL)
    assert "<img" not in report
    assert "<b>" not in report
    assert "\u202e" not in report
    assert not re.search(r"(?<!\\)\]\(http", report)
    assert "://" not in bare
    for table in re.findall(r"(?:^\|.*\n)+", bare, re.MULTILINE):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table
    headings = [line for line in report.splitlines() if line.startswith("#")]
    assert not [heading for heading in headings if heading.startswith("# *")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("snake_case_name.jpg", "snake_case_name.jpg"),
        ("imageio__banner.png", "imageio__banner.png"),
        ("_a_ __b__", "\\_a\\_ \\_\\_b\\_\\_"),
        ("a|b", "a\\|b"),
        ("a\\|b", "a\\\\\\|b"),
        ("<i>&amp;", "&lt;i&gt;&amp;amp;"),
        ("a\r\nb\x00\udcff", "a\\\\r\\\\nb\\\\x00\\\\udcff"),
        ("www.a.b http://c", "www&#46;a.b http:&#47;/c"),
        ("image (63).png", "image (63).png"),
        ("Käfer 漢字", "Käfer 漢字"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, expected: str) -> None:
    assert markdown(text) == expected


def test_printable_keeps_words_and_shows_the_invisible() -> None:
    assert printable("a\u200bb\u2028é\t") == "a\\u200bb\\u2028é\\t"


def test_no_value_closes_the_fence_of_the_configuration() -> None:
    block = code_block({"a": "````\n```", "b": "é\udcff"})
    fence = block.split("yaml")[0]
    assert set(fence) == {"`"}
    assert block.count(fence) == 2
    assert (
        yaml.safe_load(block.removeprefix(f"{fence}yaml\n").removesuffix(fence))["a"] == "````\n```"
    )


@pytest.mark.parametrize("value", [0.0, 0.01, 1e-4, 4.4321e-4, 9.999, 95.123, 1e-30, 123456.7])
def test_a_required_tolerance_is_never_rounded_down(value: float) -> None:
    assert float(ceiling(value)) >= value
    assert float(ceiling(value)) <= value * 1.01


def test_small_words() -> None:
    assert [number(v) for v in (None, 3, 5e-7, 0.25, float("nan"))] == [
        "–",
        "3",
        "5e-7",
        "0.25",
        "NaN",
    ]
    assert ceiling(float("nan")) == "NaN"
    assert listing([]) == ""
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing(["a", "b", "c"], limit=2) == "a, b and 1 more"


def test_the_report_is_the_same_every_time(tmp_path: Path) -> None:
    assert write([make_run(tmp_path / "a", BROKEN)]) == write([make_run(tmp_path / "b", BROKEN)])


def test_the_report_holds_no_path_of_the_machine(tmp_path: Path) -> None:
    assert str(tmp_path) not in write([make_run(tmp_path, BROKEN)])


def test_the_configuration_can_be_taken_from_it(tmp_path: Path) -> None:
    report = write([make_run(tmp_path, SAME)])
    fence, body = re.search(r"\n(`{4,})yaml\n(.*?)\n\1\n", report, re.DOTALL).groups()
    assert fence == "````"
    assert yaml.safe_load(body) == CONFIG


def test_nothing_compared_is_no_success(tmp_path: Path) -> None:
    report = write([make_run(tmp_path, NOTHING)])
    assert "**Verdict: NOTHING COMPARED**" in report
    assert not re.search(r"\bpass\b|sees what", report, re.IGNORECASE)
    assert row(report, "geometry: ")[7:13] == [
        "–",
        "–",
        "–",
        "–",
        "0.01 px and 0.0001 in score",
        "nothing compared",
    ]
    assert "Add images that show objects" in section(report, "### Recommendations")


def test_unreadable_images_stand_there_with_their_reason(tmp_path: Path) -> None:
    reasons = {arm: {"empty.png": "the file | is empty"} for arm in SAME}
    report = write([make_run(tmp_path, SAME, reasons=reasons)])
    assert "| empty.png | the file \\| is empty | every arm |" in report
    assert row(report, "empty.png")[1:] == ["unreadable"] * 3 + ["–"] * 3 + ["unreadable"]
    assert "Repair or remove 1 image" in section(report, "### Recommendations")


def test_an_image_that_one_arm_cannot_read_fails(tmp_path: Path) -> None:
    reasons = {"onnx-fp32": {"empty.png": "the file is empty"}}
    report = write([make_run(tmp_path, SAME, reasons=reasons)])
    assert row(report, "empty.png")[-3:] == ["read by one arm only"] * 2 + ["fail"]
    assert "**Verdict: FAIL**" in report
    assert "1 image read by one arm only (allowed 0)" in report


def test_long_tables_are_cut_and_say_so(tmp_path: Path) -> None:
    names = [f"{i:04d}.png" for i in range(MOST_ROWS + 7)]
    arms = {
        "pytorch-rect": {name: [PERSON] for name in names},
        "onnx-fp32": {name: [CAR] for name in names},
    }
    settings = {"x": comparison("deployment", "pytorch-rect", "onnx-fp32", gated=True)}
    report = write([make_run(tmp_path, arms, settings=settings)], worst=3)
    assert "7 more images in comparison_results.json" in section(report, "### Images")
    assert report.count("\n#### 0") == MOST_DETAILS
    assert f"{len(names) - MOST_DETAILS} more images in comparison_results.json" in report
    assert len(re.findall(r"\[every arm\]", report)) == 3


def test_several_models_have_a_section_each(tmp_path: Path) -> None:
    runs = [make_run(tmp_path, SAME), make_run(tmp_path, BROKEN, model="mine")]
    report = write(runs)
    assert report.index("\n## yolo11n\n") < report.index("\n## mine\n")
    assert report.index("- FAIL mine") < report.index("- PASS yolo11n")
    assert "../plot/mine/comparison_plots.png" in report


def test_notes_are_repeated(tmp_path: Path) -> None:
    report = write([make_run(tmp_path, SAME, note="The samples_ were used.")])
    assert "Note: The samples\\_ were used." in report


def attribution(run: Run) -> Attribution:
    return attribute(next(deployments(results_of(run))))


def test_geometry_and_runtime_are_told_apart(tmp_path: Path) -> None:
    assert attribution(make_run(tmp_path / "a", SAME)) == Attribution(differing=2, geometry=2)
    broken = attribution(make_run(tmp_path / "b", BROKEN))
    assert broken == Attribution(differing=3, runtime=1, both=2)
    same = dict.fromkeys(SAME, SAME["pytorch-rect"])
    assert attribution(make_run(tmp_path / "c", same)) == Attribution()


def test_a_wide_tolerance_of_the_runtime_hides_no_cause(tmp_path: Path) -> None:
    wide = {"missing": 9, "extra": 9, "box_px": 99, "score": 1}
    settings = {**EFFECTS, "runtime-fp32": {**EFFECTS["runtime-fp32"], "tolerance": wide}}
    run = make_run(tmp_path, BROKEN, settings=settings)
    assert results_of(run)["comparisons"]["runtime-fp32"]["passed"]
    assert attribution(run) == Attribution(differing=3, runtime=1, both=2)


def test_an_export_on_the_reference_geometry_has_only_a_runtime(tmp_path: Path) -> None:
    settings = {
        "geometry": EFFECTS["geometry"],
        "runtime-dyn": comparison("runtime", "pytorch-rect", "onnx-fp32", gated=True),
        "deployment-dyn": comparison("deployment", "pytorch-rect", "onnx-fp32"),
    }
    run = make_run(tmp_path, BROKEN, settings=settings)
    assert attribution(run) == Attribution(differing=3, runtime=3)
    assert "dynamic: true" not in " ".join(findings.recommendations(results_of(run)))


def test_without_a_control_of_its_size_what_differs_in_both_is_unknown(tmp_path: Path) -> None:
    arms = {**BROKEN, "pytorch-square-320": SAME["pytorch-square"]}
    settings = {
        "geometry": EFFECTS["geometry"],
        "runtime-s": comparison("runtime", "pytorch-square-320", "onnx-fp32", gated=True),
        "deployment-s": comparison("deployment", "pytorch-rect", "onnx-fp32"),
    }
    assert attribution(make_run(tmp_path / "a", arms, settings=settings)) == Attribution(
        differing=3, unknown=3
    )
    arms = {**SAME, "pytorch-square-320": SAME["pytorch-square"]}
    run = make_run(tmp_path / "b", arms, settings=settings)
    assert attribution(run) == Attribution(differing=2, geometry=2)
    assert "gets images at 320×320" in " ".join(findings.recommendations(results_of(run)))


def test_recommendations_follow_from_the_numbers(tmp_path: Path) -> None:
    good = " ".join(findings.recommendations(results_of(make_run(tmp_path / "a", SAME))))
    assert "nothing to mend in the runtime of onnx-fp32" in good
    assert "export with dynamic: true" in good
    assert "Do not deploy" not in good

    bad = " ".join(findings.recommendations(results_of(make_run(tmp_path / "b", BROKEN))))
    assert "nothing to mend" not in bad
    assert "Do not deploy onnx-fp32 while it fails runtime-fp32" in bad
    assert "3 missing detections, 3 extra detections" in bad

    point = ([30.0, 30.0, 30.0, 30.0], 0.9, 0)
    degenerate = {**SAME, "onnx-fp32": {name: [point] for name in SAME["onnx-fp32"]}}
    worse = " ".join(findings.recommendations(results_of(make_run(tmp_path / "c", degenerate))))
    assert "its pre- or post-processing rather than to the network" in worse
    assert "3 × no area" in worse


def test_a_wide_tolerance_is_not_called_floating_point(tmp_path: Path) -> None:
    wide = {"missing": 0, "extra": 0, "box_px": 5, "score": 0.1}
    settings = {"r": comparison("runtime", "pytorch-rect", "onnx-fp32", gated=True, tolerance=wide)}
    arms = {
        "pytorch-rect": {"one.png": [PERSON]},
        "onnx-fp32": {"one.png": [([22.0, 20.0, 60.0, 100.0], 0.88, 0)]},
    }
    said = " ".join(
        findings.recommendations(results_of(make_run(tmp_path, arms, settings=settings)))
    )
    assert "stays within the tolerance that was set for it" in said
    assert "nothing to mend" not in said


def test_hostile_fixture_is_hostile() -> None:
    assert json.loads(json.dumps(HOSTILE)) == HOSTILE
    assert set("|`<>\n*[]{}\u202e") <= set(HOSTILE)
