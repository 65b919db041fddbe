"""Every section is in both reports, and says the same in both; a new one needs one module."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from parity.errors import printable
from parity.reporting.html.templating import TEMPLATES as HTML
from parity.reporting.html.templating import spans
from parity.reporting.markdown.escaping import escape_markdown, escape_sentence
from parity.reporting.markdown.report import TEMPLATES as MARKDOWN
from parity.reporting.report import Report, prepare_report
from parity.reporting.views import blocks
from parity.reporting.views.blocks import Block, Code, CodeTabs, Figure, Link, Table, Text
from parity.reporting.views.section import SECTIONS, Model, Section, View
from tests.conftest import ROOT
from tests.report_documents import accuracy
from tests.reports import CONFIG, Written, every_input, write
from tests.synthetic import BROKEN, Run, make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("run"), BROKEN, note="The samples_ were used.")


@pytest.fixture(scope="module")
def written(run: Run) -> Written:
    return write([run], more=every_input(run))


@pytest.fixture(scope="module")
def prepared(run: Run, written: Written) -> Report:  # noqa: ARG001 - writes what is read
    folders = {name: [str(run.folder / rule / "yolo11n")] for name, rule in FOLDERS.items()}
    plots = {"plots": [str(run.folder / "plot" / "yolo11n" / "comparison_plots.png")]}
    return prepare_report(
        {"results": [run.results], **folders, **plots, **every_input(run)}, CONFIG
    )


FOLDERS = {"pictures": "annotate", "browsers": "browse"}


def texts(value: Any) -> Iterator[str]:
    """Yield every text that blocks say; no paths, code, or what only the page draws."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Figure):
        yield value.shows
    elif isinstance(value, Link):
        yield value.text
    elif isinstance(value, Code):
        yield from value.text.splitlines()
    elif isinstance(value, CodeTabs):
        yield value.label
        yield from (tab.title for tab in value.tabs)
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif is_dataclass(value) and not isinstance(value, View):
        for each in fields(value):
            if each.name not in UNSAID:
                yield from texts(getattr(value, each.name))


UNSAID = {"anchor", "model", "image", "side", "correct", "wrong"}
"""Fields that only the page uses."""


def kinds_of_block() -> list[type[Block]]:
    return [
        kind
        for kind in vars(blocks).values()
        if isinstance(kind, type) and issubclass(kind, Block) and kind is not Block
    ]


class Headings(HTMLParser):
    """The headings of a page of one level."""

    def __init__(self, page: str, level: str) -> None:
        super().__init__()
        self.level, self.inside = level, False
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.inside = tag == self.level

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append(data)


def test_every_registered_section_has_something_to_say_here(prepared: Report) -> None:
    (model,) = prepared.models
    assert {section.key for section in model.sections} == set(SECTIONS)
    places = [section.place for section in SECTIONS.values()]
    assert len(set(places)) == len(places)


def test_both_have_the_same_sections_and_text_has_long_lists_last(
    written: Written, prepared: Report
) -> None:
    (model,) = prepared.models
    titles = [section.title for section in model.sections]
    assert Headings(written.page, "h3").found == titles
    lists = ["Images"]
    in_text = [title for title in titles if title not in lists] + lists
    assert re.findall(r"^### (.*)$", written.markdown, re.MULTILINE) == in_text
    behind = ["yolo11n", *(group.title for group in prepared.closing)]
    assert re.findall(r"^## (.*)$", written.markdown, re.MULTILINE) == behind
    assert Headings(written.page, "h2").found[-len(behind) :] == behind


@pytest.mark.parametrize("key", SECTIONS)
def test_both_say_everything_that_a_section_says(
    key: str, written: Written, prepared: Report
) -> None:
    (view,) = (each.view for each in prepared.models[0].sections if each.key == key)
    own = (getattr(view, name, ()) for name in ("blocks", "kinds", "maps"))
    said = [text for each in own for text in texts(each) if text]
    assert said
    for text in said:
        assert shown_in_page(text, written.page), text
        assert shown_in_markdown(text, written.markdown), text


def test_both_say_what_stands_before_and_behind_the_models(
    written: Written, prepared: Report
) -> None:
    said = (prepared.question, *prepared.notes, *prepared.closing)
    for text in (text for each in said for text in texts(each)):
        assert shown_in_page(text, written.page), text
        assert shown_in_markdown(text, written.markdown), text


