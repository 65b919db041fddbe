"""Reading as other deployments do."""

from io import BytesIO
from pathlib import Path
from struct import pack

import cv2
import numpy as np
import pytest
from PIL import Image

from parity.deployment.reading import ReadingChoices, read_with_choices

REPEATED = ReadingChoices(chroma="repeated")


def colours(shape: tuple[int, int]) -> np.ndarray:
    """Return smooth colours, (h, w, 3) uint8."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (shape[0] // 6, shape[1] // 6, 3), np.uint8)
    return cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC)


def save(folder: Path, image: np.ndarray, **how: object) -> Path:
    path = folder / "image.jpg"
    Image.fromarray(image).save(path, quality=95, **how)
    return path


@pytest.mark.parametrize("shape", [(60, 90), (61, 91)])
def test_repeated_chroma_is_that_of_libjpeg_without_its_fancy_upsampling(tmp_path, shape):
    simplejpeg = pytest.importorskip("simplejpeg", reason="needs the package simplejpeg")
    path = save(tmp_path, colours(shape), subsampling="4:2:0")
    expected = simplejpeg.decode_jpeg(path.read_bytes(), "BGR", fastupsample=True)
    np.testing.assert_array_equal(read_with_choices(REPEATED, path), expected)


@pytest.mark.parametrize("shape", [(60, 90), (61, 91)])
def test_repeated_chroma_is_the_same_in_squares_of_four_pixels(tmp_path, shape):
    planes = Image.fromarray(colours(shape)).convert("YCbCr").split()
    luma = Image.fromarray(np.full(shape, 128, np.uint8))
    image = np.asarray(Image.merge("YCbCr", (luma, *planes[1:])).convert("RGB"))
    path = save(tmp_path, image // 4 + 96, subsampling="4:2:0")
    found = read_with_choices(REPEATED, path).astype(int)
    luma = np.asarray(grey(path)).astype(int)
    inside = found[: shape[0] // 2 * 2, : shape[1] // 2 * 2]
    apart = inside - luma[: len(inside), : inside.shape[1], None]
    squares = apart.reshape(shape[0] // 2, 2, shape[1] // 2, 2, 3)
    assert np.ptp(squares, axis=(1, 3)).max() == 0
    smoothed = read_with_choices(ReadingChoices(), path)
    assert (smoothed != found).any()
    assert np.abs(smoothed - found).max() < 40


def grey(path: Path) -> Image.Image:
    """Return the luma of a JPEG as it is stored."""
    image = Image.open(BytesIO(path.read_bytes()))
    image.draft("L", image.size)
    return image


@pytest.mark.parametrize("how", [{"subsampling": "4:4:4"}, {"subsampling": "4:2:2"}])
def test_other_files_are_read_as_usual(tmp_path, how):
    path = save(tmp_path, colours((60, 90)), **how)
    np.testing.assert_array_equal(
        read_with_choices(REPEATED, path), read_with_choices(ReadingChoices(), path)
    )
    png = tmp_path / "image.png"
    Image.fromarray(colours((60, 90))).save(png)
    np.testing.assert_array_equal(read_with_choices(REPEATED, png), cv2.imread(str(png)))


def test_repeated_chroma_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path, colours((60, 90)), subsampling="4:2:0", exif=exif)
    assert read_with_choices(REPEATED, path).shape == (90, 60, 3)
    stored = ReadingChoices(chroma="repeated", orientation="stored")
    turned = np.rot90(read_with_choices(stored, path), -1)
    np.testing.assert_array_equal(read_with_choices(REPEATED, path), turned)


PRIMARIES = np.array([[0.5, 0.3, 0.16], [0.25, 0.67, 0.08], [0.0, 0.06, 0.76]])
"""X, Y, Z (rows) of the red, green and blue of a display that is no usual one."""

SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
"""The same of sRGB, adapted to the white of D50 (its profile by the ICC)."""

GAMMA = 2.0


def profile() -> bytes:
    """Return a display's profile: a matrix and one gamma (ICC.1:2001-04, version 2)."""
    numbers = [PRIMARIES[:, i] for i in range(3)]
    fixed = [b"XYZ \0\0\0\0" + pack(">3i", *(round(65536 * v) for v in each)) for each in numbers]
    curve = b"curv\0\0\0\0" + pack(">IH", 1, round(256 * GAMMA)) + b"\0\0"
    names = [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"]
    start, table, data = 132 + 12 * len(names), b"", b""
    for name, element in zip(names, [*fixed, curve, curve, curve], strict=True):
        table += name + pack(">II", start + len(data), len(element))
        data += element + b"\0" * (-len(element) % 4)
    white = pack(">3i", *(round(65536 * v) for v in (0.9642, 1.0, 0.8249)))
    head = pack(">I4sI4s4s4s12s4s", start + len(data), b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ",
                b"", b"acsp")  # fmt: skip
    head = head.ljust(68, b"\0") + white
    return head.ljust(128, b"\0") + pack(">I", len(names)) + table + data


def test_colours_are_converted_by_the_profile_of_the_file(tmp_path):
    image = np.random.default_rng(0).integers(60, 190, (40, 60, 3), np.uint8)
    path = tmp_path / "image.png"
    Image.fromarray(image).save(path, icc_profile=profile())
    linear = (image / 255) ** GAMMA @ PRIMARIES.T @ np.linalg.inv(SRGB).T
    within = (linear > 0.01).all(axis=2) & (linear < 1).all(axis=2)
    expected = 255 * (1.055 * np.abs(linear) ** (1 / 2.4) - 0.055)
    found = read_with_choices(ReadingChoices(profile="applied"), path)[..., ::-1]
    assert within.mean() > 0.5
    assert np.abs(found - image.astype(int)).max() > 20
    np.testing.assert_allclose(found[within], expected[within], atol=1)
    np.testing.assert_array_equal(read_with_choices(ReadingChoices(), path)[..., ::-1], image)


@pytest.mark.parametrize("how", [{}, {"icc_profile": b"no profile"}])
def test_files_without_a_usable_profile_are_read_as_usual(tmp_path, how):
    path = save(tmp_path, colours((60, 90)), **how)
    np.testing.assert_array_equal(
        read_with_choices(ReadingChoices(profile="applied"), path), cv2.imread(str(path))
    )
