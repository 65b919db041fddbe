"""The files around the code: version, citation, hooks and issue forms agree with the project."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from parity.diagnosis.stages import STAGE_TITLES
from tests.conftest import ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
FIELDS = {"checkboxes", "dropdown", "input", "markdown", "textarea"}
"""What GitHub allows in the body of an issue form."""


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def test_the_citation_has_the_version_and_licence_of_the_project() -> None:
    citation = read("CITATION.cff")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["authors"] == [{"name": "The yolo-parity contributors"}]
    assert {"cff-version", "message", "title"} <= set(citation)


def test_the_changelog_begins_with_the_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == version()
    assert headings == sorted(headings, reverse=True)


def test_the_hooks_run_what_make_lint_runs() -> None:
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert lint
    (repository,) = read(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["entry"].startswith(".venv/bin/python -m ")
        assert f"-m {hook['name']}" in lint[1]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_is_one_that_github_takes(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    assert {"name", "description", "body"} <= set(form)
    assert {field["type"] for field in form["body"]} <= FIELDS
    identifiers = [field["id"] for field in form["body"]]
    assert len(identifiers) == len(set(identifiers))
    assert all(field["attributes"]["label"] for field in form["body"])


def test_the_form_for_a_missing_fault_lists_the_stages() -> None:
    (stages,) = [
        field["attributes"]["options"]
        for field in read(".github/ISSUE_TEMPLATE/missing_fault.yml")["body"]
        if field["type"] == "dropdown"
    ]
    assert stages[:-1] == list(STAGE_TITLES.values())


def test_there_are_issue_forms() -> None:
    assert {path.stem for path in FORMS} == {"missing_fault", "wrong_diagnosis"}


def test_the_hosted_ci_runs_targets_of_the_makefile_on_what_there_is() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (job,) = read(".github/workflows/tests.yml")["jobs"].values()
    runs = job["strategy"]["matrix"]["include"]
    assert {"lint", "test"} <= {run["target"] for run in runs}
    for run in runs:
        assert re.search(rf"^{run['target']}:.*$", makefile, re.MULTILINE)
    assert any(step.get("run", "").startswith("make ") for step in job["steps"])
    (small,) = (run["args"].split()[-1] for run in runs if run["target"] == "run")
    assert (ROOT / small / "config.yaml").is_file()


def test_the_workflow_catalogue_gets_what_it_asks_for() -> None:
    usage = read(".snakemake-workflow-catalog.yml")["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["software-stack-deployment"]["conda"], "every rule names its environment"
    assert (ROOT / "config" / "README.md").is_file()
