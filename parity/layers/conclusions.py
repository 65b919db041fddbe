"""What an analysis of layers found, in words."""

from collections.abc import Iterator

from parity.layers.results import Evaluation, LayerError, MixedEvaluation

NAMED_SHARE = 0.005
"""Smallest share of the error at which a layer is named; chosen."""

LAYERS_IN_SENTENCE = 3
"""Layers that are named at most; chosen."""


def conclusions(
    errors: list[LayerError],
    first: int | None,
    as_it_is: Evaluation,
    tried: list[MixedEvaluation],
    *,
    given: bool,
    stored_as: str,
) -> list[str]:
    """Return what was found, in words.

    Parameters
    ----------
    errors : list of LayerError
        By layer.
    first : int or None
        The first layer with an unexpected error, as an index.
    as_it_is : Evaluation
        The export.
    tried : list of MixedEvaluation
        The export with some layers restored or in fp32.
    given : bool
        Whether the file is given, not made here.
    stored_as : str
        What most of its weights are: float, float16 or int8.
    """
    said = []
    if first is None:
        said.append("No layer adds more error than its precision explains.")
    else:
        said.append(
            f"{errors[first].node} is the first layer that adds more error than its precision "
            f"explains: {100 * errors[first].own_error:.2g} % of its signal."
        )
    worst = sorted((e for e in errors if e.share >= NAMED_SHARE), key=lambda e: -e.share)
    named = ", ".join(f"{e.node} ({100 * e.share:.0f} %)" for e in worst[:LAYERS_IN_SENTENCE])
    if named:
        said.append(f"The layers that contribute most to the error in the outputs: {named}.")
    elif any(e.share for e in errors):
        said.append("Many layers each contribute a little to the error in the outputs.")
    else:
        said.append("Run in ONNX Runtime, no layer differs from the fp32 export.")
    return [*said, *_what_was_tried(as_it_is, tried, given=given, stored_as=stored_as)]


def _what_was_tried(
    as_it_is: Evaluation, tried: list[MixedEvaluation], *, given: bool, stored_as: str
) -> Iterator[str]:
    what = "the checkpoint's weights" if given else "fp32"
    for each in tried:
        before, after = as_it_is.box_px.max, each.box_px.max
        boxes = f"boxes within {after:.3g} px instead of {before:.3g} px, "
        yield (
            f"With {what} in {_layers(each)}: {_lost(each)} instead of {_lost(as_it_is)}, "
            f"{boxes if before or after else ''}"
            f"{each.bytes / 1e6:.2f} MB instead of {as_it_is.bytes / 1e6:.2f} MB."
        )
    best = min(tried, key=_badness, default=None)
    if best is None:
        return
    nodes = "the list keep_fp32 of these layers in results/layers/"
    if _badness(best) >= _badness(as_it_is):
        yield "None of these is better; keep the export as it is."
    elif given:
        yield "Export it again from the checkpoint."
    elif stored_as == "int8":
        yield f"Recommended: keep {_layers(best)} in fp32: set keep_fp32 of this export to {nodes}."
    else:
        yield (
            f"A file with {_layers(best)} in fp32 is better. It cannot be made here, since "
            "keep_fp32 is for int8 exports: exclude their nodes where you convert your model "
            f"({nodes})."
        )


def _layers(tried: MixedEvaluation) -> str:
    return "1 layer" if len(tried.layers) == 1 else f"{len(tried.layers)} layers"


def _badness(measured: Evaluation) -> tuple[int, float]:
    return measured.missing + measured.extra, measured.box_px.max


def _lost(measured: Evaluation) -> str:
    return f"{measured.missing} missing and {measured.extra} extra"
