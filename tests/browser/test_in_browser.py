"""The report's page in a real browser, opened from disk."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from parity.reporting.figures.variants import dark_of, narrow_of
from parity.reporting.views.diagnosis import NOT_RUN
from tests.browser.pages import CLASSES, HOSTILE, make_page
from tests.report_documents import BGR
from tests.reports import every_input, write
from tests.synthetic import SAME, make_run

playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")

PHOTOS = [f"photo_{i:03d}.jpg" for i in range(70)]


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_page(tmp_path_factory.mktemp("failing"), HOSTILE + PHOTOS, broken=True, swept=True)


@pytest.fixture(scope="module")
def diagnosed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_page(tmp_path_factory.mktemp("diagnosed"), PHOTOS[:3], diagnosed=2)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a page whose diagnosis is drawn in every variant, each of another width."""
    run = make_run(tmp_path_factory.mktemp("drawn"), SAME)
    inputs = every_input(run)
    (plot,) = inputs["diagnosis_plots"]
    light = Path(plot), narrow_of(plot)
    for width, path in enumerate((*light, *map(dark_of, light)), start=300):
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), np.zeros((200, width, 3), np.uint8))
    return write([run], more=inputs).folder / "index.html"


class Visit:
    """A page that is open, and what it complained about or asked for."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        """Open a page from disk."""
        options = {"viewport": {"width": 1200, "height": 900}} | options
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri(), timeout=120_000)  # a loaded machine is slow to start

    def names(self) -> list[str]:
        """Return the names in the table, in order."""
        return self.page.locator(".images .name").all_inner_texts()

    def column(self, place: int) -> list[float]:
        """Return the numbers of a column, counted from the image; 0 where nothing was paired."""
        texts = self.page.locator(f".images td:nth-child({place})").all_inner_texts()
        return [0.0 if text == "–" else float(text) for text in texts]

    def count(self) -> int:
        """Return how many images the filters leave."""
        said = self.page.locator(".count").inner_text()
        return int(said.split()[0].replace(",", ""))

    def choose(self, label: str, option: str) -> None:
        """Choose an option of a filter."""
        self.page.get_by_role("combobox", name=label, exact=True).select_option(label=option)

    def open(self, name: str = "") -> None:
        """Open the first image, or one by its name."""
        row = self.page.locator(".open", has_text=name) if name else self.page.locator(".open")
        row.first.click()
        self.page.wait_for_selector("#viewer-objects :is(table, p)")

    def boxes(self) -> int:
        """Return how many boxes are drawn."""
        return self.page.locator("#canvas .box").count()

    def violations(self) -> list[str]:
        """Return what axe-core finds serious or worse."""
        found = axe.Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['html']}"
            for each in found
            if each["impact"] in {"serious", "critical"}
            for node in each["nodes"]
        ]


@pytest.fixture
def visit(browser: Any, failing: Path) -> Iterator[Visit]:
    visit = Visit(browser, failing)
    yield visit
    visit.context.close()
    assert visit.complaints == []


def test_no_request_leaves_the_page(visit: Visit, failing: Path) -> None:
    visit.open()
    visit.page.keyboard.press("n")
    assert len(visit.requests) > 2
    assert all(url.startswith(failing.parent.as_uri()) for url in visit.requests)


def test_the_policy_forbids_requests(browser: Any, failing: Path) -> None:
    visit = Visit(browser, failing)
    allowed = visit.page.evaluate("fetch('http://127.0.0.1:9/').then(() => true, () => false)")
    visit.context.close()
    assert not allowed
    assert any("Content Security Policy" in said for said in visit.complaints)


def test_the_answer_comes_first_and_is_the_title(visit: Visit) -> None:
    answer = visit.page.locator("#answer")
    assert answer.get_attribute("class") == "wrong"
    assert visit.page.title() == "The export `fp32` exceeds its tolerance"
    assert re.search(r"fp32 exceeds its tolerance: \d+ missing", answer.inner_text())
    assert "because the gate runtime-fp32 fails" in answer.inner_text()


SCREENS = [(1280, 800), (768, 1024), (400, 800)]


@pytest.mark.parametrize("size", SCREENS)
def test_the_first_screen_says_what_is_wrong_and_what_to_type(
    browser: Any, diagnosed: Path, size: tuple[int, int]
) -> None:
    width, height = size
    visit = Visit(browser, diagnosed, viewport={"width": width, "height": height})
    answer = visit.page.locator("#answer")
    assert answer.get_attribute("class") == "wrong", "an export that is fine does not make it green"
    assert answer.locator(".summary").inner_text() == "Both programs are wrong."
    assert answer.locator("li.wrong").count() == 2
    worst = answer.locator(".answers > li").first
    for shown in (worst.locator("p").first, worst.locator(".tab:visible pre")):
        box = shown.bounding_box()
        assert box["y"] + box["height"] <= height
    assert worst.locator("p").first.inner_text().endswith("3 of 10 objects and adds 1.")
    assert worst.locator(".tab:visible code").inner_text() == BGR.fixes["python"]
    visit.context.close()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [400, 768, 1280])
def test_every_section_can_be_reached(
    browser: Any, diagnosed: Path, width: int, *, scripts: bool
) -> None:
    view = {"width": width, "height": 800}
    visit = Visit(browser, diagnosed, viewport=view, java_script_enabled=scripts)
    menu, links = visit.page.locator("#menu"), visit.page.locator(".contents a")
    folds = scripts and width < 960
    assert menu.is_visible() == folds
    assert links.first.is_visible() != folds
    if folds:
        menu.focus()
        visit.page.keyboard.press("Enter")
        assert menu.get_attribute("aria-expanded") == "true"
    boxes = [link.bounding_box() for link in links.all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    links.last.click()
    assert links.last.is_visible() != folds
    playwright.expect(visit.page.locator("#how-to-reproduce")).to_be_in_viewport()
    visit.context.close()
    assert visit.complaints == []


@pytest.mark.parametrize("width", [400, 1280])
def test_every_axis_of_the_effects_has_its_numbers(browser: Any, failing: Path, width: int) -> None:
    visit = Visit(browser, failing, viewport={"width": width, "height": 800})
    strips, scales = visit.page.locator(".effects .strip"), visit.page.locator(".effects .scale")
    shown = sum(scale.is_visible() for scale in scales.all())
    columns = visit.page.locator(".effects thead .scale").count()
    assert shown == (strips.count() if width < 640 else columns) > 0
    visit.context.close()


def test_a_fault_is_shown_in_a_picture(browser: Any, diagnosed: Path) -> None:
    visit = Visit(browser, diagnosed)
    picture = visit.page.locator(".card .crop svg[role=img]").first
    assert picture.locator("text").all_text_contents() == ["person 0.9", "person 0.9"]
    address = picture.locator("image").get_attribute("href")
    assert (diagnosed.parent / address).is_file()
    assert any(url.endswith(address) for url in visit.requests)
    assert "its box is elsewhere" in picture.get_attribute("aria-label")
    visit.context.close()
    assert visit.complaints == []


def test_a_link_opens_what_is_folded(browser: Any, diagnosed: Path) -> None:
    visit = Visit(browser, diagnosed)
    folded = visit.page.locator("#model-0-diagnosis-mine1")
    assert not folded.is_visible()
    visit.page.locator("a[href='#model-0-diagnosis-mine1']").first.focus()
    visit.page.keyboard.press("Enter")
    playwright.expect(folded).to_be_visible()
    playwright.expect(folded).to_be_in_viewport()
    visit.context.close()
    assert visit.complaints == []


def test_images_come_worst_first_and_are_sorted_by_any_column(visit: Visit) -> None:
    worst_first = visit.names()
    visit.page.locator("thead button[data-key=box_px]").click()
    falling = visit.column(6)
    assert falling == sorted(falling, reverse=True)
    assert visit.page.locator("thead th[aria-sort=descending]").count() == 1
    visit.page.locator("thead button[data-key=box_px]").click()
    rising = visit.column(6)
    assert rising == sorted(rising)
    visit.page.locator("thead button[data-key=box_px]").click()
    assert visit.names() == worst_first


def test_where_nothing_is_paired_there_is_no_difference(visit: Visit) -> None:
    cells = visit.page.evaluate(
        """() => {
            const model = parity.readModel(document.querySelector(".browser-data"));
            const table = new parity.Table(model, document.createElement("div"), () => {});
            const image = model.images[0];
            const said = (matched) => {
                image.measured = [[matched, 2, 0, 0, 0, 0, ...model.quantities.map(() => 0)]];
                const cells = table.row(image, 0).querySelectorAll("td.many");
                return [...cells].map((cell) => cell.textContent);
            };
            return [said(0), said(1)];
        }"""
    )
    assert cells == [["2", "0", "0", "–", "–"], ["2", "0", "0", "0", "0"]]


@pytest.mark.parametrize(
    ("renamed", "chosen"),
    [
        ([], ""),
        (["runtime-fp32"], "1"),
        (["runtime-fp32", "deployment-fp32"], ""),
    ],
)
def test_the_images_of_an_only_program_are_shown_by_its_comparison(
    visit: Visit, renamed: list[str], chosen: str
) -> None:
    """Where there is no program or several, each number is the largest of all comparisons."""
    value, said = visit.page.evaluate(
        """(renamed) => {
            const model = parity.readModel(document.querySelector(".browser-data"));
            for (const each of model.comparisons)
                if (renamed.includes(each.name)) each.name = `external-${each.name}`;
            const table = new parity.Table(model, document.createElement("div"), () => {});
            return [table.comparison.value, table.count.textContent];
        }""",
        renamed,
    )
    assert value == chosen
    assert said.endswith("the largest of all comparisons") == (chosen == "")


def test_images_are_filtered(visit: Visit) -> None:
    every = visit.count()
    assert every == len(HOSTILE + PHOTOS)
    visit.choose("Difference", "Extra objects")
    extra = visit.count()
    assert 0 < extra < every
    assert all(value > 0 for value in visit.column(4))
    visit.choose("Comparison", "geometry")
    assert visit.count() == 0
    visit.page.get_by_role("button", name="Reset").click()
    assert visit.count() == every
    visit.choose("Verdict", "unreadable")
    assert visit.names() == [PHOTOS[-1]]
    visit.page.get_by_role("button", name="Reset").click()
    visit.choose("Class", "person")
    assert 0 < visit.count() < every
    visit.page.get_by_label("Name contains").fill("photo_01")
    assert all(name.startswith("photo_01") for name in visit.names())


def test_pages_are_turned(visit: Visit) -> None:
    first = visit.names()
    assert len(first) == 10
    visit.page.locator(".pager").get_by_role("button", name="Next").click()
    assert not set(first) & set(visit.names())
    assert "Page 2 of 8" in visit.page.locator(".pager").inner_text()


def test_overlays_are_switched_off_and_on(visit: Visit) -> None:
    visit.open()
    every = visit.boxes()
    assert every > 0
    for group in ("#viewer-arms", "#viewer-kinds"):
        switches = visit.page.locator(f"{group} input")
        for i in range(switches.count()):
            switches.nth(i).uncheck()
        assert visit.boxes() == 0
        for i in range(switches.count()):
            switches.nth(i).check()
        assert visit.boxes() == every


def test_kinds_differ_in_colour_and_in_line(visit: Visit) -> None:
    visit.open()
    lines = visit.page.locator("#viewer-kinds line")
    styles = [
        (line.get_attribute("stroke"), line.get_attribute("stroke-dasharray"))
        for line in lines.all()
    ]
    assert len(styles) == len({colour for colour, _ in styles}) == len({dash for _, dash in styles})


def test_every_arm_can_be_shown(visit: Visit) -> None:
    visit.open()
    visit.page.locator("#viewer-comparison").select_option(label="every arm")
    assert visit.page.locator("#viewer-arms input").count() == 3


def test_an_object_says_its_score_and_box_when_focused(visit: Visit) -> None:
    visit.open()
    visit.page.locator("#viewer-objects button").first.focus()
    tip = visit.page.locator("#tip")
    assert tip.is_visible()
    assert re.search(r"\d\.\d %\n\(-?\d+\.\d, -?\d+\.\d\) to", tip.inner_text())
    assert visit.page.locator("#canvas .box.lit").count() > 0


def test_an_object_says_its_score_and_box_when_pointed_at(visit: Visit) -> None:
    visit.open()
    visit.page.locator("#canvas .box .frame").last.hover(force=True)
    assert visit.page.locator("#tip").is_visible()


def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(".open").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#viewer-objects table")
    first = page.locator("#viewer-title").inner_text()
    page.keyboard.press("n")
    page.wait_for_selector("#viewer-objects :is(table, p)")
    assert page.locator("#viewer-title").inner_text() != first
    page.keyboard.press("+")
    assert page.locator("#zoom-level").inner_text() == "150 %"
    page.keyboard.press("0")
    assert page.locator("#zoom-level").inner_text() == "100 %"
    page.keyboard.press("Escape")
    assert not page.locator("#viewer").is_visible()
    assert "open" in page.evaluate("document.activeElement.className")


def test_the_picture_is_zoomed(visit: Visit) -> None:
    visit.open()
    width = "document.getElementById('canvas').offsetWidth"
    fitted = visit.page.evaluate(width)
    visit.page.get_by_role("button", name="Zoom in").click()
    assert visit.page.evaluate(width) == pytest.approx(1.5 * fitted, rel=0.01)
    visit.page.locator("#stage").hover()
    visit.page.mouse.wheel(0, 500)
    assert visit.page.evaluate(width) < 1.4 * fitted


def test_a_slider_divides_reference_and_candidate(visit: Visit) -> None:
    visit.open()
    visit.page.locator("#slide").check()
    visit.page.locator("#divider").fill("25")
    clips = visit.page.evaluate(
        "[...document.querySelectorAll('#canvas svg')].map((layer) => layer.style.clipPath)"
    )
    assert clips == ["inset(0px 75% 0px 0px)", "inset(0px 0px 0px 25%)"]


def test_an_unreadable_image_gives_its_reason(visit: Visit) -> None:
    visit.choose("Verdict", "unreadable")
    visit.open()
    assert "decoded <as> an image" in visit.page.locator("#viewer-note").inner_text()


def test_names_do_no_harm(visit: Visit) -> None:
    visit.page.get_by_label("Name contains").fill(".jpg")
    for name in HOSTILE[:6]:
        part = re.split(r"[\n\t]", name)[0]
        visit.page.get_by_label("Name contains").fill(part)
        visit.open()
        visit.page.locator("#viewer-objects button").first.hover()
        visit.page.keyboard.press("Escape")
    assert "harm" not in visit.page.title()
    injected = "main img[src=x], main b[onmouseover], #viewer img[src=x], #viewer b"
    assert visit.page.locator(injected).count() == 0
    text = visit.page.locator(".filters").inner_text()
    assert CLASSES[1] in text
    assert "line\\nbreak" in text


@pytest.mark.parametrize("kind", ["failing", "diagnosed"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 768, 1280])
def test_nothing_hinders_anyone(
    browser: Any, kind: str, scheme: str, width: int, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(kind)
    visit = Visit(browser, path, color_scheme=scheme, viewport={"width": width, "height": 800})
    page = visit.page
    for details in page.locator("main details").all():
        details.evaluate("each => { each.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for code in page.locator("pre").all():
        assert code.evaluate("each => each.scrollWidth <= each.clientWidth"), "lines are broken"
    found = visit.violations()
    visit.open()
    found += visit.violations()
    assert found == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}[scheme]
    visit.context.close()
    assert visit.complaints == []


def test_a_hindrance_would_be_noticed(visit: Visit) -> None:
    visit.page.evaluate("document.documentElement.removeAttribute('lang')")
    assert [found.split(":")[0] for found in visit.violations()] == ["html-has-lang"]


def test_the_scheme_is_chosen_by_hand(browser: Any, failing: Path) -> None:
    visit = Visit(browser, failing, color_scheme="light")
    visit.page.locator("#theme").click()
    ground = "getComputedStyle(document.body).backgroundColor"
    assert visit.page.evaluate(ground) == "rgb(20, 23, 26)"
    visit.page.reload()
    assert visit.page.evaluate(ground) == "rgb(20, 23, 26)"
    visit.context.close()


@pytest.mark.parametrize(
    ("width", "schemes", "shown"),
    [
        (1280, ("light", ""), "light"),
        (1280, ("dark", ""), "dark"),
        (400, ("light", ""), "narrow_light"),
        (400, ("dark", ""), "narrow_dark"),
        (1280, ("light", "dark"), "dark"),
        (1280, ("dark", "light"), "light"),
    ],
)
def test_a_figure_suits_scheme_and_width(
    browser: Any, drawn: Path, width: int, schemes: tuple[str, str], shown: str
) -> None:
    scheme, by_hand = schemes
    visit = Visit(browser, drawn, color_scheme=scheme, viewport={"width": width, "height": 800})
    page = visit.page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    if by_hand:
        page.evaluate("(scheme) => { document.documentElement.dataset.theme = scheme; }", by_hand)
    figures = page.locator("a.figure:visible img[src*=plot_diagnosis]")
    assert figures.count() == 1
    figures.scroll_into_view_if_needed()
    page.wait_for_function(
        "(image) => image.complete && image.currentSrc", arg=figures.element_handle()
    )
    assert figures.evaluate("(image) => image.currentSrc").endswith(
        f"plot_diagnosis_{shown}_mine.jpg"
    )
    assert figures.bounding_box()["width"] <= width
    visit.context.close()


def test_a_printed_figure_is_light(browser: Any, drawn: Path) -> None:
    visit = Visit(browser, drawn, color_scheme="dark")
    visit.page.evaluate(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
    )
    visit.page.emulate_media(media="print", color_scheme="dark")
    figures = visit.page.locator("a.figure:visible img[src*=plot_diagnosis]")
    assert figures.get_attribute("src").endswith("plot_diagnosis_light_mine.jpg")
    visit.context.close()


def test_it_is_printed_without_its_controls(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 700, "height": 1000})
    assert visit.page.locator("#menu").is_visible()
    visit.page.emulate_media(media="print")
    assert not visit.page.locator("#menu").is_visible()
    assert not visit.page.locator(".contents").is_visible()
    assert not visit.page.locator(".filters").is_visible()
    assert visit.page.locator("#answer").is_visible()


def shown(visit: Visit) -> list[str]:
    """Return the lines of code that can be read in the fixes, with every program unfolded."""
    for details in visit.page.locator("#content details").all():
        details.evaluate("each => { each.open = true; }")
    return visit.page.locator(".tabs code:visible").all_inner_texts()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_fix_is_shown_in_one_language(browser: Any, diagnosed: Path, scripts: bool) -> None:
    visit = Visit(browser, diagnosed, java_script_enabled=scripts)
    python, cpp, swift = BGR.fixes.values()
    assert shown(visit) == [python] * 3
    visit.page.get_by_role("radio", name="C++").last.check()
    elsewhere = [cpp if scripts else python] * 2
    assert shown(visit) == [*elsewhere, cpp], "chosen once, chosen everywhere"
    visit.page.keyboard.press("ArrowRight")
    assert shown(visit)[-1] == swift
    assert visit.page.get_by_text(NOT_RUN).last.is_visible()
    visit.page.keyboard.press("Enter")
    visit.page.emulate_media(media="print")
    assert shown(visit)[-1] == swift
    assert not visit.page.get_by_role("radio", name="Python").last.is_visible()
    assert not visit.page.get_by_role("button", name="Copy").last.is_visible()
    visit.context.close()
    assert visit.complaints == []


@pytest.mark.parametrize("allowed", [True, False])
def test_a_fix_is_copied_and_the_language_remembered(
    browser: Any, diagnosed: Path, allowed: bool
) -> None:
    visit = Visit(browser, diagnosed, permissions=["clipboard-read", "clipboard-write"])
    if not allowed:
        visit.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    visit.page.get_by_role("radio", name="C++").first.check()
    visit.page.get_by_role("button", name="Copy").first.focus()
    visit.page.keyboard.press("Enter")
    status = visit.page.locator(".tabs [role=status]").first
    playwright.expect(status).to_have_text("Copied")
    assert visit.page.evaluate("navigator.clipboard.readText()") == BGR.fixes["cpp"]
    for _ in range(5):  # Chromium writes what is to be kept down a moment later
        visit.page.reload()
        if shown(visit) == [BGR.fixes["cpp"]] * 3:
            break
    assert shown(visit) == [BGR.fixes["cpp"]] * 3
    assert visit.violations() == []
    visit.context.close()
    assert visit.complaints == []


def test_a_page_without_its_folder_says_so(browser: Any, failing: Path, tmp_path: Path) -> None:
    alone = tmp_path / "index.html"
    alone.write_text(failing.read_text(encoding="utf-8"), encoding="utf-8")
    visit = Visit(browser, alone)
    visit.page.locator(".open").first.click()
    visit.page.wait_for_function(
        "document.getElementById('viewer-note').textContent.includes('not next to')"
    )
    visit.context.close()


def test_ten_thousand_images_stay_quick(browser: Any, tmp_path: Path) -> None:
    names = [f"photo_{i:03d}.jpg" for i in range(100)]
    page = make_page(tmp_path / "large", names, broken=True, repeated=100)
    assert page.stat().st_size < 3_000_000
    visit = Visit(browser, page)
    assert visit.count() == 10_000
    assert visit.page.locator(".images tbody tr").count() == 10
    assert len(visit.requests) < 60
    seconds = visit.page.evaluate(
        """() => {
            const start = performance.now();
            document.querySelector("thead button[data-key=score]").click();
            return (performance.now() - start) / 1000;
        }"""
    )
    assert seconds < 2
    visit.context.close()
    assert visit.complaints == []


def test_beyond_the_limit_the_worst_are_shown_and_the_page_says_so(
    browser: Any, tmp_path: Path
) -> None:
    visit = Visit(browser, make_page(tmp_path / "cut", PHOTOS, broken=True, worst=30))
    assert visit.count() == 30
    assert "The 30 worst of 70 images" in visit.page.locator("main").inner_text()
    visit.context.close()


TASK_MARKS = {"segment": ".mask", "pose": "circle", "obb": "path.frame"}


@pytest.mark.parametrize("task", TASK_MARKS)
def test_the_viewer_draws_what_a_task_adds(browser: Any, tmp_path: Path, task: str) -> None:
    visit = Visit(browser, make_page(tmp_path, PHOTOS[:4], broken=True, task=task))
    visit.page.set_viewport_size({"width": 768, "height": 1024})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 768
    visit.open("photo_000.jpg")
    visit.page.set_viewport_size({"width": 1200, "height": 900})
    table = visit.page.locator("#viewer-objects")
    assert table.evaluate("each => each.scrollWidth <= each.clientWidth"), "a column is cut off"
    marks = visit.page.locator(f"#canvas .box {TASK_MARKS[task]}")
    detections = visit.boxes()
    assert marks.count() >= detections > 0
    if task == "segment":
        hatched = visit.page.locator("#canvas .mask[fill^=url]").count()
        assert hatched == 2, "what only one arm has"
        assert visit.page.locator("#canvas .apart").count() == 4, "pairs whose masks differ"
        assert visit.violations() == []
    visit.page.get_by_role("checkbox", name="class-flipped:").uncheck()
    assert visit.boxes() == 2
    visit.page.locator("#slide").check()
    assert visit.page.locator("#canvas .apart").count() == 0, "each side shows its own"
    visit.context.close()
    assert visit.complaints == []


def test_labels_are_shown_as_bars(browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser, make_page(tmp_path, PHOTOS[:5], broken=True, task="classify"))
    assert "probabilities differ by up to" in visit.page.locator("#answer").inner_text()
    visit.page.locator(".open", has_text="photo_000.jpg").click()
    labels = visit.page.locator("#viewer-objects .label")
    labels.first.wait_for()
    said = labels.locator("small").all_inner_texts()
    apart = [float(text.removesuffix(" apart").split()[-1]) for text in said]
    assert apart == sorted(apart, reverse=True)
    assert labels.first.locator("li").count() == 2
    widths = labels.locator("i").evaluate_all("bars => bars.map((bar) => bar.offsetWidth)")
    assert max(widths) > 0
    assert not visit.page.locator("#slide").is_visible()
    assert visit.boxes() == 0
    assert visit.violations() == []
    visit.page.get_by_label("candidate onnx-fp32").uncheck()
    assert labels.first.locator("li").count() == 1
    visit.context.close()
    assert visit.complaints == []
