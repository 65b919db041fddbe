"""What the report says of a diagnosis, and its figure."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from jinja2 import Environment
from markupsafe import escape

from parity.data.batch_files import Batch
from parity.data.reading import read_image
from parity.diagnosis.document import DiagnosisDocument
from parity.documents import save
from parity.external.observations import Declared
from parity.files import write_json
from parity.provenance import sha256
from parity.reporting.diagnosis_verdict import advice, verdict_sentence
from parity.reporting.figures.diagnosis import write_diagnosis_figure
from parity.reporting.html import page
from parity.reporting.markdown import report
from parity.reporting.views.blocks import (
    Block,
    CodeTabs,
    Facts,
    Group,
    Sentences,
    Table,
    every_block,
)
from parity.reporting.views.diagnosis import NOT_RUN, blocks_of, fix_of, odds, prepare
from parity.reporting.views.section import Model
from tests.report_documents import BGR, DIAGNOSIS, FIXED, REPRODUCED, waterfall_step
from tests.synthetic import GROUND, HOSTILE, SAME, make_run

SHEAR = replace(BGR, name="shear", title="Sheared image")
TWO = {"faults": (BGR, SHEAR), "titles": {"bgr": BGR.title, "shear": SHEAR.title}}


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({}, 'external-mine has 1 fault: "Colours swapped (BGR instead of RGB)".'),
        (
            TWO,
            (
                'external-mine has 2 faults: "Colours swapped (BGR instead of RGB)" and "Sheared '
                'image".'
            ),
        ),
        (
            {"verdict": "correct", "faults": ()},
            (
                "external-mine is correct: fp32 with correct preprocessing and postprocessing "
                "returns its boxes."
            ),
        ),
        (
            {"verdict": "correct", "faults": (), "reproduced": replace(REPRODUCED, exact=0.95)},
            (
                "No fault of the catalogue was found in external-mine, but 5 % of its boxes differ "
                "from those of fp32 with correct preprocessing and postprocessing."
            ),
        ),
        (
            {"verdict": "unknown", "faults": ()},
            (
                "No fault of the catalogue explains the boxes of external-mine; it probably "
                "differs first in this stage: input tensor."
            ),
        ),
        (
            {"verdict": "unknown", "first_difference": ""},
            (
                "No fault of the catalogue explains the boxes of external-mine. The closest "
                "explanation: "
                '"Colours swapped (BGR instead of RGB)".'
            ),
        ),
    ],
)
def test_the_verdict_is_a_sentence(own: dict[str, Any], sentence: str) -> None:
    assert verdict_sentence(replace(DIAGNOSIS, **own)) == sentence


def test_advice_is_how_to_fix_it() -> None:
    (said,) = advice(DIAGNOSIS)
    assert "external-mine has 1 fault" in said
    assert BGR.fix in said
    assert advice(replace(DIAGNOSIS, verdict="correct", faults=())) == []


def blocks(diagnosis: DiagnosisDocument = DIAGNOSIS) -> list[Block]:
    return [*every_block(blocks_of(diagnosis, "mine.jpg"))]


def group(title: str, diagnosis: DiagnosisDocument = DIAGNOSIS) -> str:
    """Return the sentences of a group as one text; nothing where there is no such group."""
    found = (each for each in blocks(diagnosis) if isinstance(each, Group) and each.title == title)
    sentences = (block for each in found for block in each.blocks if isinstance(block, Sentences))
    return " ".join(item for block in sentences for item in block.items)


def table(caption: str, diagnosis: DiagnosisDocument = DIAGNOSIS) -> tuple[tuple[str, ...], ...]:
    found = (b for b in blocks(diagnosis) if isinstance(b, Table) and b.caption == caption)
    return next((each.rows for each in found), ())


def test_what_is_said_of_a_fault() -> None:
    facts = next(block for block in blocks() if isinstance(block, Facts))
    said = {fact.name: fact.value for fact in facts.facts}
    assert said["What it costs"] == (
        "As the only fault, it would leave a panoptic quality of 0.6000. Here it accounts for "
        "100 % of what is lost."
    )
    assert said["How to fix it"] == BGR.fix
    assert said["Stage"] == "input tensor"
    assert said["Reported before"] == BGR.reference
    (code,) = (block for block in blocks() if isinstance(block, CodeTabs))
    assert {tab.language: tab.text for tab in code.tabs} == BGR.fixes
    assert {tab.title: tab.note for tab in code.tabs} == {"Python": "", "C++": "", "Swift": NOT_RUN}


def rendered(made: Environment, kind: str) -> str:
    text = f'{{% from "blocks.{kind}.j2" import render %}}{{{{ render(blocks) }}}}'
    return made.from_string(text).render(blocks=[fix_of(BGR)])


def test_a_fix_is_escaped_and_its_first_language_is_chosen() -> None:
    text = rendered(page.environment(page.Places(Path(), "", {})), "html")
    assert [f"<code>{escape(lines)}</code>" in text for lines in BGR.fixes.values()] == [True] * 3
    assert "<b>" not in text
    assert text.count(" checked") == 1
    assert text.index('value="python" checked') < text.index('value="cpp"')
    assert text.count(NOT_RUN) == 1


def test_markdown_shows_a_fix_in_python_and_folds_it_in_cpp() -> None:
    text = rendered(report.environment(Path()), "md")
    python, cpp, swift = BGR.fixes.values()
    assert f"\n```python\n{python}\n```\n\n<details><summary>C" in text
    assert f"</summary>\n\n```cpp\n{cpp}\n```\n\n</details>\n" in text
    assert swift not in text
    assert "in other languages, too: Swift." in text


def test_the_evidence_is_in_numbers() -> None:
    said = group("Evidence")
    assert "Of 8 boxes in 1 image, this explanation reproduces 100 % to the last digit" in said
    assert 'The next best explanation ("Grey image") is 20.1 times less likely.' in said
    assert "The search ran the network 3 times." in said
    before, after = table("Before and after")
    assert before[:5] == ("the observed boxes", "7 of 10", "3", "1", "0")
    assert after[:2] == ("after the fix", "10 of 10")
    caption = "From PyTorch to these boxes, one step at a time"
    assert table(caption)[1] == (BGR.title, "7", "3", "1", "0.7000", "100 %")


def test_what_is_open_is_said_by_titles() -> None:
    assert "Boxes not clipped to the image" in group("What these boxes cannot tell")
    assert "Confidence threshold 0.5 (harmless)" in group("What was inferred")
    declared = replace(DIAGNOSIS, declared=Declared(conf=0.5))
    assert (
        "PyTorch is compared at the thresholds of external-mine: conf 0.5 (declared), IoU 0.7 "
        "(not declared) and max_det 300 (not declared)." in group("What was inferred", declared)
    )
    assert not group("How to learn more", replace(DIAGNOSIS, ask=()))


def test_where_nothing_is_lost_there_is_no_waterfall() -> None:
    same = replace(DIAGNOSIS, waterfall=(waterfall_step(FIXED, kind="unexplained"),), faults=())
    assert not table("From PyTorch to these boxes, one step at a time", same)


@pytest.mark.parametrize(("margin", "text"), [(0, "1 times"), (50, "more than a million times")])
def test_odds(margin: float, text: str) -> None:
    assert odds(margin) == text


def test_each_diagnosis_of_a_model_has_a_group(tmp_path: Path) -> None:
    paths = [tmp_path / "diagnose/yolo11n" / f"{name}.json" for name in ("a", "b")]
    for path in paths:
        save(path, replace(DIAGNOSIS, external=path.stem))
    results = make_run(tmp_path, SAME).load()
    found = prepare(Model(results, {"diagnoses": tuple(map(str, paths))}))
    assert found
    assert [block.title for block in found.blocks if isinstance(block, Group)] == [
        "external-a",
        "external-b",
    ]
    assert prepare(Model(results, {})) is None


def test_the_figure_is_drawn_and_the_same_every_time(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    cv2.imwrite(str(image), np.full((60, 80, 3), GROUND, np.uint8))
    save(tmp_path / "d.json", DIAGNOSIS)
    listed = {"name": HOSTILE, "path": str(image), "sha256": sha256(image)}
    write_json(tmp_path / "batch.json", Batch.SCHEMA, {"images": [listed]})
    drawn = [tmp_path / "1.jpg", tmp_path / "2.jpg"]
    for path in drawn:
        write_diagnosis_figure(tmp_path / "d.json", [str(tmp_path / "batch.json")], path)
    assert drawn[0].read_bytes() == drawn[1].read_bytes()
    assert np.ptp(read_image(drawn[0])) > 200