def test_both_begin_with_the_answers(written: Written, prepared: Report) -> None:
    answers = prepared.answers
    assert answers.state == "wrong"
    labelled = tuple(accuracy().arms)
    subjects = [("external-mine",), ("onnx-fp32",), ("pytorch-square",), labelled]
    assert [answer.subjects for answer in answers.answers] == subjects
    assert f"<title>{escape(answers.title)}</title>" in written.page
    place = 0
    for answer in answers.answers:
        shown = f"<b>{spans(answer.headline)}</b>{spans(answer.reasons)}"
        link = f'<p><a href="#{answer.anchor}">{shown}</a></p>'
        assert place < written.page.index(link) < written.page.index('class="exit"')
        assert f'id="{answer.anchor}"' in written.page
        assert f"\n- {escape_sentence(answer.sentence)}\n" in written.markdown
        place = written.page.index(link)
        for step in answer.steps:
            assert f'href="#{step.anchor}"' in written.page
            assert f'id="{step.anchor}"' in written.page
            assert escape_sentence(step.sentence) in written.markdown
    assert f'<p class="exit">{spans(answers.because)}</p>' in written.page
    assert f"\n{escape_sentence(answers.because)}\n" in written.markdown


def test_what_stands_between_backticks_is_code_and_harmless() -> None:
    assert spans("`a` <b>`<i>`") == "<code>a</code> &lt;b&gt;<code>&lt;i&gt;</code>"


def shown_in_page(text: str, page: str) -> bool:
    return str(escape(printable(text.lstrip()))) in page  # the page indents code by other means


def shown_in_markdown(text: str, markdown: str) -> bool:
    return escape_markdown(text) in markdown or text in markdown  # code stands as it is


def test_both_have_every_row_of_every_table(written: Written, prepared: Report) -> None:
    tables = [
        block
        for section in prepared.models[0].sections
        for block in blocks.every_block(section.view.blocks)
        if isinstance(block, Table)
    ]
    assert len(tables) > 12
    for table in tables:
        assert {len(row) for row in table.rows} <= {len(table.header)}, table.caption
        for row in table.rows:
            cells = [escape_markdown(cell) for cell in row]
            assert f"| {' | '.join(cells)} |" in written.markdown
            first, *others = (str(escape(printable(cell))) for cell in row)
            shown = "".join(f"<td>{cell}</td>" for cell in others)
            assert f'<th scope="row">{first}</th>{shown}' in without_labels(written.page)


def without_labels(page: str) -> str:
    """Return a page without the headers that narrow screens show in a table of one row."""
    return re.sub(r'(<td) data-label="[^"]*"', r"\1", page)


def test_each_leads_to_the_other(written: Written) -> None:
    assert "[index.html](index.html)" in written.markdown
    assert '<a href="analysis_report.md">analysis_report.md</a>' in written.page


def test_figures_of_the_page_stand_in_its_folder(written: Written, prepared: Report) -> None:
    figures = [
        block
        for section in prepared.models[0].sections
        for block in blocks.every_block(section.view.blocks)
        if isinstance(block, Figure)
    ]
    pictures = re.findall(r'<img src="([^"]+)"', written.page)
    assert len(pictures) == len(figures) > 5
    for address in pictures:
        assert address.startswith("files/")
        assert (written.folder / address).is_file()


def test_every_kind_of_block_has_a_macro_in_both() -> None:
    for kind in kinds_of_block():
        name = kind.__name__.lower()
        for path in (HTML / "blocks.html.j2", MARKDOWN / "blocks.md.j2"):
            assert f"{{% macro {name}(block, level) %}}" in path.read_text(), path


def test_templates_belong_to_sections() -> None:
    for folder, ending in ((HTML, ".html.j2"), (MARKDOWN, ".md.j2")):
        for path in (folder / "sections").iterdir():
            assert path.name.removesuffix(ending) in SECTIONS


def test_views_know_neither_html_nor_markdown() -> None:
    for path in (ROOT / "parity/reporting/views").glob("*.py"):
        text = path.read_text()
        assert not re.search(r"reporting\.(html|markdown|figures)|markupsafe|jinja2", text), path


def test_a_section_that_is_registered_is_in_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(model: Model) -> View:
        rows = (("fp32", "<b>12</b> | `x`"),)
        table = Table("Hours", ("export", "hours"), rows)
        return View((Text(f"Weather of {model.name}"), table))

    entries = {"weather": Section("Weather *today*", 5, prepare)}
    monkeypatch.setattr(SECTIONS, "_entries", entries)
    written = write([make_run(tmp_path, BROKEN)])
    assert "### Weather \\*today\\*" in written.markdown
    assert "| fp32 | &lt;b&gt;12&lt;/b&gt; \\| \\`x\\` |" in written.markdown
    assert 'href="#model-0-weather"' in written.page
    assert "Weather of yolo11n" in written.page
    assert '<td data-label="hours">&lt;b&gt;12&lt;/b&gt; | `x`</td>' in written.page
    assert Headings(written.page, "h3").found == ["Weather *today*"]


def test_a_section_that_has_nothing_to_say_is_left_out(tmp_path: Path) -> None:
    written = write([make_run(tmp_path, BROKEN)])
    for title in ("Other thresholds", "Accuracy", "Layers", "Diagnosis", "Speed"):
        assert title in {section.title for section in SECTIONS.values()}
        assert f">{title}<" not in written.page
        assert f"### {title}" not in written.markdown
