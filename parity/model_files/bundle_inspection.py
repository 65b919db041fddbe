"""Comparing the files of a runtime's own, before they are used, with what was asked for."""

from collections.abc import Iterator
from pathlib import Path

from parity.model_files.bundle import BundleManifest, read_manifest
from parity.model_files.inspection import SENTENCES, contradictions, head_of, of_metadata
from parity.model_files.results import ExportDescription, Finding, Inspection, Wanted

EXPLAINED = {"float": (0.1, 1e-3), "float16": (1.0, 0.02), "int8": (10.0, 0.1)}
"""Median differences of a raw output from the checkpoint's, px and score, that a precision
explains; chosen above what the converted YOLO11n shows, see docs/runtimes.md."""


def inspect_bundle(
    path: str | Path,
    description: ExportDescription,
    wanted: Wanted,
) -> Inspection:
    """Return what the files of a bundle are, and where they contradict what is wanted.

    Parameters
    ----------
    path : str or Path
        The bundle.
    description : ExportDescription
        What it says of itself.
    wanted : Wanted
        What it should be.
    """
    inspection = Inspection(
        **vars(description),
        head=head_of(description),
        dynamic_axes=[],
        precision={},
        domains=[],
        in_order=True,
        shapes="complete",
        nodes=0,
        reference=None,
        wanted=wanted.options,
        sentences=[],
    )
    manifest = read_manifest(path)
    found = [
        *of_metadata(manifest.metadata),
        *of_conventions(manifest),
        *contradictions(inspection, wanted),
        *of_outputs(manifest, next(iter(description.weights))),
    ]
    return inspection.with_findings(found)


def of_conventions(manifest: BundleManifest) -> Iterator[Finding]:
    """Yield in what the tensors differ from those of Ultralytics' ONNX exports."""
    for name in manifest.deviations:
        said = f"{SENTENCES[name]} That is undone here; a deployment has to do so, too."
        yield Finding("note", said)


def of_outputs(manifest: BundleManifest, stored: str) -> Iterator[Finding]:
    """Yield how far the raw output is from the checkpoint's, and whether the precision explains it.

    Parameters
    ----------
    manifest : BundleManifest
        What was measured.
    stored : str
        What its weights are stored as, a key of :data:`EXPLAINED`.
    """
    measured = {"px": manifest.box_px, "in scores": manifest.score}
    apart = [f"{value:.2g} {unit}" for unit, value in measured.items() if value is not None]
    if not apart:
        return
    said = (
        "On a photograph, the best boxes of its raw output differ from the checkpoint's by "
        f"{' and '.join(apart)} in the median"
    )
    pairs = zip(measured.values(), EXPLAINED[stored], strict=True)
    if all(value is None or value <= most for value, most in pairs):
        yield Finding("note", f"{said}.")
        return
    precision = "float32" if stored == "float" else stored
    yield Finding(
        "warn",
        f"{said}, more than {precision} explains: it is another model, its tensors have another "
        "layout or scale, or its quantisation parameters are wrong.",
    )
