"""Take the pictures that the README shows, of the reports that are kept in reports/.

Run by ``make pictures`` after runs of config.yaml and config/demo_faults.yaml; needs Debian's
chromium.
"""

import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SAMPLES = ROOT / "reports" / "config"
FAULTS = ROOT / "reports" / "demo_faults"
DEPLOYMENT = "stretched-and-cut"
"""What of config/demo_faults.yaml is shown: it is wrong before the network and after it."""
CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def show_answer(page: Page) -> None:
    """Take the first screen: what is wrong, and what it costs."""
    page.goto((FAULTS / "index.html").as_uri())
    page.screenshot(path=PICTURES / "answer.png")


def show_fault(page: Page) -> None:
    """Take the card of the worst fault of a deployment: what it costs, where, and the fix."""
    page.goto((FAULTS / "index.html").as_uri())
    answer = page.locator(".answers > li", has_text=DEPLOYMENT)
    step = answer.locator(".steps a").first
    step.click()  # unfolds what it leads to
    page.locator(str(step.get_attribute("href"))).screenshot(path=PICTURES / "fault.png")


def show_image(page: Page) -> None:
    """Take an image of the browser with what a comparison found in it."""
    page.goto((SAMPLES / "index.html").as_uri())
    page.locator(".open", has_text="bus.jpg").first.click()
    page.wait_for_selector("#viewer-objects table")
    page.locator("#viewer-objects button").last.focus()
    page.wait_for_timeout(300)
    page.screenshot(path=PICTURES / "image.jpg", quality=85)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    plots = next(SAMPLES.glob("files/*/plot_light_comparison_plots.png"))
    shutil.copyfile(plots, PICTURES / "comparison_plots.png")
    drawn = next(FAULTS.glob(f"files/*/plot_diagnosis_light_{DEPLOYMENT}.jpg"))
    shutil.copyfile(drawn, PICTURES / "diagnosis.jpg")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page(
            viewport={"width": 1200, "height": 860}, color_scheme="light", reduced_motion="reduce"
        )
        for show in (show_answer, show_fault, show_image):
            show(page)
        browser.close()
