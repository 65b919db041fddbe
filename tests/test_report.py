"""The Markdown report says what the results hold, and nothing that a name smuggles in."""

import re
from pathlib import Path

import pytest
import yaml

from parity.reporting.markdown.escaping import escape_markdown
from parity.reporting.views.blocks import MOST_ROWS
from parity.reporting.views.images import MOST_DETAILS
from parity.reporting.wording import number
from tests.reports import CONFIG
from tests.reports import write as write_both
from tests.synthetic import BROKEN, CAR, NOTHING, PERSON, SAME, Run, comparison, make_run


def write(*runs: Run, worst: int = 200) -> str:
    """Return the Markdown report on some runs."""
    return write_both(runs, worst=worst).markdown


def images_of(report: str) -> str:
    """Return the section on images of a report."""
    return report.partition("\n### Images\n")[2]


def row(report: str, start: str) -> list[str]:
    """Return the cells of the first row of a table whose first cell starts so."""
    line = next(line for line in report.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def section(report: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one."""
    return report.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]


def test_numbers_are_those_of_the_results(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    report = write(run)
    for name, each in run.load().comparisons.items():
        cells = row(report, f"{name}: ")
        assert cells[1] == f"{each.images_differing} of {each.images}"
        counts = (each.matched, each.missing, each.extra, each.flipped, each.unread)
        assert cells[2:7] == [str(many) for many in counts]
        spreads = each.distributions.box_px, each.distributions.score
        for cell, spread in zip(cells[7:9], spreads, strict=True):
            assert cell == f"{number(spread.max)} / {number(spread.p95)}"
        assert float(cells[9]) == pytest.approx(each.distributions.iou.mean, abs=1e-4)
        assert ("decides the verdict" in cells[11]) == each.gated


def test_images_are_listed_worst_first_with_the_detections_of_each_arm(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    report = write(run)
    shown = section(report, "#### All images in a table").split(" --- |\n", 1)[1].splitlines()
    images = run.load().images
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in shown[:3]]
    assert [each[0] for each in cells] == [escape_markdown(image.name) for image in images]
    for each, image in zip(cells, images, strict=True):
        assert each[1:4] == [str(arm.detections) for arm in image.arms.values()]
    by_name = {each[0]: each for each in cells}
    assert by_name["one.png"][-1] == "fail"
    assert by_name["one.png"][5] == "1 missing, 1 class-flipped"
    assert by_name["empty.png"][4:] == ["nothing detected", "1 extra", "1 extra", "fail"]


def test_details_name_the_objects(tmp_path: Path) -> None:
    details = section(write(make_run(tmp_path, BROKEN)), "##### one.png")
    assert "- pytorch-rect: person 90.0 % and car 60.0 %" in details
    assert "missing: person 85.0 % at (23, 20) to (60, 100)" in details
    assert "class-flipped: car 60.0 % became &lt;b&gt;\\|\\`x\\`\\\\n\\$y\\$ 50.0 %" in details


def test_links_lead_to_files(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    links = re.findall(r"(?<!\\)\]\((\S+)\)", write(run))
    assert "../plot/yolo11n/comparison_plots.png" in links
    assert len(links) > len(SAME["onnx-fp32"])
    for link in links:
        assert (run.folder / "report" / link).is_file(), link


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    report = write(make_run(tmp_path, BROKEN))
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


def test_the_report_is_the_same_every_time(tmp_path: Path) -> None:
    assert write(make_run(tmp_path / "a", BROKEN)) == write(make_run(tmp_path / "b", BROKEN))


def test_the_report_holds_no_path_of_the_machine(tmp_path: Path) -> None:
    assert str(tmp_path) not in write(make_run(tmp_path, BROKEN))


def test_the_configuration_can_be_taken_from_it(tmp_path: Path) -> None:
    report = write(make_run(tmp_path, SAME))
    fence, body = re.search(r"\n(`{4,})yaml\n(.*?)\n\1\n", report, re.DOTALL).groups()
    assert fence == "````"
    assert yaml.safe_load(body) == CONFIG


def test_nothing_compared_is_no_success(tmp_path: Path) -> None:
    report = write(make_run(tmp_path, NOTHING))
    assert "- Nothing is known of the export `fp32`: neither PyTorch nor" in report
    assert not re.search(r"\bpass(es)?\b|agrees with|is fine", report, re.IGNORECASE)
    assert row(report, "geometry: ")[7:12] == [
        "–",
        "–",
        "–",
        "0.01 px and 0.0001 in score",
        "nothing compared",
    ]
    assert "Add images that show objects" in section(report, "#### What to do")


def test_unreadable_images_stand_there_with_their_reason(tmp_path: Path) -> None:
    reasons = {arm: {"empty.png": "the file | is empty"} for arm in SAME}
    report = write(make_run(tmp_path, SAME, reasons=reasons))
    assert "| empty.png | the file \\| is empty | every arm |" in report
    assert row(images_of(report), "empty.png")[1:] == ["unreadable"] * 3 + ["–"] * 3 + [
        "unreadable"
    ]
    assert "Repair or remove 1 image" in section(report, "#### What to do")


def test_an_image_that_one_arm_cannot_read_fails(tmp_path: Path) -> None:
    reasons = {"onnx-fp32": {"empty.png": "the file is empty"}}
    report = write(make_run(tmp_path, SAME, reasons=reasons))
    assert row(images_of(report), "empty.png")[-3:] == ["read by one arm only"] * 2 + ["fail"]
    assert "The exit code is 1, because the gate `runtime-fp32` fails" in report
    assert "1 image read by one arm only (allowed 0)" in report


def test_long_tables_are_cut_and_say_so(tmp_path: Path) -> None:
    names = [f"{i:04d}.png" for i in range(MOST_ROWS + 7)]
    arms = {
        "pytorch-rect": {name: [PERSON] for name in names},
        "onnx-fp32": {name: [CAR] for name in names},
    }
    settings = {"x": comparison("deployment", "pytorch-rect", "onnx-fp32", gated=True)}
    report = write(make_run(tmp_path, arms, settings=settings), worst=3)
    assert "7 more rows in comparison_results.json" in section(report, "#### All images in a table")
    assert report.count("\n##### 0") == MOST_DETAILS
    assert f"{len(names) - MOST_DETAILS} more images in comparison_results.json" in report
    assert len(re.findall(r"\[every arm\]", report)) == 3


def test_several_models_have_a_section_each(tmp_path: Path) -> None:
    runs = [make_run(tmp_path, SAME), make_run(tmp_path, BROKEN, model="mine")]
    report = write(*runs)
    assert report.index("\n## yolo11n\n") < report.index("\n## mine\n")
    fails, passes = (f"- {model} – The export `fp32` " for model in ("mine", "yolo11n"))
    assert report.index(f"{fails}exceeds") < report.index(f"{passes}is fine")
    assert "../plot/mine/comparison_plots.png" in report


def test_notes_are_repeated(tmp_path: Path) -> None:
    report = write(make_run(tmp_path, SAME, note="The samples_ were used."))
    assert "Note: The samples\\_ were used." in report
