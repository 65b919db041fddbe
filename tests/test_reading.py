"""Reading as other deployments do."""

from io import BytesIO
from pathlib import Path

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
