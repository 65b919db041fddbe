"""Names, numbers and addresses as text that is safe and no more precise than it should be."""

import math
import os
import re
from decimal import ROUND_CEILING, Context
from pathlib import Path
from urllib.parse import quote

from parity.comparison.settings import GIVEN_ARM
from parity.errors import printable
from parity.tasks.task import TASKS

WEB_ADDRESS = re.compile(r"https://[\w./#?=&-]+")

REASONS = re.compile(r"[:;.](?=\s|$)")
"""What stands before the reasons in a sentence."""

DIGITS = 3

PANOPTIC_QUALITY = (
    "Panoptic quality is F1 in which each matched pair counts by its IoU: 1 means that every "
    "detection has a partner that covers it exactly."
)
SAME_LABELS = "F1 is 1 if both sides give the same labels, and 0 if they share none."
"""What panoptic quality is where there are no boxes: each matched pair counts as one."""


def quality_in_words(task: str) -> str:
    """Return what the agreement of two sides is measured by."""
    return PANOPTIC_QUALITY if TASKS[task].has_boxes else SAME_LABELS


def shortened(text: str, length: int) -> str:
    """Return printable text of at most so many characters, cut in the middle."""
    text = printable(text)
    if len(text) <= length:
        return text
    head = length // 2
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def number(value: float | None) -> str:
    """Return a measured value with three significant digits; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, int) or not math.isfinite(value):
        return str(value).replace("nan", "NaN")
    return re.sub(r"e([+-])0+", r"e\1", f"{value:.{DIGITS}g}").replace("e+", "e")


def ceiling(value: float, digits: int = DIGITS) -> str:
    """Return a number of few significant digits that is not below the value."""
    if isinstance(value, int) or not math.isfinite(value):
        return number(value)
    rounded = Context(prec=digits, rounding=ROUND_CEILING).create_decimal(repr(value))
    return number(float(rounded))


def reference_name(arm: str) -> str:
    """Return what sentences call the reference that an arm is of: PyTorch, or a file."""
    return "the reference" if arm.startswith(GIVEN_ARM) else "PyTorch"


def capitalised(text: str) -> str:
    """Return text that begins with a capital letter."""
    return f"{text[:1].upper()}{text[1:]}"


def decapitalised(text: str) -> str:
    """Return text that begins with a small letter, as inside a sentence."""
    return text[:1].lower() + text[1:]


def count(many: int, one: str, more: str = "") -> str:
    """Return a count with its noun: ``1 image``, ``2 images``."""
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def as_sentence(text: str) -> str:
    """Return text that begins with a capital letter and ends with a full stop."""
    return f"{capitalised(text)}."


def headline(sentence: str) -> str:
    """Return a sentence up to its reasons: "Your program `mine` is wrong in 2 steps"."""
    return REASONS.split(sentence, maxsplit=1)[0]


def four_decimals(value: float | None) -> str:
    """Return a share of 1 with four decimals; what is not exactly 1 is never shown as 1."""
    if value is None:
        return "–"
    return "1" if value == 1 else f"{min(value, 0.9999):.4f}"


def three_decimals(value: float | None) -> str:
    """Return a share with three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def percent(share: float | None) -> str:
    """Return a share in per cent; what is not the whole, or not nothing, is not shown as it."""
    if share is None:
        return "–"
    shown = round(100 * share)
    if shown == 100 and share < 1:
        return "more than 99 %"
    if shown == 0 and share > 0:
        return "less than 1 %"
    return f"{shown:d} %".replace("-", "−")


def is_web_address(text: str) -> bool:
    """Return whether text is an address on the web that can do no harm as a link."""
    return WEB_ADDRESS.fullmatch(text) is not None


def relative_address(path: str | Path, folder: Path) -> str:
    """Return where a file is as seen from a folder, quoted for a link."""
    return quote(Path(os.path.relpath(path, folder)).as_posix())
