"""Animated PNGs: their first image as OpenCV reads it, and never what OpenCV makes up."""

import struct
import zlib
from pathlib import Path
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ultralytics.utils.patches import imread

from parity.backends.pytorch.network import PytorchNetwork
from parity.data.animated_png import SIGNATURE, chunks
from parity.data.reading import read_image
from parity.errors import UnreadableImageError
from tests.conftest import examples
from tests.test_images import oriented, picture

HEIGHT, WIDTH = 40, 60
WHOLE, UPPER_HALF = (WIDTH, HEIGHT, 0, 0), (WIDTH, HEIGHT // 2, 0, 0)
REASON = "it is an animated PNG whose first frame is not its image or has more than 8 bits"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def animate(path: Path, frame: tuple[int, ...] | None = WHOLE, blend: int = 0) -> Path:
    """Make a PNG the first frame of an animation of two; with no frame, it belongs to none."""
    content = path.read_bytes()
    parts = [
        (kind, content[start + 8 : start + 8 + length]) for kind, length, start in chunks(content)
    ]
    pixels = b"".join(data for kind, data in parts if kind == b"IDAT")
    frames = [(frame, b"IDAT", pixels), (WHOLE, b"fdAT", pixels)]
    animation, number = [(b"acTL", struct.pack(">II", len(frames), 0))], 0
    for place, kind, data in frames:
        if place is not None:
            control = struct.pack(">5I2H2B", number, *place, 1, 20, 0, blend)
            animation.append((b"fcTL", control))
            number += 1
        animation.append((kind, data if kind == b"IDAT" else struct.pack(">I", number) + data))
        number += kind == b"fdAT"
    before = [part for part in parts if part[0] not in (b"IDAT", b"IEND")]
    written = [chunk(*part) for part in [*before, *animation, (b"IEND", b"")]]
    path.write_bytes(SIGNATURE + b"".join(written))
    return path


def read_in_pytorch(path: Path) -> np.ndarray:
    return PytorchNetwork.read(Mock(), path)


@pytest.mark.parametrize("blend", [0, 1])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_the_first_frame_is_that_of_ultralytics(tmp_path: Path, mode: str, blend: int) -> None:
    picture(mode, HEIGHT, WIDTH).save(tmp_path / "a.png", exif=oriented(6))
    path = animate(tmp_path / "a.png", blend=blend)
    theirs = imread(path)
    assert theirs is not None
    for read in (read_image, read_in_pytorch):
        np.testing.assert_array_equal(read(path), theirs)


@pytest.mark.parametrize(("depth", "frame"), [(16, WHOLE), (8, None), (8, UPPER_HALF)])
def test_what_opencv_does_not_read_as_it_is_has_a_reason(
    tmp_path: Path, depth: int, frame: tuple[int, ...] | None
) -> None:
    values = np.arange(HEIGHT * WIDTH * 3).reshape(HEIGHT, WIDTH, 3)
    cv2.imwrite(str(tmp_path / "a.png"), values.astype(np.uint16 if depth == 16 else np.uint8))
    path = animate(tmp_path / "a.png", frame)
    for read in (read_image, read_in_pytorch):
        with pytest.raises(UnreadableImageError, match=REASON):
            read(path)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("animated") / "a.png"
    picture("RGB", HEIGHT, WIDTH).save(path)
    return animate(path)


@given(data=st.data())
@examples(100)
def test_damage_gives_equal_pixels_or_a_reason(healthy: Path, data: st.DataObject) -> None:
    content = bytearray(healthy.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = healthy.with_name("damaged.png")
    path.write_bytes(content)
    seen = []
    for read in (read_image, read_in_pytorch, read_image):
        try:
            seen.append(read(path).tobytes())
        except UnreadableImageError as error:
            seen.append(str(error).encode())
    assert len(set(seen)) == 1
