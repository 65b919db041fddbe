"""The verdict in the formats of continuous integration, for every kind of verdict."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from parity.comparison.tolerances import Tolerance
from parity.diagnosis.document import Undiagnosed
from parity.documents import load, save
from parity.integrity import seal
from parity.reporting.ci.badge import MESSAGES, badge_of
from parity.reporting.ci.files import FORMATS
from parity.reporting.ci.junit import junit_of
from parity.reporting.ci.summary import summary_of
from parity.reporting.diagnosis_verdict import STATES, Diagnosed
from parity.reporting.run_verdict import RunVerdict, verdict_of
from parity.reporting.verdict import amounts_of
from scripts.verdict import main
from tests.contrast import contrast
from tests.report_documents import CORRECT, DIAGNOSIS, HARMLESS, UNKNOWN
from tests.synthetic import BROKEN, HOSTILE, NOTHING, SAME, THRESHOLDS, make_run

SCHEMA = json.loads(Path("schemas/verdict.schema.json").read_text())
REPORT = "results/report/analysis_report.md"
EVIL = HOSTILE.replace("/", "|") + "\x00]]>&amp;"
UNREAD = Undiagnosed("yolo11n", "torn", "fp32", "pytorch-square", THRESHOLDS, f"Line 3: {EVIL}")


def named(found: Diagnosed) -> Diagnosed:
    return replace(found, model="yolo11n")


KINDS: dict[str, tuple[dict[str, Any], list[Diagnosed], str, str]] = {
    "pass": (SAME, [], "pass", "fine"),
    "fail": (BROKEN, [], "fail", "wrong"),
    "nothing compared": (NOTHING, [], "nothing compared", "unknown"),
    "unread": (SAME, [UNREAD], "fail", "unread"),
    "wrong program": (SAME, [named(DIAGNOSIS)], "pass", "wrong"),
    "unexplained program": (SAME, [named(UNKNOWN)], "pass", "unexplained"),
    "harmless program": (SAME, [named(HARMLESS)], "pass", "harmless"),
    "correct program": (SAME, [named(CORRECT)], "pass", "fine"),
}


@pytest.fixture(params=KINDS)
def told(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[RunVerdict, str, str]:
    arms, diagnoses, verdict, state = KINDS[request.param]
    results = make_run(tmp_path, arms).load()
    return verdict_of([results], diagnoses, {}, report=REPORT), verdict, state


@pytest.fixture
def hostile(tmp_path: Path) -> RunVerdict:
    results = make_run(tmp_path, BROKEN).load()
    evil = replace(results, model=EVIL, comparisons={EVIL: results.comparisons["runtime-fp32"]})
    program = replace(DIAGNOSIS, model=EVIL, external=EVIL)
    return verdict_of([evil], [program], {}, report=REPORT)


def valid_json(verdict: RunVerdict, folder: Path) -> Any:
    """Save a verdict; return what is strictly JSON and of the published schema."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    save(folder / "verdict.json", verdict)
    written = json.loads((folder / "verdict.json").read_text(), parse_constant=refuse)
    Draft202012Validator(SCHEMA).validate(written)
    return written


def test_the_schema_is_a_schema_that_describes_every_field() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for part in (SCHEMA, *(each for each in SCHEMA["$defs"].values() if "properties" in each)):
        assert set(part["required"]) == set(part["properties"])
        assert part["additionalProperties"] is False
    assert SCHEMA["properties"]["schema"]["const"] == f"yolo-parity/{RunVerdict.SCHEMA}"
    assert set(SCHEMA["properties"]) == {field.name for field in fields(RunVerdict)} | {
        "schema",
        "digest",
    }
    assert tuple(SCHEMA["$defs"]["state"]["enum"]) == STATES


def test_every_verdict_is_of_its_schema(told: tuple[RunVerdict, str, str], tmp_path: Path) -> None:
    found, verdict, state = told
    written = valid_json(found, tmp_path)
    assert (written["verdict"], written["state"]) == (verdict, state)
    assert (written["answers"]["exit_code"] == 1) == (verdict in ("fail", "nothing compared"))


def test_a_schema_refuses_what_is_no_verdict(
    told: tuple[RunVerdict, str, str], tmp_path: Path
) -> None:
    written = valid_json(told[0], tmp_path)
    for changed in ({**written, "more": 1}, {**written, "state": "good"}, {"schema": "x"}):
        assert list(Draft202012Validator(SCHEMA).iter_errors(changed))


def test_numbers_that_are_not_finite_are_null(hostile: RunVerdict, tmp_path: Path) -> None:
    endless = amounts_of(Tolerance(box_px=float("nan"), score=float("inf")), "detect")
    gate = replace(hostile.gates[0], measured=endless)
    written = valid_json(replace(hostile, gates=(gate,)), tmp_path)
    measured = written["gates"][0]["measured"]
    counts, differences = {"missing": 0, "extra": 0, "unread": 0}, {"box_px", "score"}
    others = {"mask", "keypoint_px", "visibility"}  # those that the task does not have
    assert measured == counts | dict.fromkeys(differences | others)


RESULTS = {"failure", "error", "skipped", "system-out"}


