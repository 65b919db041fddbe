"""The verdict as JUnit XML, which most systems for continuous integration show as tests.

A gate is a test: it fails if the gate does, and is skipped if nothing was compared. A program that
was diagnosed is a test that never fails, since it does not decide the exit code: it is skipped if
anything is wrong with it. Boxes that cannot be read are an error, because they do. Nothing in the
file depends on the time.
"""

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from parity.errors import printable
from parity.reporting.answer import Answer
from parity.reporting.run_verdict import RunVerdict
from parity.reporting.verdict import FAIL, NOTHING, Gate, overall

SUITES = "yolo-parity"
STATES = {"failure": "failures", "error": "errors", "skipped": "skipped"}
"""Attributes that count tests, by the element that stands in such a test."""


def junit_of(verdict: RunVerdict) -> str:
    """Return the verdict of a run as JUnit XML, a suite per model."""
    root = ET.Element("testsuites", name=SUITES)
    for model in verdict.models:
        suite = ET.SubElement(root, "testsuite", name=printable(model))
        suite.extend(tests_of(verdict, model))
        count_tests(suite)
    count_tests(root)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def tests_of(verdict: RunVerdict, model: str) -> Iterator[ET.Element]:
    """Yield a test per gate and per diagnosed program of a model."""
    for gate in verdict.gates:
        if gate.model == model:
            yield test_of_gate(gate, alone=overall(verdict.gates) == NOTHING)
    for external in verdict.externals:
        for answer in verdict.answers.answers:
            if answer.model == model and answer.anchor.endswith(f"-diagnosis-{external}"):
                yield test_of_program(external, answer)


def test_of_gate(gate: Gate, *, alone: bool) -> ET.Element:
    """Return the test of a gate; one that compared nothing fails if no other compared anything."""
    result = {FAIL: "failure", NOTHING: "failure" if alone else "skipped"}.get(gate.verdict, "")
    return _test(f"{gate.model}.gates", gate.comparison, result, f"{gate.sentence}.")


def test_of_program(external: str, answer: Answer) -> ET.Element:
    """Return the test of a program that was diagnosed."""
    result = {"unread": "error", "fine": "", "harmless": ""}.get(answer.state, "skipped")
    return _test(f"{answer.model}.diagnoses", external, result, answer.sentence)


def _test(suite: str, name: str, result: str, said: str) -> ET.Element:
    test = ET.Element("testcase", classname=printable(suite), name=printable(name))
    if result:
        ET.SubElement(test, result, message=printable(said))
    else:
        ET.SubElement(test, "system-out").text = printable(said)
    return test


def count_tests(element: ET.Element) -> None:
    """Write into an element how many tests are in it, and how many fail or are skipped."""
    tests = list(element.iter("testcase"))
    found = Counter(child.tag for test in tests for child in test)
    element.set("tests", str(len(tests)))
    for tag, attribute in STATES.items():
        element.set(attribute, str(found[tag]))
