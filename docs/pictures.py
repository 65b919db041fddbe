"""Take the pictures of the page that the README shows, of the run that is in results/.

Run by ``make pictures`` after ``make run``; needs Debian's chromium.
"""

import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
REPORT = ROOT / "results" / "report" / "index.html"
PLOTS = "results/plot/*/comparison_plots.png"
DIAGNOSIS = ROOT / "results/plot_diagnosis/yolo11n/stretched-and-cut.jpg"
"""Of config/demo_faults.yaml."""
CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def show_report(page: Page) -> None:
    """Take the top of the page: the verdict and the effects."""
    page.screenshot(path=PICTURES / "report.png")


def show_image(page: Page) -> None:
    """Take an image of the browser with what a comparison found in it."""
    page.locator(".open", has_text="bus.jpg").click()
    page.wait_for_selector("#viewer-objects table")
    page.locator("#viewer-objects button").last.focus()
    page.wait_for_timeout(300)
    page.screenshot(path=PICTURES / "image.jpg", quality=85)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    shutil.copyfile(next(ROOT.glob(PLOTS)), PICTURES / "comparison_plots.png")
    if DIAGNOSIS.is_file():
        shutil.copyfile(DIAGNOSIS, PICTURES / "diagnosis.jpg")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page(
            viewport={"width": 1200, "height": 860}, color_scheme="light", reduced_motion="reduce"
        )
        page.goto(REPORT.as_uri())
        show_report(page)
        show_image(page)
        browser.close()
