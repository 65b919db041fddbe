"""What the exports of a model cost in accuracy, in a sentence."""

from collections.abc import Iterator

from parity.accuracy.results import Accuracy, AccuracyLoss
from parity.reporting.wording import count, number, reference_name, three_decimals
from parity.sentences import listing

RUNTIME = "runtime-"
"""What the name of a comparison of an export with its reference on the same input begins with."""


def accuracy_sentence(found: Accuracy) -> str:
    """Return which exports are less accurate than the reference on the same input, and by how much.

    A loss counts where its 95 % interval holds no zero.
    """
    compared = {
        name.removeprefix(RUNTIME): each
        for name, each in found.comparisons.items()
        if name.startswith(RUNTIME)
    }
    losses = {export: each.losses[found.metric] for export, each in compared.items()}
    less, more = (
        [f"`{export}`" for export, loss in losses.items() if _sign(loss) == sign]
        for sign in (-1, 1)
    )
    said = [f"{listing(less)} {_are(less)} less accurate"] if less else []
    said += [f"{listing(more)} {_are(more)} more accurate"] if more else []
    start = listing(said) or "no loss of accuracy shows"

    def values_beside(reference: str) -> Iterator[str]:
        who = reference_name(reference)
        yield f"{_value(found, reference)} for {who} on the same input tensor"
        for export, each in compared.items():
            if each.reference == reference:
                value = _value(found, each.candidate)
                yield f"{value} for `{export}`{_change(losses[export])}"

    references = dict.fromkeys(each.reference for each in compared.values())
    values = "; ".join(listing([*values_beside(reference)]) for reference in references)
    images = count(found.labels.images, "image")
    return f"Against the labels of {images}, {start}: {found.metric} is {values}."


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _value(found: Accuracy, arm: str) -> str:
    return three_decimals(found.arms[arm].metrics[found.metric].value)


def _sign(loss: AccuracyLoss) -> int:
    """Return whether an export is less accurate, -1, or more, 1; 0 where it does not show."""
    low, high = loss.interval
    return -1 if high < 0 else 1 if low > 0 else 0


def _change(loss: AccuracyLoss) -> str:
    if loss.percent is None or loss.percent_interval is None or not _sign(loss):
        return ""
    what = "less" if loss.percent > 0 else "more"
    low, high = map(number, sorted(map(abs, loss.percent_interval)))
    return f" ({number(abs(loss.percent))} % {what}, 95 % interval {low} to {high} %)"
