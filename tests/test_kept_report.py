"""The report that is kept stands alone, says what has changed, and outlasts the next run."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from parity.reporting.hooks.index_of_reports import INDEX, write_index
from parity.reporting.hooks.kept_report import SINCE, TOOK, keep_report, page_of
from parity.reporting.html.templating import TEMPLATES as PAGE_TEMPLATES
from parity.reporting.markdown.report import TEMPLATES as TEXT_TEMPLATES
from tests.test_history import changes, run

PICTURE = "../annotate/m/a%20b.jpg"
HOSTILE = "`<b>mine</b>`: Stretched"
CHANGES = changes(run(), run(HOSTILE))


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the results of a run with a report that leads to a picture."""
    monkeypatch.chdir(tmp_path)
    files = {
        "report/index.html": f'<a href="{PICTURE}">one</a>{SINCE}<a href="../../etc">other</a>',
        "report/analysis_report.md": f"[one]({PICTURE})\n\n{SINCE}\n",
        "report/files/m/details.js": "details",
        "report/files/.hidden": "of Snakemake",
        "annotate/m/a b.jpg": "picture",
    }
    for name, text in files.items():
        path = tmp_path / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "results"


def test_the_copy_stands_alone(results: Path) -> None:
    page = keep_report("day", None)
    assert page == Path("reports/day/index.html")
    found = page.read_text()
    assert found == '<a href="annotate/m/a%20b.jpg">one</a><a href="../../etc">other</a>'
    assert (page.parent / "analysis_report.md").read_text() == "[one](annotate/m/a%20b.jpg)\n\n\n"
    for path in (results / "annotate/m/a b.jpg", results / "report/files/m/details.js"):
        path.unlink()
        path.write_text("of the next run")
    assert (page.parent / "annotate/m/a b.jpg").read_text() == "picture"
    assert (page.parent / "files/m/details.js").read_text() == "details"
    assert not (page.parent / "files/.hidden").exists()


def test_the_copy_says_what_has_changed_and_the_original_does_not(results: Path) -> None:
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    page = keep_report("day", CHANGES)
    assert "new: <code>&lt;b&gt;mine&lt;/b&gt;</code>: Stretched.</p>" in page.read_text()
    assert "<b>" not in (page.parent / "analysis_report.md").read_text()
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


def test_a_run_of_the_same_name_replaces_it_and_another_does_not(results: Path) -> None:
    keep_report("day", None)
    (results / "report/index.html").unlink()
    (results / "report/index.html").write_text("second")
    keep_report("night", None)
    assert "one" in Path("reports/day/index.html").read_text()
    keep_report("day", None)
    assert Path("reports/day/index.html").read_text() == "second"


def test_both_reports_have_room_for_it() -> None:
    for path in (PAGE_TEMPLATES / "index.html.j2", TEXT_TEMPLATES / "analysis_report.md.j2"):
        text = path.read_text()
        assert (text.count(SINCE), text.count(TOOK)) == (1, 1)


def test_the_index_leads_to_the_last_report_of_each_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runs = (run(), run(HOSTILE, name="<i>"), replace(run(HOSTILE), when="2026-12-01T09:00:00"))
    for each in (*runs, run(name="gone")):
        page_of(each.name).parent.mkdir(parents=True, exist_ok=True)
        page_of(each.name).touch()
    shutil.rmtree(page_of("gone").parent)
    write_index((run(name="gone"), *runs))
    page = INDEX.read_text()
    assert page.count("<section>") == 2
    assert page.index('href="config/index.html"') < page.index("&lt;i&gt;")
    assert "1 December 2026, 09:00" in page
    assert page.count("new: <code>&lt;b&gt;mine&lt;/b&gt;</code>: Stretched.") == 1
    assert "<i>" not in page
