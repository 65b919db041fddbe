"""What the exports of a model cost in accuracy, in a sentence."""

from parity.accuracy.results import Accuracy, AccuracyLoss
from parity.reporting.wording import count, number, reference_name, three_decimals
from parity.sentences import listing


def accuracy_sentence(found: Accuracy) -> str:
    """Return which exports are less accurate, and how accurate each is.

    Exports are compared with the arm that ``predict`` uses, where there is a checkpoint. A loss
    counts where its 95 % interval holds no zero.
    """
    reference = next(iter(found.arms))
    losses = {
        each.candidate: each.losses[found.metric]
        for each in found.comparisons.values()
        if each.reference == reference and each.candidate.startswith("onnx-")
    }
    less, more = (
        [f"`{_export(arm)}`" for arm, loss in losses.items() if _sign(loss) == sign]
        for sign in (-1, 1)
    )
    said = [f"{listing(less)} {_are(less)} less accurate"] if less else []
    said += [f"{listing(more)} {_are(more)} more accurate"] if more else []
    start = listing(said) or "no loss of accuracy shows"
    values = [f"{_value(found, reference)} for {reference_name(reference)}"]
    values += [
        f"{_value(found, arm)} for `{_export(arm)}`{_change(loss)}" for arm, loss in losses.items()
    ]
    images = count(found.labels.images, "image")
    return f"Against the labels of {images}, {start}: {found.metric} is {listing(values)}."


def _export(arm: str) -> str:
    return arm.removeprefix("onnx-")


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
