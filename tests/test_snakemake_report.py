"""Snakemake's own report: what it holds and what it says of that."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PHOTOS, Workflow


@pytest.fixture(scope="module")
def report(finished: Workflow, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the report of the finished run."""
    project = finished.copy(tmp_path_factory.mktemp("report") / "project")
    made = project.snakemake("--report", "report.html", config=PHOTOS)
    assert made.returncode == 0, made.stdout
    return (project.root / "report.html").read_text()


def part(report: str, name: str) -> Any:
    """Return what the report holds under a name."""
    found = re.search(rf'<script id="{name}">\s*var \w+ = ', report)
    assert found
    return json.JSONDecoder().raw_decode(report[found.end() :])[0]


def test_it_holds_report_page_figures_and_pictures(report: str) -> None:
    names = [Path(path).name for path in part(report, "results")]
    assert {"analysis_report.md", "index.html", "comparison_plots.png"} <= set(names)
    assert any(name.startswith("annotated_") for name in names)
    assert any(name.startswith("difference_") for name in names)


def test_everything_in_it_has_a_caption_and_labels(report: str) -> None:
    for path, result in part(report, "results").items():
        assert len(re.sub(r"<[^>]+>", "", result["caption"]).split()) > 5, path
        assert result["labels"]["model"], path
        assert not re.search(r"{{|}}|{%", result["caption"]), path


def test_everything_in_it_has_a_category(report: str) -> None:
    categories = part(report, "categories")
    assert {"Report", "Comparison", "Pictures"} <= set(categories)
    listed = [path for each in categories.values() for paths in each.values() for path in paths]
    assert sorted(listed) == sorted(part(report, "results"))
    assert "Other" not in categories


def test_it_says_what_is_compared(report: str) -> None:
    assert "see what the PyTorch model sees" in report
