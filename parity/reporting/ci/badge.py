"""The verdict as a badge: a small SVG for a README."""

from xml.etree import ElementTree as ET

from parity.errors import printable
from parity.reporting.diagnosis_verdict import State
from parity.reporting.figures.fonts import font
from parity.reporting.run_verdict import RunVerdict

LABEL = "parity"
MESSAGES: dict[State, tuple[str, str]] = {
    "unread": ("not diagnosed", "#a8281c"),
    "wrong": ("wrong", "#a8281c"),
    "unexplained": ("not explained", "#8a5a00"),
    "unknown": ("nothing compared", "#57606a"),
    "allowed": ("within tolerance", "#8a5a00"),
    "harmless": ("harmless differences", "#17663a"),
    "fine": ("fine", "#17663a"),
    "remark": ("no verdict", "#57606a"),
}
"""What the badge says and its colour, by the worst state; white text on each has a contrast of at
least 4.5."""

GROUND = "#3b434b"
LETTER_PX, PADDING_PX, HEIGHT_PX = 11, 7, 20


def badge_of(verdict: RunVerdict) -> str:
    """Return the badge of a run; its title is the worst answer."""
    message, colour = MESSAGES[verdict.state]
    if verdict.answers.exit_code:
        message = f"fail: {message}"
    widths = [font(LETTER_PX).getlength(text) for text in (LABEL, message)]
    left, right = (round(width) + 2 * PADDING_PX for width in widths)
    height = str(HEIGHT_PX)
    size = {"width": str(left + right), "height": height}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img"})
    svg.set("aria-label", f"{LABEL}: {message}")
    ET.SubElement(svg, "title").text = printable(verdict.title)
    ET.SubElement(svg, "rect", {**size, "rx": "3", "fill": GROUND})
    place = {"x": str(left), "width": str(right), "height": height}
    ET.SubElement(svg, "rect", {**place, "rx": "3", "fill": colour})
    letters = {"fill": "#fff", "font-family": "DejaVu Sans, Verdana, sans-serif"}
    group = ET.SubElement(svg, "g", {**letters, "font-size": str(LETTER_PX)})
    for x, text, width in ((PADDING_PX, LABEL, widths[0]), (left + PADDING_PX, message, widths[1])):
        ET.SubElement(group, "text", x=str(x), y="14", textLength=f"{width:.0f}").text = text
    return ET.tostring(svg, encoding="unicode") + "\n"