def parsed_junit(text: str) -> dict[tuple[str, str], ET.Element]:
    """Return the tests of JUnit XML by class and name, after checking its structure."""
    root = ET.fromstring(text)  # noqa: S314 - written by the code under test
    assert root.tag == "testsuites"
    tests: dict[tuple[str, str], ET.Element] = {}
    for element in (root, *root):
        inside = list(element.iter("testcase"))
        for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped",) * 2):
            assert int(element.attrib[attribute]) == sum(len(each.findall(tag)) for each in inside)
        assert int(element.attrib["tests"]) == len(inside)
        assert set(element.attrib) == {"name", "tests", "failures", "errors", "skipped"}
    for suite in root:
        assert suite.tag == "testsuite"
        for test in suite:
            assert test.tag == "testcase"
            assert set(test.attrib) == {"classname", "name"}
            (result,) = test
            assert result.tag in RESULTS
            assert (result.text if result.tag == "system-out" else result.attrib["message"]).strip()
            key = test.attrib["classname"], test.attrib["name"]
            assert key not in tests
            tests[key] = result
    return tests


def test_junit_fails_where_the_run_does(told: tuple[RunVerdict, str, str]) -> None:
    found, _, state = told
    tests = parsed_junit(junit_of(found))
    failing = any(each.tag in ("failure", "error") for each in tests.values())
    assert failing == (found.answers.exit_code == 1)
    gate = tests["yolo11n.gates", "runtime-fp32"]
    expected = {"fail": "failure", "nothing compared": "failure"}.get(found.gates[0].verdict)
    assert gate.tag == (expected or "system-out")
    assert len(tests) == len(found.gates) + len(found.externals)
    for name in found.externals:
        result = tests["yolo11n.diagnoses", name]
        skipped = {"unread": "error", "wrong": "skipped", "unexplained": "skipped"}
        assert result.tag == skipped.get(state, "system-out")
        said = result.text if result.tag == "system-out" else result.attrib["message"]
        assert said in {
            answer.sentence.replace("\n", "\\n") for answer in found.answers.answers
        } or (state == "unread")


def test_hostile_names_stay_text_in_xml(hostile: RunVerdict) -> None:
    tests = parsed_junit(junit_of(hostile))
    assert len(tests) == 2
    svg = ET.fromstring(badge_of(hostile))  # noqa: S314 - written by the code under test
    assert {each.tag.partition("}")[2] for each in svg.iter()} <= {
        "svg",
        "title",
        "rect",
        "g",
        "text",
    }
    for text in (junit_of(hostile), badge_of(hostile)):
        assert "<img" not in text
        assert "\u202e" not in text
        assert "\x00" not in text


def test_hostile_names_stay_text_in_the_summary(hostile: RunVerdict) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(summary_of(hostile))
    kinds = {token.type for token in tokens}
    kinds |= {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block"}
    assert sum(token.type == "heading_open" for token in tokens) == 1
    (rows,) = [[t for t in tokens if t.type == "td_open"]]
    assert len(rows) == 6


def test_the_summary_says_the_answer_first_and_is_short(told: tuple[RunVerdict, str, str]) -> None:
    found, _, state = told
    said = summary_of(found)
    assert said.startswith("### yolo-parity: ")
    assert said.index(f"- **{MESSAGES[state][0]}**: ") < said.index("The exit code is ")
    assert f"| runtime-fp32 | {found.gates[0].verdict} |" in said
    assert "`runtime-fp32`" in said
    assert said.endswith("The report is in results/report.\n")
    assert len(said) < 4000


def test_a_summary_of_many_answers_stays_short(told: tuple[RunVerdict, str, str]) -> None:
    found = told[0]
    many = replace(
        found,
        gates=found.gates * 500,
        answers=replace(found.answers, answers=found.answers.answers * 500),
    )
    said = summary_of(many)
    assert "more in the report" in said
    assert len(said) < 8000


def test_a_badge_can_be_read() -> None:
    assert set(MESSAGES) == set(STATES)
    for _, colour in MESSAGES.values():
        assert contrast(colour, "white") >= 4.5


def test_a_badge_says_the_worst(told: tuple[RunVerdict, str, str]) -> None:
    found, verdict, state = told
    svg = ET.fromstring(badge_of(found))  # noqa: S314 - written by the code under test
    said = svg.attrib["aria-label"]
    failed = found.answers.exit_code == 1
    assert failed == (verdict != "pass"), "a gate that compared nothing fails, too"
    assert said == f"parity: {'fail: ' if failed else ''}{MESSAGES[state][0]}"
    boxes = [each.attrib for each in svg.iter() if each.tag.endswith("rect")]
    texts = [each.attrib for each in svg.iter() if each.tag.endswith("text")]
    assert float(texts[0]["x"]) + float(texts[0]["textLength"]) < float(boxes[1]["x"])
    assert float(texts[1]["x"]) + float(texts[1]["textLength"]) < float(svg.attrib["width"])


def test_the_rule_writes_every_format_pass_or_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, arms in {"same": SAME, "broken": BROKEN}.items():
        run = make_run(tmp_path / name, arms)
        destination = tmp_path / name / "verdict" / "verdict.json"
        main(
            results=[run.results],
            diagnoses=[],
            accuracies=[],
            report=REPORT,
            destination=str(destination),
        )
        assert capsys.readouterr().out
        verdict = load(destination, RunVerdict)
        made: dict[str, Callable[[RunVerdict], str]] = FORMATS
        for file, written in made.items():
            text = (destination.parent / file).read_bytes()
            own = written(verdict).encode()
            assert text == own + seal(own, Path(file).suffix)
            assert file != "junit.xml" or ET.fromstring(text).tag == "testsuites"  # noqa: S314
