"""Measure pages in a browser: python -m bench.page results/report/index.html.

For each page, its height in screens of three sizes, everything as it is folded at first. Without a
page, the time to the first paint of a page of many images.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.pages import make_page

CHROMIUM = "/usr/bin/chromium"
SCREENS = ((1280, 800), (768, 1024), (400, 800))
"""Width and height, px."""

DISTINCT = 100
"""Images of a page of many records; each is listed several times."""

VISITS = 5
FIRST_PAINT = """
    performance.getEntriesByType("paint").find((each) => each.name === "first-contentful-paint")
    .startTime
"""


def height(browser: Any, page: Path, width: int, screen: int) -> int:
    """Return the height of a page, px."""
    context = browser.new_context(viewport={"width": width, "height": screen})
    opened = context.new_page()
    opened.goto(page.absolute().as_uri())
    found: int = opened.evaluate("document.documentElement.scrollHeight")
    context.close()
    return found


def first_paint_ms(browser: Any, page: Path) -> float:
    """Return the time until a page shows something, ms."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.goto(page.absolute().as_uri())
    opened.wait_for_timeout(200)
    found: float = opened.evaluate(FIRST_PAINT)
    context.close()
    return found


def main() -> None:
    """Print a line for each page and screen."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("pages", nargs="*", type=Path)
    arguments.add_argument("--records", type=int, default=10_000)
    given = arguments.parse_args()
    with sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for page in given.pages:
            for width, screen in SCREENS:
                px = height(browser, page, width, screen)
                sys.stdout.write(
                    f"{page}: {width}×{screen}: {px:,} px, {px / screen:.1f} screens\n"
                )
        if not given.pages:
            names = [f"photo_{i:03d}.jpg" for i in range(DISTINCT)]
            page = make_page(
                Path(folder) / "page", names, broken=True, repeated=given.records // DISTINCT
            )
            times = [first_paint_ms(browser, page) for _ in range(VISITS)]
            size = page.stat().st_size / 1e6
            sys.stdout.write(
                f"{given.records:,} images: first paint after {median(times):.0f} ms "
                f"(median of {VISITS}), page of {size:.1f} MB\n"
            )
        browser.close()


if __name__ == "__main__":
    main()
