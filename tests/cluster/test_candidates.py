"""Candidates that are dropped once they are detections."""

import re

import pytest

from tests.cluster.harness import LOCAL, Project

pytestmark = [pytest.mark.slow, pytest.mark.cluster]

CONFIG = "images: photographs\nimages_per_job: 3\nkeep_candidates: false\n"


@pytest.fixture
def executor() -> object:
    return LOCAL


def test_dropped_candidates_are_missed_only_where_they_are_needed(
    project: Project, undisturbed: dict[str, str]
) -> None:
    (project.root / project.config).write_text(CONFIG)
    project.rerun()
    assert not list((project.root / "results").glob("infer_*/**/*.npz"))
    kept = {path: digest for path, digest in undisturbed.items() if "infer_" not in path}
    assert project.digests() == kept
    assert "Nothing to do" in project.run().text
    (project.root / project.config).write_text(CONFIG + "thresholds: {conf: 0.3}\n")
    planned = project.run("--dry-run").text
    assert re.search(rf"^infer_onnx +{len(project.targets)}$", planned, re.MULTILINE)
